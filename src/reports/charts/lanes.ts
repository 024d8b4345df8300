import { formatCount } from '../../base/units.ts'
import type { FaultPartition, RunResult, Variant } from '../../contracts/result.ts'
import { worstOf } from '../_faults.ts'
import { variantMark } from '../_marks.ts'
import { variantLabels, variantSlugs } from '../_variants.ts'
import { faultMarks, faultSpans } from './fault-marks.ts'
import { marked, phaseBands, timeAxis } from './panels.ts'
import type { ChartGroup, ChartSpec, Fill, KeySpec, Pattern, RectSpec, SeriesSpec } from './spec.ts'

/** More lanes than this are no picture any more: those that were unavailable longest stay. */
const lanesAtMost = 48

/** Room for the names of the phases above the first lane. */
const namesAbove = -0.8

/** A partition with what is known of it. */
interface Lane {
  name: string
  label: string
  found: FaultPartition[]
}

/** A stretch of time in which a partition's state was the same. */
interface Stretch<T> {
  from: number
  to: number
  state: T
}

/** Who led each partition and how many replicas were in sync, a lane per partition, a panel per variant. */
export function leaderGroup(result: RunResult): ChartGroup {
  return group(result, {
    id: 'leaders',
    title: 'Who led each partition',
    explanation:
      'A lane per partition; the number is the leader’s broker id. The bar is lower, with lines above it, while replicas are missing from the in-sync set.',
    chart: leaderChart,
  })
}

/** When the canary’s records were acknowledged, a lane per partition, a panel per variant. */
export function availabilityGroup(result: RunResult): ChartGroup {
  return group(result, {
    id: 'availability',
    title: 'Availability of each partition',
    explanation:
      'By the canary: a client of its own that writes to every partition all the time. Marked are quarter seconds without an acknowledgement; at the end of a lane stands its longest gap, exact.',
    chart: availabilityChart,
  })
}

interface Drawn {
  rects: RectSpec[]
  keys: KeySpec[]
  series: SeriesSpec[]
  xs: number[]
  lanes: Lane[]
  notes: string[]
  extraRows: NonNullable<ChartSpec['extraRows']>
}

interface LaneGroup {
  id: string
  title: string
  explanation: string
  chart(variant: Variant, result: RunResult): Drawn | null
}

function group(result: RunResult, of: LaneGroup): ChartGroup {
  const labels = variantLabels(result.variants)
  const slugs = variantSlugs(result.variants)
  const charts = result.variants.flatMap((variant, at): ChartSpec[] => {
    const drawn = of.chart(variant, result)
    if (drawn === null) return []
    const { rects, keys, series, xs, lanes, notes, extraRows } = drawn
    return [
      {
        id: `${of.id}-${slugs[at]}`,
        title: of.title,
        subtitle: labels[at]!,
        variants: [variant.id],
        ...marked(variantMark(variant)),
        x: timeAxis(variant, xs),
        y: { title: 'partition', unit: 'micros', scale: 'linear', min: namesAbove, max: lanes.length },
        xs,
        series,
        bands: phaseBands(variant),
        marks: faultMarks(variant),
        faults: faultSpans(variant),
        cells: [],
        rects,
        keys,
        lanes: lanes.map(({ label }) => label),
        laneNotes: notes,
        extraRows,
        height: 150 + Math.max(6, lanes.length) * (lanes.length > 24 ? 14 : 20),
      },
    ]
  })
  const end = Math.max(1, ...charts.map((chart) => chart.x.max))
  return {
    id: of.id,
    title: of.title,
    explanation: of.explanation,
    single: true,
    charts: charts.map((chart) => ({ ...chart, x: { ...chart.x, max: end } })),
  }
}

