import type { Plan } from '../capacity/planned.ts'
import type { Alternative, Answer } from '../capacity/questions.ts'
import { planLoad } from '../cli/actions/run-plan.ts'

export interface PlanOptions {
  /** CSV file with prices instead of those that come with kbench. */
  prices?: string
  /** File of `kbench calibrate-broker`, to estimate cores. */
  calibration?: string
}

/** Rates in MB/s, storage in GiB, costs in USD a month. */
export interface PlannedLoad {
  /** The clusters that take the load, cheapest first, and why others do not. `candidates` is empty where none does. */
  plan: Plan
  /** Short answers: which cluster, what binds it, what it costs. */
  answers: Answer[]
  /** What else would do, and what it would cost. */
  alternatives: Alternative[]
}

/**
 * Sizes and prices the Amazon MSK clusters that take a load, from the data that comes with kbench; asks nothing of AWS. The load has the
 * keys and units of a load file: `{ in: '40MB/s', groups: 2, partitions: 100 }`, docs/planning.md. Rejects with a KbenchError `usage` whose
 * `details` are all that is wrong with it.
 */
export async function plan(load: Readonly<Record<string, unknown>>, options: PlanOptions = {}): Promise<PlannedLoad> {
  return planLoad(load, options)
}
