export type { SettledRecords } from '../contracts/audit.ts'
export type { Cell, OffsetRange, Silence } from '../contracts/facts.ts'

/** How a record settled; `none` = it has not. */
export const outcomeCodes = { none: 0, acked: 1, failed: 2, unknown: 3 } as const

/** Gaps up to this are not reported one by one, only the longest of them. */
export const shortestSilenceNs = 20e6
