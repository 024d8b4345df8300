import type { ClusterProvider, Driver, Fault, Reference, Report, Workload } from './api.ts'

/** Identity functions that infer a plugin's option type; each plugin file has one as its default export. */
export const defineClusterProvider = <O>(provider: ClusterProvider<O>): ClusterProvider<O> => provider
export const defineDriver = <O>(driver: Driver<O>): Driver<O> => driver
export const defineFault = <O>(fault: Fault<O>): Fault<O> => fault
export const defineReference = (reference: Reference): Reference => reference
export const defineReport = (report: Report): Report => report
export const defineWorkload = (workload: Workload): Workload => workload
