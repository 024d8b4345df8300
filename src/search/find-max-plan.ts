import { type Cell, type Params, wordsOf } from '../profile/matrix.ts'
import type { PlannedVariant } from '../profile/plan.ts'
import type { Profile } from '../profile/schema.ts'
import type { PlannedStep } from './find-max.ts'

export interface FindMaxOptions {
  /** null = the profile's rate, 1000 where that is no number. */
  startPerSec: number | null
  maxPerSec: number | null
  sloMs: number
  stepMs: number
}

/** A confirmation is so many times as long as a step. */
const confirmTimes = 3

export const startRate = (profile: Profile, { startPerSec }: FindMaxOptions): number =>
  startPerSec ?? (typeof profile.load.rate === 'number' ? profile.load.rate : 1000)

/** The step as a variant: the cell's profile at the step's rate. `before`: ids that are taken. Pure. */
export function stepVariant(
  cell: Cell,
  step: Pick<PlannedStep, 'kind' | 'ratePerSec'>,
  { stepMs }: FindMaxOptions,
  before: readonly string[],
): PlannedVariant {
  const params: Params = { ...cell.params, 'load.rate': step.ratePerSec }
  const words = wordsOf(params)
  const repeat = before.filter((id) => id === words || id.startsWith(`${words}#`)).length + 1
  const { count: _all, ...load } = cell.profile.load
  const measure = step.kind === 'confirm' ? confirmTimes * stepMs : stepMs
  // The cluster is warm and only connections are new: half a step is enough.
  const warmup = Math.min(cell.profile.phases.warmup, stepMs / 2)
  return {
    id: repeat === 1 ? words : `${words}#${repeat}`,
    client: String(cell.params.client),
    repeat,
    params,
    profile: {
      ...cell.profile,
      faults: [],
      load: { ...load, rate: step.ratePerSec },
      phases: { ...cell.profile.phases, warmup, measure },
    },
  }
}

/** The same producers with nothing to wait for: as fast as they can, without consumers. Pure. */
export function selfTestVariant(cell: Cell): PlannedVariant {
  const { count: _all, ...load } = cell.profile.load
  return {
    id: `self-test of ${wordsOf(cell.params)}`,
    client: String(cell.params.client),
    repeat: 1,
    params: cell.params,
    profile: {
      ...cell.profile,
      workload: 'produce',
      // The mock cluster is kbench's own.
      limits: {},
      faults: [],
      consumers: [],
      topic: { partitions: cell.profile.topic.partitions, replicationFactor: 1, config: {} },
      load: { ...load, rate: 'max' },
      phases: { clusterWarmup: 0, warmup: 2000, measure: 5000, drain: 2000, coolDown: 0 },
    },
  }
}
