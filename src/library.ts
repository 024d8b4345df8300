// What `import … from 'kbench'` gives: docs/library.md. Nothing here prints, exits, or reads arguments.

// One copy of zod for the options of plug-ins.
export { z } from 'zod'
export { type ErrorCode, exitCodes, KbenchError } from './base/errors.ts'
export type {
  BrokerNode,
  Cluster,
  ClusterProvider,
  Consumer,
  ConsumerContext,
  ConsumerSettings,
  Driver,
  DriverContext,
  Fault,
  FaultContext,
  InjectedFault,
  InRecord,
  Outcome,
  OutRecord,
  Producer,
  ProducerSettings,
  Reference,
  Report,
  ReportFile,
  Settled,
  WorkerContext,
  WorkerEnd,
  Workload,
} from './contracts/api.ts'
export { acked } from './contracts/clients.ts'
export {
  defineClusterProvider,
  defineDriver,
  defineFault,
  defineReference,
  defineReport,
  defineWorkload,
} from './contracts/define.ts'
export type { Latency, RunResult, Variant } from './contracts/result.ts'
export { defineShape, type Shape } from './contracts/shapes.ts'
export { type Compared, type CompareOptions, compare } from './library/compare.ts'
export { type PlannedLoad, type PlanOptions, plan } from './library/plan.ts'
export type { ProfileSource } from './library/profile.ts'
export { type ProgressEvent, type RunOptions, type RunOutcome, run } from './library/run.ts'
export { type Invalid, type Valid, type ValidateOptions, validate } from './library/validate.ts'
export type { Problem } from './profile/parse.ts'
export type { Profile, ProfileInput } from './profile/schema.ts'
