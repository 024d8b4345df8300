import { KbenchError } from '../base/errors.ts'
import { definitions, type RunResult } from '../contracts/result.ts'
import { assemble } from '../judge/assemble.ts'
import type { RunSums } from '../judge/run-sums.ts'
import { resultOf } from '../search/assemble-search.ts'
import { readJournal } from './journal.ts'
import { readRecording } from './recordings.ts'

export interface Rebuilt {
  result: RunResult
  /** What could not be used, a line each. */
  problems: string[]
  sums: RunSums
}

/**
 * The result of a run from its journal and recordings. A variant whose result is in the journal under today's definitions is taken from
 * there; all others are assembled from their recordings. `all`: every variant is. Throws `usage` where there is no journal of a run.
 */
export async function rebuildRun(directory: string, all = false): Promise<Rebuilt> {
  const { sums, skipped } = await readJournal(directory)
  const last = sums.sessions.at(-1)
  if (!last) throw new KbenchError('usage', `${directory}: journal.ndjson does not say how the run began`)
  const problems =
    skipped === 0 ? [] : [`journal.ndjson: ${skipped} ${skipped === 1 ? 'line' : 'lines'} could not be read`]
  for (const [id, known] of [...sums.variants]) {
    const isGood = known.variant !== null && known.definitions === definitions
    if ((isGood && !all) || known.recording === null) continue
    try {
      const stored = await readRecording(directory, known.recording, last.begun.runId)
      if (stored === null) continue
      if (stored.problem !== null) problems.push(`${stored.problem}; what follows is not used`)
      const { variant, thresholds } = assemble(stored.plan, stored.sums)
      sums.add({
        type: 'variant',
        id,
        status: variant.status,
        session: known.session,
        at: last.lastAt,
        recording: known.recording,
        definitions,
        ...(known.isWhole ? { result: variant } : { partial: variant }),
        thresholds,
      })
    } catch (error) {
      if (!(error instanceof KbenchError)) throw error
      problems.push(error.message)
    }
  }
  return { result: resultOf(sums), problems, sums }
}
