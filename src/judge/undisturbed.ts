import type { LagSum } from '../recording/lag.ts'
import { answeringSince, canaryResolution, type Span } from './canary-gaps.ts'
import { calmLevel, faultLag } from './fault-lag.ts'
import type { FaultsInput } from './faults-input.ts'

/** Why there is no undisturbed time before a fault. */
export type Disturbed = 'begins-with-measure' | 'fault-active' | 'not-recovered' | 'not-drained' | 'drain-unknown'

export interface Calm {
  /** The undisturbed time right before an occurrence, or why there is none and which earlier occurrence it is the effect of. */
  before(occurrence: number): Span | { reason: Disturbed; earlier: number | null }
  /** When the next fault began that does not belong to it; null = none did. */
  next(occurrence: number): number | null
}

/** Faults that begin so close to each other share their before and their after: samples could not distinguish them, ns. */
const togetherNs = 1e9

interface Wave {
  occurrences: number[]
  fromNs: number
  before: Span | { reason: Disturbed; earlier: number | null }
}

/**
 * Looks for undisturbed time within the measure phase: no fault is active, and the cluster is recovered and drained.
 * Recovered: every partition has a leader, its in-sync set is as large as at the start of measure, and the canary got
 * an answer. Drained: the lag of every group is back at its level of the undisturbed time before. Pure.
 */
export function createCalm(input: FaultsInput, lag: readonly { group: string; sums: readonly LagSum[] }[]): Calm {
  const waves = wavesOf(input)
  const at = (ns: number) => Math.round((ns - input.startNs) / 1e6) / 1000
  // Of the last undisturbed time: what later times are compared with until there is another.
  let levels: (number | null)[] = lag.map(() => null)
  let resolutionNs: number | null = null

  for (const [index, wave] of waves.entries()) {
    wave.before = beforeOf(index)
    if ('reason' in wave.before) continue
    const span = wave.before
    levels = lag.map(({ sums }, group) => calmLevel(sums, at(span.fromNs), at(span.toNs)) ?? levels[group]!)
    const all = input.canary.acks.flatMap((_, partition) => canaryResolution(input.canary, partition, span) ?? [])
    resolutionNs = all.length === 0 ? resolutionNs : all.reduce((most, each) => Math.max(most, each))
  }

  function beforeOf(index: number): Wave['before'] {
    const toNs = waves[index]!.fromNs
    const last = waves[index - 1]
    if (!last) {
      if (toNs > input.measureFromNs) return { fromNs: input.measureFromNs, toNs }
      return { reason: 'begins-with-measure', earlier: null }
    }
    const earlier = last.occurrences.at(-1)!
    const healed = waves.slice(0, index).flatMap(({ occurrences }) => occurrences.map((each) => healedOf(each)))
    const active = healed.findIndex((atNs) => atNs >= toNs)
    if (active >= 0) return { reason: 'fault-active', earlier: waves.flatMap((each) => each.occurrences)[active]! }
    const whole = wholeSince(input, { fromNs: last.fromNs, toNs })
    const answering = answeringSince(input.canary, { fromNs: last.fromNs, toNs }, resolutionNs)
    if (whole === null || answering === null) return { reason: 'not-recovered', earlier }
    const drained = lag.map(({ sums }, group) => drainedNs(sums, levels[group]!, last.fromNs, toNs))
    const open = drained.flatMap((atNs, group) => (atNs === null ? [levels[group] ?? null] : []))
    if (open.length > 0)
      return { reason: open.every((level) => level === null) ? 'drain-unknown' : 'not-drained', earlier }
    const fromNs = Math.max(input.measureFromNs, whole, answering, ...healed, ...drained.map((atNs) => atNs!))
    return fromNs < toNs ? { fromNs, toNs } : { reason: 'not-recovered', earlier }
  }

  /** A fault that was never done disturbs nothing; one that was not undone goes on. */
  function healedOf(occurrence: number): number {
    const { injectedNs, healedNs, problem } = input.occurrences[occurrence]!
    if (problem === 'not-injected') return injectedNs
    return healedNs ?? Number.POSITIVE_INFINITY
  }

  function drainedNs(sums: readonly LagSum[], level: number | null, fromNs: number, toNs: number): number | null {
    // Of a group whose lag is not known at all nothing can be said, and nothing is.
    if (sums.every(({ records }) => records === null)) return fromNs
    const { drainS } = faultLag(sums, { injectedS: at(fromNs), nextS: at(toNs), endS: at(toNs), level })
    return drainS === null ? null : fromNs + drainS * 1e9
  }

  const waveOf = (occurrence: number) => waves.findIndex(({ occurrences }) => occurrences.includes(occurrence))
  return {
    before: (occurrence) => waves[waveOf(occurrence)]!.before,
    next: (occurrence) => waves[waveOf(occurrence) + 1]?.fromNs ?? null,
  }
}

function wavesOf({ occurrences }: FaultsInput): Wave[] {
  const waves: Wave[] = []
  const order = occurrences.map((_, occurrence) => occurrence)
  order.sort((a, b) => occurrences[a]!.injectedNs - occurrences[b]!.injectedNs)
  for (const occurrence of order) {
    const fromNs = occurrences[occurrence]!.injectedNs
    const last = waves.at(-1)
    if (last && fromNs - last.fromNs <= togetherNs) last.occurrences.push(occurrence)
    else waves.push({ occurrences: [occurrence], fromNs, before: { reason: 'begins-with-measure', earlier: null } })
  }
  return waves
}

/**
 * From when on every partition has a leader and an in-sync set as large as at the start of measure, up to `toNs`; null = one has not then.
 * `fromNs` where all have all along, or nothing is known.
 */
function wholeSince({ leaders, measureFromNs }: FaultsInput, { fromNs, toNs }: Span): number | null {
  let sinceNs = fromNs
  for (const first of leaders.initial) {
    let normal = first.isr.length
    let isWhole = true
    for (const change of leaders.changes) {
      if (change.partition !== first.partition || change.atNs >= toNs) continue
      if (change.atNs <= measureFromNs) normal = change.isr.length
      const wasWhole = isWhole
      isWhole = change.leader >= 0 && change.isr.length >= normal
      if (!wasWhole && isWhole && change.atNs > fromNs) sinceNs = Math.max(sinceNs, change.atNs)
    }
    if (!isWhole) return null
  }
  return sinceNs
}
