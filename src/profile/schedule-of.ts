import type { ScheduleSpec, Segment } from '../contracts/plan.ts'
import type { CompiledShape } from '../contracts/shapes.ts'
import { meanRecordBytes } from './record-bytes.ts'
import type { Profile } from './schema.ts'
import { compileRate } from './shapes.ts'

type Paced = Pick<Profile, 'load' | 'phases' | 'seed'>

/** Phases are whole ns, as those of the time axis (load/axis.ts). */
const nsOf = (ms: number): number => Math.round(ms * 1e6)

/**
 * When the records of a variant are due. The warm-up has the rate that the shape has at its time zero; then comes the
 * shape from the start of the measure phase. It is cut at the end of the phase or held at its last rate; `load.count`
 * bounds it. Pure.
 */
export function scheduleOf(profile: Paced): ScheduleSpec {
  const { load, phases, seed } = profile
  const bounds = { count: load.count ?? null, seed }
  const { segments, poisson } = compiled(profile)
  if (segments === null) return { segments, poisson: false, ...bounds }
  const warmupNs = nsOf(phases.warmup)
  const shape = inMeasure(segments, nsOf(phases.measure))
  const first = shape[0]?.perSec[0] ?? 0
  const warmup: Segment[] = warmupNs > 0 ? [{ fromNs: 0, toNs: warmupNs, perSec: [first, first] }] : []
  const shifted = shape.map(({ fromNs, toNs, perSec }) => ({
    fromNs: fromNs + warmupNs,
    toNs: toNs + warmupNs,
    perSec,
  }))
  return { segments: joined([...warmup, ...shifted]), poisson: poisson === true, ...bounds }
}

/** The discarded load that warms the cluster up: the rate at time zero, or the mean where that is 0; without a bound by count. Pure. */
export function rehearsalSchedule(profile: Paced): ScheduleSpec {
  const { phases, seed } = profile
  const bounds = { count: null, poisson: false, seed }
  const { segments } = compiled(profile)
  if (segments === null) return { segments, ...bounds }
  const shape = inMeasure(segments, nsOf(phases.measure))
  const perSec = shape[0]?.perSec[0] || meanOf(shape)
  const toNs = nsOf(phases.clusterWarmup)
  return { segments: toNs > 0 ? [{ fromNs: 0, toNs, perSec: [perSec, perSec] }] : [], ...bounds }
}

/** Records per second over the measure phase, `load.count` aside; null = as fast as possible. Pure. */
export function meanRate(profile: Paced): number | null {
  const { segments } = compiled(profile)
  return segments === null ? null : meanOf(inMeasure(segments, nsOf(profile.phases.measure)))
}

/** The highest rate of warm-up and measure phase, records/s; of a Poisson process, of its means. null = as fast as possible. Pure. */
export function peakRate(profile: Paced): number | null {
  const { segments } = compiled(profile)
  if (segments === null) return null
  const all = inMeasure(segments, nsOf(profile.phases.measure)).flatMap(({ perSec }) => perSec)
  return all.reduce((most, perSec) => Math.max(most, perSec), 0)
}

/** The rate at which a client warms the cluster up, records/s; null = as fast as possible. Pure. */
export function rehearsalRate(profile: Paced): number | null {
  const { segments } = rehearsalSchedule(profile)
  return segments === null ? null : (segments[0]?.perSec[0] ?? 0)
}

/** Records that are due in warm-up and measure, within a record; null = as many as possible. Pure. */
export function recordsDue(profile: Paced): number | null {
  const { segments, count } = scheduleOf(profile)
  if (segments === null) return count
  return Math.min(count ?? Number.POSITIVE_INFINITY, recordsOf(segments))
}

export function compiled({ load, phases }: Paced): CompiledShape {
  const context = { measureNs: nsOf(phases.measure), meanRecordBytes: meanRecordBytes(load.record) }
  return compileRate(load.rate, context)
}

/** Cut at the end of the measurement, or held up to it. */
function inMeasure(segments: readonly Segment[], measureNs: number): Segment[] {
  const within = segments
    .filter(({ fromNs }) => fromNs < measureNs)
    .map((segment) => (segment.toNs <= measureNs ? segment : cutAt(segment, measureNs)))
  const last = within.at(-1)
  if (last && last.toNs < measureNs) {
    within.push({ fromNs: last.toNs, toNs: measureNs, perSec: [last.perSec[1], last.perSec[1]] })
  }
  return joined(within)
}

function cutAt({ fromNs, toNs, perSec: [from, to] }: Segment, endNs: number): Segment {
  return { fromNs, toNs: endNs, perSec: [from, from + ((to - from) * (endNs - fromNs)) / (toNs - fromNs)] }
}

/** Neighbours that hold the same rate become one, so that a constant rate is one segment, whatever the phases. */
function joined(segments: readonly Segment[]): Segment[] {
  const made: Segment[] = []
  for (const segment of segments) {
    const before = made.at(-1)
    const rates = before && [...before.perSec, ...segment.perSec]
    if (before && rates?.every((rate) => rate === segment.perSec[0])) {
      made[made.length - 1] = { ...before, toNs: segment.toNs }
    } else made.push(segment)
  }
  return made
}

const recordsOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { fromNs, toNs, perSec }) => sum + (((perSec[0] + perSec[1]) / 2) * (toNs - fromNs)) / 1e9, 0)

function meanOf(segments: readonly Segment[]): number {
  const endNs = segments.at(-1)?.toNs ?? 0
  // A constant rate is its own mean, to the last digit.
  if (segments.length === 1 && segments[0]!.perSec[0] === segments[0]!.perSec[1]) return segments[0]!.perSec[0]
  return endNs === 0 ? 0 : (recordsOf(segments) * 1e9) / endNs
}
