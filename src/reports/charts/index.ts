import type { RunResult } from '../../contracts/result.ts'
import { confirmedOnly } from '../_confirmed.ts'
import { hasFaults } from '../_faults.ts'
import { clientGroups, clientGroupsOfMany } from './clients-over-time.ts'
import { errorGroup } from './errors.ts'
import { capacityGroup } from './find-max.ts'
import { heatGroup } from './heat.ts'
import { lagGroupsOf } from './lag.ts'
import { availabilityGroup, leaderGroup } from './lanes.ts'
import { latencyThroughputGroup } from './latency-throughput.ts'
import { matrixGroups } from './matrix.ts'
import { seriesGroups } from './over-time.ts'
import { percentileGroups } from './percentiles.ts'
import { rebalanceGroup } from './rebalances.ts'
import type { ChartGroup } from './spec.ts'

/** Every chart of a run, as data, in reading order: what readers look for first, then what faults did. Groups without data have no charts. */
export function chartGroups(whole: RunResult): ChartGroup[] {
  const result = confirmedOnly(whole)
  const few = firstOnes(result)
  const groups = groupsOfVariants(few)
  if (few !== result) {
    const note = ` Of ${result.variants.length} variants, ${few.variants.length} in their first repetition.`
    for (const group of groups) group.explanation += note
  }
  const rates = latencyThroughputGroup(whole)
  // The steps of a search are no repetitions of a matrix.
  const over = whole.findMax ? [] : matrixGroups(result)
  return [
    ...(rates.charts.length > 0 ? [rates] : []),
    ...(few === result ? clientGroups(result) : clientGroupsOfMany(result)),
    ...over,
    ...(whole.findMax?.surface ? [capacityGroup(whole)] : []),
    ...groups,
  ]
}

/** More charts of single variants would make a page that no browser opens and nobody reads; the matrix has all of them. */
const variantsAtMost = 16

function firstOnes(result: RunResult): RunResult {
  if (result.variants.length <= variantsAtMost) return result
  const first = result.variants.filter(({ repeat, status }) => repeat === 1 && status !== 'unsupported')
  return { ...result, variants: first.slice(0, variantsAtMost) }
}

function groupsOfVariants(result: RunResult): ChartGroup[] {
  const [rate, latency, ...health] = seriesGroups(result)
  const faulty = hasFaults(result)
  const rebalanced = result.variants.some((variant) => variant.rebalances.length > 0)
  return [
    ...(faulty ? [availabilityGroup(result), leaderGroup(result)] : []),
    ...percentileGroups(result),
    rate!,
    latency!,
    heatGroup(result),
    ...(faulty ? [errorGroup(result)] : []),
    ...lagGroupsOf(result),
    ...(rebalanced ? [rebalanceGroup(result)] : []),
    ...health,
  ]
}
