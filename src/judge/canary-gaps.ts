import { type Gap, longestOf } from '../recording/silences.ts'

/** What the canary reported; times are ns of CLOCK_MONOTONIC. */
export interface CanaryRecord {
  /** When its probes were acknowledged, by partition, ascending; empty where it was not running. */
  acks: readonly (readonly number[])[]
  /** First probe, of every partition; null = none was sent. */
  firstSentNs: number | null
  /** From here on no probe was sent; null = it went on. */
  stoppedNs: number | null
}

/** From, and before. */
export interface Span {
  fromNs: number
  toNs: number
}

/** The canary's own noise: a gap that lasts at the end says nothing up to this, ns, or up to twice the resolution. */
const noticeableNs = 500e6

/**
 * The longest time without an acknowledgement of a partition that reaches into the window, from the first probe on and not beyond the moment at
 * which the canary stopped. Null = nothing is known: it was not running then, or nothing at all was acknowledged, so that the canary itself may
 * be what does not work.
 */
export function canaryGap(
  canary: CanaryRecord,
  partition: number,
  window: Span,
  resolutionNs: number | null,
): { lengthNs: number; recovered: boolean } | null {
  const acks = canary.acks[partition]
  const sinceNs = canary.firstSentNs ?? acks?.[0]
  const toNs = Math.min(window.toNs, canary.stoppedNs ?? Number.POSITIVE_INFINITY)
  if (!acks || sinceNs === undefined || Math.max(sinceNs, window.fromNs) >= toNs) return null
  if (!canary.acks.some((any) => any.length > 0)) return null
  const gap = longestOf(gapsOf(around(acks, window.fromNs, toNs), sinceNs), window.fromNs, toNs)
  if (gap === null) return null
  const lengthNs = gap.toNs - gap.fromNs
  // A gap may reach past the window: what counts is whether anything was acknowledged after it.
  const isOpen = (acks.at(-1) ?? Number.NEGATIVE_INFINITY) <= gap.fromNs
  return { lengthNs, recovered: !isOpen || lengthNs < Math.max(noticeableNs, 2 * (resolutionNs ?? 0)) }
}

/** The longest gap between two acknowledgements that is within the span, ns; null = fewer than two. */
export function canaryResolution(canary: CanaryRecord, partition: number, { fromNs, toNs }: Span): number | null {
  const acks = canary.acks[partition] ?? []
  const inside = acks.slice(lowerBound(acks, fromNs), lowerBound(acks, toNs))
  const gaps = inside.slice(1).map((atNs, before) => atNs - inside[before]!)
  return gaps.length === 0 ? null : gaps.reduce((most, gap) => Math.max(most, gap), 0)
}

/**
 * From when on every partition answers without a noticeable gap, up to `toNs`; null = one of them is silent then. `fromNs` where all of them do
 * all along, or nothing is known.
 */
export function answeringSince(
  canary: CanaryRecord,
  { fromNs, toNs }: Span,
  resolutionNs: number | null,
): number | null {
  const noticeable = Math.max(noticeableNs, 2 * (resolutionNs ?? 0))
  let sinceNs = fromNs
  for (const [partition, acks] of canary.acks.entries()) {
    if (canaryGap(canary, partition, { fromNs, toNs }, null) === null) continue
    for (const gap of gapsOf(around(acks, fromNs, toNs), canary.firstSentNs ?? acks[0]!)) {
      if (gap.toNs <= fromNs || gap.fromNs >= toNs || Math.min(gap.toNs, toNs) - gap.fromNs < noticeable) continue
      if (gap.toNs >= toNs) return null
      sinceNs = Math.max(sinceNs, gap.toNs)
    }
  }
  return sinceNs
}

/** Of those in the window, with one before and one after it. */
function around(acks: readonly number[], fromNs: number, toNs: number): { acks: readonly number[]; isFirst: boolean } {
  const from = Math.max(0, lowerBound(acks, fromNs) - 1)
  return { acks: acks.slice(from, lowerBound(acks, toNs) + 1), isFirst: from === 0 }
}

/** The time from the first probe to the first acknowledgement is a gap, and that after the last one. */
function gapsOf({ acks, isFirst }: { acks: readonly number[]; isFirst: boolean }, sinceNs: number): Gap[] {
  const first = acks[0]
  const gaps: Gap[] = isFirst ? [{ fromNs: sinceNs, toNs: first ?? Number.POSITIVE_INFINITY }] : []
  for (let at = 1; at < acks.length; at++) gaps.push({ fromNs: acks[at - 1]!, toNs: acks[at]! })
  if (acks.length > 0) gaps.push({ fromNs: acks.at(-1)!, toNs: Number.POSITIVE_INFINITY })
  return gaps
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