/** The partitions that have a column, in order; where they are too many, those that were unavailable longest. */
function lanesOf(variant: Variant, names: readonly string[]): Lane[] {
  const parts = (name: string) => /^(.*)-(\d+)$/.exec(name)
  const topics = new Set(names.map((name) => parts(name)?.[1]))
  const lanes = names.map((name): Lane => {
    const [, topic, id] = parts(name) ?? []
    const found = variant.faults.flatMap((fault) =>
      fault.partitions.filter((one) => one.topic === topic && String(one.id) === id),
    )
    return { name, label: id === undefined || topics.size > 1 ? name : id, found }
  })
  const worst = (lane: Lane) => worstOf(lane.found.map((one) => one.unavailableMs)) ?? -1
  const kept = new Set([...lanes].sort((a, b) => worst(b) - worst(a)).slice(0, lanesAtMost))
  return lanes.filter((lane) => kept.has(lane))
}

interface Leadership {
  leader: number
  inSync: number | null
}

function leaderChart(variant: Variant, result: RunResult): Drawn | null {
  const timeline = variant.timelines.leaders
  if (!timeline || timeline.atS.length === 0) return null
  const lanes = lanesOf(variant, columnNames(timeline.columns, 'leader/'))
  if (lanes.length === 0) return null
  const endS = endOf(variant, timeline.atS)
  const histories = lanes.map(({ name }) => {
    const leader = carried(timeline.columns[`leader/${name}`] ?? [])
    const inSync = carried(timeline.columns[`isr/${name}`] ?? [])
    return stretches(timeline.atS, endS, (at): Leadership | null =>
      leader[at] === null ? null : { leader: leader[at]!, inSync: inSync[at] ?? null },
    )
  })
  const all = histories.flat().map(({ state }) => state)
  const replicas = worstOf(all.map(({ inSync }) => inSync)) ?? 1
  const seen = all.map(({ leader }) => leader).filter((id) => id >= 0)
  const brokers = [...new Set([...result.cluster.brokers.map(({ id }) => id), ...seen])].sort((a, b) => a - b)
  const xs = changesOf(histories)
  return {
    lanes,
    xs,
    rects: histories.flatMap((history, lane) =>
      history.flatMap((stretch) => leaderRects(stretch, lane, replicas, brokers)),
    ),
    keys: [
      ...brokers.slice(0, 12).map((id, at): KeySpec => ({ label: `broker ${id}`, fill: at, pattern: 0 })),
      ...(all.some(({ inSync }) => inSync !== null && inSync < replicas) ? [missingKey] : []),
      ...(all.some(({ leader }) => leader < 0) ? [offlineKey] : []),
    ],
    series: lanes.map(({ label }, at) =>
      words(
        `partition ${label}`,
        xs.map((x) => leadershipWords(stateAt(histories[at]!, x), replicas)),
      ),
    ),
    notes: [],
    extraRows: [],
  }
}

const missingKey: KeySpec = { label: 'missing from the in-sync set', fill: 'quiet', pattern: 'ghost' }
const offlineKey: KeySpec = { label: 'no leader', fill: 'bad', pattern: 3 }

function leaderRects(
  { from, to, state }: Stretch<Leadership>,
  lane: number,
  replicas: number,
  brokers: readonly number[],
): RectSpec[] {
  const [top, bottom] = [lane + 0.1, lane + 0.9]
  if (state.leader < 0) {
    return [{ x0: from, x1: to, y0: top, y1: bottom, fill: 'bad', pattern: 3, text: 'none' }]
  }
  const share = state.inSync === null ? 1 : Math.min(1, Math.max(0.2, state.inSync / replicas))
  const edge = bottom - (bottom - top) * share
  const bar: RectSpec = {
    x0: from,
    x1: to,
    y0: edge,
    y1: bottom,
    fill: brokers.indexOf(state.leader),
    pattern: 0,
    text: String(state.leader),
  }
  return share === 1 ? [bar] : [bar, { x0: from, x1: to, y0: top, y1: edge, fill: 'quiet', pattern: 'ghost' }]
}

const leadershipWords = (state: Leadership | null, replicas: number): string => {
  if (state === null) return '–'
  const leader = state.leader < 0 ? 'no leader' : `broker ${state.leader}`
  return state.inSync === null ? leader : `${leader}, ${state.inSync} of ${replicas} in sync`
}

