// The contracts between kbench and its plugins: one file per kind, read from here.

export * from './audit.ts'
export * from './clients.ts'
export * from './clusters.ts'
export * from './faults.ts'
export * from './permissions.ts'
export * from './plugin.ts'
export * from './references.ts'
export * from './reports.ts'
export * from './workloads.ts'
