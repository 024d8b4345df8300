import { KbenchError } from '../base/errors.ts'
import type { PlanInput } from './input.ts'

/** A load in one set of units, every default filled in: MB/s (10⁶ bytes), hours, shares. null = not known. */
export interface Load {
  inMBps: number
  averageInMBps: number
  outMBps: number
  averageOutMBps: number
  /** Peak out ÷ peak in. */
  g: number
  /** null = only out was given. */
  groups: number | null
  replication: number
  zones: number
  retentionHours: number
  localRetentionHours: number
  /** By their leaders. */
  partitions: number | null
  /** Over all brokers. */
  connections: number | null
  auth: 'iam' | 'scram' | 'tls' | null
  recordSizeBytes: number | null
  compressionRatio: number | null
  growthPerYear: number
  headroom: number
  isRackAware: boolean
  /** MiB/s; null = the maximum of the type. */
  provisionedMiBps: number | null
  /** Cores that the brokers need together at the peak, and one of them without any load; measured, or by `cpuEstimate`. */
  cpuCores: number | null
  idleCores: number
  /** Where an estimate of the cores comes from, with its interval; null = they were measured on such brokers. */
  cpuEstimate: string | null
  requestsPerMB: number | null
  behindHours: number
}

/** Fills in the defaults. Throws `usage` where the peak is missing. */
export function loadOf(input: PlanInput): Load {
  const inMBps = input.in
  if (inMBps === undefined) {
    throw new KbenchError('usage', '--in is missing: the peak produce rate, like --in 40MB/s', {
      hint: 'kbench plan --help lists the options; --from-run takes the rate from a run',
    })
  }
  const averageInMBps = input['average-in'] ?? inMBps
  const groups = input.groups ?? (input.out === undefined ? 1 : null)
  const outMBps = input.out ?? inMBps * groups!
  const g = outMBps / inMBps
  const retentionHours = input.retention ?? 24
  return {
    inMBps,
    averageInMBps,
    outMBps,
    averageOutMBps: input['average-out'] ?? averageInMBps * g,
    g,
    groups,
    replication: input.replication ?? 3,
    zones: input.zones ?? 3,
    retentionHours,
    localRetentionHours: input['local-retention'] ?? retentionHours,
    partitions: input.partitions ?? null,
    connections: input.connections ?? null,
    auth: input.auth ?? null,
    recordSizeBytes: input['record-size'] ?? null,
    compressionRatio: input['compression-ratio'] ?? null,
    growthPerYear: input.growth ?? 0,
    headroom: input.headroom ?? 0.8,
    isRackAware: input['rack-aware'] ?? true,
    provisionedMiBps: input.provisioned ?? null,
    cpuCores: input['cpu-cores'] ?? null,
    idleCores: 0,
    cpuEstimate: null,
    requestsPerMB: input['requests-per-mb'] ?? null,
    behindHours: input.behind ?? 12,
  }
}

/** GiB of 1 MB/s over an hour: 3.353. */
export const gibPerMBpsHour = (1e6 * 3600) / 2 ** 30

export const hoursPerMonth = 730

/** Whether part of the data is moved to tiered storage. */
export const isTiered = ({ retentionHours, localRetentionHours }: Load): boolean => localRetentionHours < retentionHours

/** The same load, so many times as large: rates and cores grow, what is counted in pieces does not. */
export const scaled = (load: Load, by: number): Load => ({
  ...load,
  inMBps: load.inMBps * by,
  averageInMBps: load.averageInMBps * by,
  outMBps: load.outMBps * by,
  averageOutMBps: load.averageOutMBps * by,
  cpuCores: load.cpuCores === null ? null : load.cpuCores * by,
})
