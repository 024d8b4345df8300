import { median } from 'simple-statistics'
import type { Variant } from '../../contracts/result.ts'
import { lagGroups } from '../_variants.ts'
import { axisFor } from '../charts/scales.ts'
import type { ChartGroup, ChartSpec, FaultSpan, Unit } from '../charts/spec.ts'
import { thinned } from '../charts/thin.ts'
import type { ComparedSet, Member } from './sets.ts'

interface Line {
  id: string
  title: string
  axis: string
  unit: Unit
  scale: 'linear' | 'log'
  /** Second of the variant → highest value in it. */
  of(variant: Variant): Map<number, number>
}

/** Every repetition's clock is set to 0 at its first fault, or where nobody has one at the start of measuring. */
export function timeGroup(set: ComparedSet): ChartGroup {
  const full = set.members.map(({ subject }) => subject.repetitions.flatMap((one) => (one.full ? [one.full] : [])))
  const all = full.flat()
  const faulty = all.length > 0 && all.every(({ faults }) => faults.length > 0)
  const zero = (variant: Variant) =>
    faulty ? variant.faults[0]!.injectedAtS : (variant.phases.find(({ name }) => name === 'measure')?.startS ?? 0)
  const charts = linesOf(all).flatMap((line) => chartOf(set, full, line, zero, faulty))
  return {
    id: `over-time-${set.id}`,
    title: faulty ? 'Over time, aligned at the fault' : 'Over time',
    explanation: `A line is the median over the repetitions of each second, which counts from ${faulty ? 'the injection of the first fault' : 'the start of measuring'}.${set.members.length > shownAtMost ? ` The first ${shownAtMost} are shown.` : ''}`,
    charts,
  }
}

const shownAtMost = 6

function linesOf(variants: readonly Variant[]): Line[] {
  const groups = [...new Set(variants.flatMap(lagGroups))]
  const has = (column: string) =>
    variants.some(({ series }) => series.columns[column]?.some((y) => y !== null) ?? false)
  const latency = has('responseP99Us') ? 'response' : 'service'
  const column = (name: string) => (variant: Variant) => bySecond(variant.series.tickS, variant.series.columns[name])
  return [
    {
      id: 'acked',
      title: 'Acknowledged',
      axis: 'records/s',
      unit: 'count',
      scale: 'linear',
      of: column('ackedPerSec'),
    },
    {
      id: 'p99',
      title: `${latency === 'response' ? 'Response' : 'Service'} latency p99`,
      axis: 'latency',
      unit: 'micros',
      scale: 'log',
      of: column(`${latency}P99Us`),
    },
    ...groups.map(
      (group, at): Line => ({
        id: `lag-${at + 1}`,
        title: `Lag of ${group}`,
        axis: 'records behind',
        unit: 'count',
        scale: 'linear',
        of: ({ timelines }) => bySecond(timelines.lag?.atS ?? [], timelines.lag?.columns[group]),
      }),
    ),
  ]
}

function bySecond(times: readonly number[], ys: readonly (number | null)[] = []): Map<number, number> {
  const seconds = new Map<number, number>()
  for (const [at, time] of times.entries()) {
    const y = ys[at]
    if (y != null) seconds.set(Math.floor(time), Math.max(y, seconds.get(Math.floor(time)) ?? y))
  }
  return seconds
}

function chartOf(
  set: ComparedSet,
  full: readonly (readonly Variant[])[],
  line: Line,
  zero: (variant: Variant) => number,
  faulty: boolean,
): ChartSpec[] {
  const members = set.members.slice(0, shownAtMost)
  const aligned = members.map((_, at) => medians(full[at]!, line, zero))
  const seconds = [...new Set(aligned.flatMap((one) => [...one.keys()]))].sort((a, b) => a - b)
  if (seconds.length === 0) return []
  const { xs, thin } = thinned(seconds)
  const every = Math.max(1, Math.floor(xs.length / 12))
  const series = members.map((member: Member, at) => ({
    label: member.name,
    ys: thin(seconds.map((second) => aligned[at]!.get(second) ?? null)),
    colour: at,
    dash: at,
    marker: at,
    markAt: xs.flatMap((_, x) => ((x + at * Math.ceil(every / 3)) % every === 0 ? [x] : [])),
  }))
  return [
    {
      id: `time-${set.id}-${line.id}`,
      title: line.title,
      subtitle: line.title,
      x: {
        title: faulty ? 'seconds since the fault' : 'seconds since the start of measuring',
        unit: 'seconds',
        scale: 'linear',
        min: xs[0]!,
        max: Math.max(xs.at(-1)!, xs[0]! + 1),
      },
      y: axisFor(
        line.axis,
        line.unit,
        line.scale,
        series.flatMap(({ ys }) => ys),
      ),
      xs,
      series,
      bands: [],
      marks: faulty ? [] : [{ at: 0, label: 'measure' }],
      cells: [],
      ...(faulty ? { faults: [faultSpan(full.flat())] } : {}),
    },
  ]
}

/** Second since zero → median over the repetitions that have one. */
function medians(variants: readonly Variant[], line: Line, zero: (variant: Variant) => number): Map<number, number> {
  const values = new Map<number, number[]>()
  for (const variant of variants) {
    const start = Math.round(zero(variant))
    for (const [second, y] of line.of(variant)) values.set(second - start, [...(values.get(second - start) ?? []), y])
  }
  return new Map([...values].map(([second, ys]) => [second, median(ys)]))
}

/** From the first fault's injection until the median of when it was undone. */
function faultSpan(variants: readonly Variant[]): FaultSpan {
  const first = variants.map(({ faults }) => faults[0]!)
  const lengths = first.flatMap(({ healedAtS, injectedAtS }) => (healedAtS === null ? [] : [healedAtS - injectedAtS]))
  const open = lengths.length < first.length
  return {
    from: 0,
    to: open ? 0 : median(lengths),
    names: [[...new Set(first.map(({ use }) => use))].join(', ')],
    open,
  }
}
