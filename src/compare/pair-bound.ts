import type { BoundBy } from '../contracts/findings.ts'
import type { Subject } from './subjects.ts'

/** What bound the two sides of a pair; null = not known. */
export interface PairBound {
  base: BoundBy[] | null
  other: BoundBy[] | null
  /** Bounds that both have and that are not the clients' own: where there are any, equal numbers say nothing about the clients. */
  shared: BoundBy[]
}

const own: readonly BoundBy[] = ['client-cpu', 'in-flight', 'unknown']

export function pairBound(base: Subject, other: Subject): PairBound {
  const sides = { base: boundOf(base), other: boundOf(other) }
  const shared = (sides.base ?? []).filter((by) => !own.includes(by) && sides.other?.includes(by))
  return { ...sides, shared }
}

/** What bound at least half of the repetitions of which it is known. */
function boundOf({ repetitions }: Subject): BoundBy[] | null {
  const known = repetitions.flatMap(({ bound }) => (bound === null ? [] : [bound]))
  if (known.length === 0) return null
  const all = [...new Set(known.flat())]
  return all.filter((by) => known.filter((bound) => bound.includes(by)).length * 2 >= known.length)
}
