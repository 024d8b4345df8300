import { KbenchError } from '../base/errors.ts'
import { readOne, withLabels } from '../cli/actions/read-compared.ts'
import { comparisonOf, type GateVerdict, gateVerdict } from '../cli/actions/run-compare.ts'
import type { Comparison } from '../compare/compare-runs.ts'
import type { RunResult } from '../contracts/result.ts'
import { compareMarkdown } from '../reports/compare/text-files.ts'

export interface CompareOptions {
  /** Settings that may differ: "client", "producers.acks". */
  across?: readonly string[]
  /** Runs of different machines, clusters or versions may be compared. */
  allowEnvironment?: boolean
  /** Paths of numbers of a result, "produce.responseUs.p99"; absent = the usual ones. */
  metrics?: readonly string[]
  /** Metrics that decide; absent = the usual ones. */
  gate?: readonly string[]
  /** Shifts within this share of the base's median are no difference. Default: 0.05. */
  noise?: number
  /** File of `kbench calibrate`: noise by metric. */
  calibration?: string
}

export interface Compared {
  /** By pair of variants and metric: medians, shift with its 95 % interval, verdict. */
  comparison: Comparison
  /** What the gated metrics say: exit code 98 where one is worse, 4 where one cannot be judged, else 0. */
  gate: GateVerdict
  /** The comparison as a table for a pull request. */
  markdown: string
}

/**
 * Compares runs, or variants of one run; the first is the base. A run is a folder, a result.json, a run id in results/, a baseline file, or
 * a result as `run` gives it. Rejects with a KbenchError `usage` for what cannot be read or compared, and for a metric that there is not.
 */
export async function compare(runs: readonly (string | RunResult)[], options: CompareOptions = {}): Promise<Compared> {
  if (runs.length === 0) throw new KbenchError('usage', 'compare takes one run or more')
  const stored = withLabels(await Promise.all(runs.map(readOne)))
  const { gate, ...rest } = options
  const comparison = await comparisonOf(stored, { ...rest, ...(gate && { gated: gate }) })
  return { comparison, gate: gateVerdict(comparison), markdown: compareMarkdown(comparison) }
}
