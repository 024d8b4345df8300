import { distance } from 'fastest-levenshtein'

const wordAtMost = 100

/** The candidate a typo most likely meant (edit distance, case ignored), or undefined when none is near. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  // What is longer than any word is no typo, and takes its time to compare.
  if (name.length > wordAtMost) return undefined
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)[0]
  // A third of the letters wrong is still a typo; in short names two, but never all of them.
  const allowed = Math.min(Math.max(2, Math.floor(name.length / 3)), name.length - 1)
  return ranked && ranked.edits <= allowed ? ranked.candidate : undefined
}

/** `did you mean "acks"?` when one is near, else the list: `one of: a, b`. */
export function suggestion(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates)
  return near === undefined ? `one of: ${candidates.join(', ') || 'nothing'}` : `did you mean "${near}"?`
}
