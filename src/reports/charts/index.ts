import type { RunResult } from '../../core/result.ts'
import { confirmedOnly } from '../_confirmed.ts'
import { hasFaults } from '../_faults.ts'
import { errorGroup } from './errors.ts'
import { capacityGroup, findMaxGroup } from './find-max.ts'
import { heatGroup } from './heat.ts'
import { lagGroupsOf } from './lag.ts'
import { availabilityGroup, leaderGroup } from './lanes.ts'
import { seriesGroups } from './over-time.ts'
import { percentileGroups } from './percentiles.ts'
import { rebalanceGroup } from './rebalances.ts'
import type { ChartGroup } from './spec.ts'

/** Every chart of a run, as data, in reading order: what faults did first. Groups without data have no charts. */
export function chartGroups(whole: RunResult): ChartGroup[] {
  const result = confirmedOnly(whole)
  const [rate, latency, ...health] = seriesGroups(result)
  const faulty = hasFaults(result)
  const rebalanced = result.variants.some((variant) => variant.rebalances.length > 0)
  return [
    ...(whole.findMax ? [findMaxGroup(whole)] : []),
    ...(whole.findMax?.surface ? [capacityGroup(whole)] : []),
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
