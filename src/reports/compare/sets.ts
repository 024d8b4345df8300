import type { Comparison, Pair } from '../../compare/compare-runs.ts'
import type { Subject } from '../../compare/subjects.ts'
import { cut } from '../_text.ts'
import { sideNames } from './words.ts'

/** One base with everything that is compared with it: what one chart shows. */
export interface ComparedSet {
  /** Unique in the page, fit for an id. */
  id: string
  /** What all have in common; empty = nothing worth saying. */
  both: string
  pairs: Pair[]
  members: Member[]
}

/** The base is the first member; colour, dash and marker are its place. */
export interface Member {
  name: string
  /** Short enough for an axis: a letter and the start of the name. */
  short: string
  subject: Subject
}

const shortAtMost = 15

export function setsOf({ pairs }: Comparison): ComparedSet[] {
  const bases = [...new Set(pairs.map(({ base }) => base))]
  return bases.map((base, at) => {
    const own = pairs.filter((pair) => pair.base === base)
    const all = [base, ...own.map(({ other }) => other)]
    // The base has a name in each pair; the longest is unique.
    const baseName = own.map((pair) => sideNames(pair).base).sort((a, b) => b.length - a.length)[0]!
    const names = [baseName, ...own.map((pair) => sideNames(pair).other)]
    return {
      id: String(at + 1),
      both: own.length === 1 ? sideNames(own[0]!).both : '',
      pairs: own,
      members: all.map((subject, place) => ({
        name: names[place]!,
        short: cut(`${String.fromCharCode(65 + (place % 26))} ${names[place]}`, shortAtMost),
        subject,
      })),
    }
  })
}
