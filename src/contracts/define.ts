import type { ClusterProvider, Driver, Fault, Reference, Report, Workload } from './api.ts'
import { marked } from './kinds.ts'

/** Identity functions that infer a plugin's option type; each plugin file has one as its default export. */
export const defineClusterProvider = <O>(provider: ClusterProvider<O>): ClusterProvider<O> =>
  marked('clusters', provider)
export const defineDriver = <O>(driver: Driver<O>): Driver<O> => marked('drivers', driver)
export const defineFault = <O>(fault: Fault<O>): Fault<O> => marked('faults', fault)
export const defineReference = (reference: Reference): Reference => marked('references', reference)
export const defineReport = (report: Report): Report => marked('reports', report)
export const defineWorkload = (workload: Workload): Workload => marked('workloads', workload)
