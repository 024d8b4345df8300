import type { RunResult } from '../../core/result.ts'
import { heatGroup } from './heat.ts'
import { lagGroupsOf } from './lag.ts'
import { seriesGroups } from './over-time.ts'
import { percentileGroups } from './percentiles.ts'
import type { ChartGroup } from './spec.ts'

/** Every chart of a run, as data, in reading order. Groups without data have no charts. */
export function chartGroups(result: RunResult): ChartGroup[] {
  const [rate, latency, ...health] = seriesGroups(result)
  return [...percentileGroups(result), rate!, latency!, heatGroup(result), ...lagGroupsOf(result), ...health]
}
