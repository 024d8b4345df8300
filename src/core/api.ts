// The contracts between kbench and its plugins: one file per kind, read from here.

export * from './api/clients.ts'
export * from './api/clusters.ts'
export * from './api/faults.ts'
export * from './api/plugin.ts'
export * from './api/references.ts'
export * from './api/reports.ts'
export * from './api/workloads.ts'