function availabilityChart(variant: Variant): Drawn | null {
  const timeline = variant.timelines.canary
  if (!timeline || timeline.atS.length === 0) return null
  const lanes = lanesOf(variant, columnNames(timeline.columns, ''))
  if (lanes.length === 0) return null
  const endS = (timeline.atS.at(-1) ?? 0) + binOf(timeline.atS)
  const histories = lanes.map(({ name, found }) => {
    const counts = timeline.columns[name] ?? []
    const first = counts.findIndex((count) => (count ?? 0) > 0)
    const last = found.some((one) => !one.recovered)
      ? counts.length - 1
      : counts.findLastIndex((count) => (count ?? 0) > 0)
    return stretches(timeline.atS, endS, (at): boolean | null =>
      first < 0 || at < first || at > last || counts[at] === null ? null : (counts[at] ?? 0) > 0,
    )
  })
  const xs = changesOf(histories)
  return {
    lanes,
    xs,
    rects: histories.flatMap((history, lane) =>
      history.map(
        ({ from, to, state }): RectSpec => ({
          x0: from,
          x1: to,
          y0: lane + (state ? 0.3 : 0.1),
          y1: lane + (state ? 0.7 : 0.9),
          fill: state ? 2 : 'bad',
          pattern: state ? 0 : 1,
        }),
      ),
    ),
    keys: [
      { label: 'acknowledged', fill: 2, pattern: 0 },
      { label: 'nothing acknowledged', fill: 'bad', pattern: 1 },
    ],
    series: lanes.map(({ label }, at) =>
      words(
        `partition ${label}`,
        xs.map((x) => availabilityWords(stateAt(histories[at]!, x))),
      ),
    ),
    notes: lanes.map(({ found }) => gapNote(found)),
    extraRows: [
      {
        label: 'longest gap',
        ys: lanes.map(({ found }) => {
          const ms = worstOf(found.map((one) => one.unavailableMs))
          return ms === null ? null : ms * 1000
        }),
      },
    ],
  }
}

const availabilityWords = (state: boolean | null): string => (state === null ? '–' : state ? 'available' : 'nothing')

/** "10 588 ms"; with "≥" where it was not over at the end. */
function gapNote(found: readonly FaultPartition[]): string {
  const ms = worstOf(found.map((one) => one.unavailableMs))
  if (ms === null) return ''
  const open = found.some((one) => !one.recovered && one.unavailableMs === ms)
  return `${open ? '≥ ' : ''}${formatCount(Math.round(ms))} ms`
}

const columnNames = (columns: Record<string, unknown>, prefix: string): string[] =>
  Object.keys(columns)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))

/** A row says what changed: what it does not say stays as it was. */
function carried(values: readonly (number | null)[]): (number | null)[] {
  let last: number | null = null
  return values.map((value) => {
    last = value ?? last
    return last
  })
}

/** Rows with the same state as one stretch; rows whose state is null are left out. */
function stretches<T>(atS: readonly number[], endS: number, stateOf: (at: number) => T | null): Stretch<T>[] {
  const found: Stretch<T>[] = []
  for (const [at, from] of atS.entries()) {
    const state = stateOf(at)
    if (state === null) continue
    const to = atS[at + 1] ?? endS
    const last = found.at(-1)
    if (last && last.to === from && JSON.stringify(last.state) === JSON.stringify(state)) last.to = to
    else found.push({ from, to, state })
  }
  return found
}

const stateAt = <T>(history: readonly Stretch<T>[], x: number): T | null =>
  history.find(({ from, to }) => from <= x && x < to)?.state ?? null

/** Every moment at which a lane changed, ascending. */
const changesOf = (histories: readonly (readonly Stretch<unknown>[])[]): number[] =>
  [...new Set(histories.flat().map(({ from }) => from))].sort((a, b) => a - b)

const endOf = (variant: Variant, atS: readonly number[]): number =>
  Math.max(atS.at(-1) ?? 0, ...variant.phases.map((phase) => phase.endS))

const binOf = (atS: readonly number[]): number => (atS.length < 2 ? 0.25 : atS[1]! - atS[0]!)

/** A column of the table that holds words. */
function words(label: string, texts: string[]): SeriesSpec {
  const fill: Fill & Pattern = 0
  return { label, ys: texts.map(() => null), texts, colour: fill, dash: 0, marker: 0, markAt: [] }
}
