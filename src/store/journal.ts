import { basename, join, resolve } from 'node:path'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { RunBegun } from '../contracts/run-facts.ts'
import { createRunSums, type RunSums } from '../judge/run-sums.ts'
import { isOwnFile, plainLines } from './lines.ts'
import { parseLine } from './parse-line.ts'
import { runFactOf } from './run-fact-schema.ts'

export interface StoredJournal {
  sums: RunSums
  /** How the last session began. */
  last: RunBegun
  /** What could not be used, a line each. */
  problems: string[]
}

/** So many lines that cannot be used are named, the others counted. */
const mostNamed = 5

/**
 * What the journal of a run amounts to. Lines that are no facts of a run are passed over and named; frames, which kbench 0.1 wrote there, and
 * a last line that is torn are not even named. Throws `usage` where there is no journal, or one that does not say how the run began, or that of another run:
 * the folder bears the name of its run.
 */
export async function readJournal(directory: string): Promise<StoredJournal> {
  const path = join(directory, 'journal.ndjson')
  if (!(await isOwnFile(path, path))) throw new KbenchError('usage', `${directory}: no journal.ndjson there`)
  const sums = createRunSums()
  const named: string[] = []
  let others = 0
  let at = 0
  for await (const { text, isWhole } of plainLines(path)) {
    at++
    if (!isWhole || text.startsWith('{"type":"frame"')) continue
    try {
      const fact = runFactOf(parseLine(text))
      if (fact.type === 'run') checkOneRun(fact, sums)
      if (fact.type !== 'run' && sums.sessions.length === 0) throw new KbenchError('usage', 'before the run began')
      sums.add(fact)
    } catch (error) {
      if (named.length < mostNamed) named.push(`journal.ndjson:${at}: ${messageOf(error)}`)
      else others++
    }
  }
  const problems = others === 0 ? named : [...named, `journal.ndjson: ${others} more such lines`]
  const last = sums.sessions.at(-1)?.begun
  if (last === undefined) {
    const why = problems.length === 0 ? '' : ` (${problems[0]})`
    throw new KbenchError('usage', `${directory}: journal.ndjson does not say how the run began${why}`)
  }
  if (basename(resolve(directory)) !== last.runId) {
    throw new KbenchError('usage', `${directory}: journal.ndjson is that of run ${last.runId}`, {
      hint: 'if that is what this folder holds, give it the name of its run',
    })
  }
  return { sums, last, problems }
}

function checkOneRun({ runId }: RunBegun, { sessions }: RunSums): void {
  const first = sessions[0]?.begun.runId
  if (first !== undefined && first !== runId) throw new KbenchError('usage', `it belongs to run ${runId}`)
}
