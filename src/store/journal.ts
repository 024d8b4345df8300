import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { RunFact } from '../contracts/run-facts.ts'
import { createRunSums, type RunSums } from '../judge/run-sums.ts'
import { linesOf } from './lines.ts'
import { isRunFact } from './run-fact-schema.ts'

/**
 * What the journal of a run amounts to. Lines that are no facts of a run are passed over: kbench 0.1 wrote frames there, and a power cut may
 * leave a line torn. `skipped`: how many others there were.
 */
export async function readJournal(directory: string): Promise<{ sums: RunSums; skipped: number }> {
  const sums = createRunSums()
  let skipped = 0
  const source = createReadStream(join(directory, 'journal.ndjson'))
  for await (const { line, isWhole } of linesOf(source)) {
    if (!isWhole || line.startsWith('{"type":"frame"')) continue
    const fact = parsed(line)
    if (fact && (fact.type === 'run' || sums.sessions.length > 0)) sums.add(fact)
    else skipped++
  }
  return { sums, skipped }
}

function parsed(line: string): RunFact | null {
  try {
    const value: unknown = JSON.parse(line)
    return isRunFact(value) ? value : null
  } catch {
    return null
  }
}
