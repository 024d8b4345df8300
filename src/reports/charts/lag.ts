import type { RunResult, Variant } from '../../contracts/result.ts'
import { lagGroups, lagPartitions } from '../_variants.ts'
import { lagMarks } from './fault-marks.ts'
import { type Line, type Panels, panels } from './panels.ts'
import type { ChartGroup } from './spec.ts'

const column = (variant: Variant, name: string): readonly (number | null)[] =>
  variant.timelines.lag?.columns[name] ?? []
const times = (variant: Variant): readonly number[] => variant.timelines.lag?.atS ?? []

/** Lag per group in records and in seconds, and lag per partition. */
export const lagGroupsOf = (result: RunResult): ChartGroup[] =>
  [inRecords, inSeconds, perPartition].map((one) => panels(result, one))

const inRecords: Panels = {
  id: 'lag',
  title: 'Consumer lag',
  explanation:
    'Committed lag follows the commit interval and so looks like a saw; position is what the consumers had really read.',
  axis: 'records behind',
  unit: 'count',
  scale: 'linear',
  times,
  marks: lagMarks,
  lines: (variant) =>
    lagGroups(variant)
      .slice(0, 4)
      .flatMap((group, at): Line[] => [
        { label: `${group} committed`, ys: column(variant, group), colour: 2 * at, dash: 2 * at },
        { label: `${group} position`, ys: column(variant, `${group}:position`), colour: 2 * at + 1, dash: 2 * at + 1 },
      ]),
}

const inSeconds: Panels = {
  id: 'lag-seconds',
  title: 'Consumer lag in seconds',
  explanation: 'How old the oldest record is that the group has not committed.',
  axis: 'seconds behind',
  unit: 'seconds',
  scale: 'linear',
  times,
  marks: lagMarks,
  lines: (variant) =>
    lagGroups(variant)
      .slice(0, 6)
      .map((group, at) => ({ label: group, ys: column(variant, `${group}:seconds`), colour: at, dash: at })),
}

const perPartition: Panels = {
  id: 'lag-partitions',
  title: 'Lag per partition',
  explanation: 'The three partitions with the highest lag in colour, up to 60 others in grey behind them.',
  axis: 'records behind',
  unit: 'count',
  scale: 'linear',
  times,
  lines: (variant) => {
    const groups = lagGroups(variant)
    const all = groups.flatMap((group) => lagPartitions(variant, group).map((one) => ({ ...one, group })))
    const topics = new Set(all.map(({ topic }) => topic))
    const worstFirst = all
      .map((one) => ({ ...one, most: highest(column(variant, one.column)) }))
      .sort((a, b) => b.most - a.most)
    const coloured = worstFirst.slice(0, 3).map((one, at): Line => {
      // Group and topic are named only where there are several.
      const words = [groups.length > 1 ? one.group : '', topics.size > 1 ? one.topic : '', `partition ${one.partition}`]
      return { label: words.filter(Boolean).join(' '), ys: column(variant, one.column), colour: at, dash: at }
    })
    const others = worstFirst
      .slice(3, 63)
      .map((one): Line => ({ label: one.column, ys: column(variant, one.column), colour: 'quiet', dash: 0 }))
    return [...coloured, ...others]
  },
}

const highest = (values: readonly (number | null)[]): number =>
  values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0)
