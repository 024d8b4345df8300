import type { Bound } from '../contracts/findings.ts'
import { type BoundEvidence, inFlightLines, isAtLimit, keptUp, type Line, observations } from './bound-lines.ts'

export { type BoundEvidence, boundLimits } from './bound-lines.ts'

/**
 * Everything that was at its limit while measured. Where nothing was, it is `in-flight` when producers waited for their
 * own bound, and `schedule` when all that was due was sent and acknowledged. Both need an observation of everything
 * else that could bind; without it the answer is `unknown`.
 */
export function judgeBound(evidence: BoundEvidence): Bound {
  const observed = observations(evidence)
  const bounding = observed.filter(isAtLimit)
  if (bounding.length > 0) return boundBy(bounding)
  const missing = observed.filter(({ by, value }) => value === null && by !== 'disk' && by !== 'network')
  const waiting = inFlightLines(evidence)
  const held = waiting.filter(isAtLimit)
  // A window that is full because of what cannot be seen behind it is no bound of its own.
  if (held.length > 0) return missing.length === 0 ? boundBy(held) : unknown([...held, ...missing])
  const kept = keptUp(evidence)
  // A quota that held the load back would show in what was acknowledged: for a load that kept up it need not be seen.
  const needed = missing.filter(({ by }) => by !== 'quota')
  const unwatched = waiting.some(({ value }) => value !== null) ? [] : waiting
  if (kept.every(isAtLimit)) {
    const unseen = [...needed, ...unwatched]
    return unseen.length === 0 ? boundBy(kept) : unknown(unseen)
  }
  return unknown([...kept, ...waiting, ...missing])
}

const boundBy = (lines: readonly Line[]): Bound => ({
  by: [...new Set(lines.map(({ by }) => by))],
  evidence: [...lines],
})

/** With what was not observed, or what was seen and proves nothing. */
const unknown = (lines: readonly Line[]): Bound => ({
  by: ['unknown'],
  evidence: lines.map((line) => ({ ...line, by: 'unknown' })),
})

/** A window counts as full from this share of it on: acknowledgements come many at a time, and make room that is filled immediately. */
const nearlyFull = 0.9

/** Share of the frames in which a producer had at least nine tenths of its bound in flight; null = there are no frames. */
export function fullShare(inFlight: readonly number[], maxInFlight: number): number | null {
  if (inFlight.length === 0) return null
  return inFlight.filter((records) => records >= nearlyFull * maxInFlight).length / inFlight.length
}
