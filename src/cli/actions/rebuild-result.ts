import { basename, join } from 'node:path'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { definitions, type RunResult } from '../../contracts/result.ts'
import { writeResult } from '../../store/folder.ts'
import { readJournal } from '../../store/journal.ts'
import { isOwnFile } from '../../store/lines.ts'
import { parseResult } from '../../store/parse-result.ts'
import { rebuildRun } from '../../store/rebuild.ts'
import { hasRecordings } from '../../store/recordings.ts'
import { readStoredText, resultBytesAtMost } from '../../store/stored-text.ts'
import { keepCopy } from '../../store/whole-file.ts'
import { changedFields } from '../text/changed-fields.ts'
import { findRun, type RunPlace, type StoredResult } from './read-result.ts'
import { checkEnded } from './resume.ts'

export interface RunToReport extends StoredResult {
  /** For people, a line each. */
  messages: string[]
  /** Puts the rebuilt result.json in its place; gives what there is to say of that. null = it stays as it is. */
  save: (() => Promise<string[]>) | null
}

/**
 * The result of a run for `kbench report`. A result.json that is missing or torn is rebuilt from the journal and the recordings; with `anew`
 * also one that can be read. Writes nothing: {@link RunToReport.save} does. Throws `usage` where there is no result and none can be rebuilt.
 */
export async function runToReport(path: string, anew: boolean): Promise<RunToReport> {
  const place = await findRun(path)
  if (!place.hasResult) return rebuilt(path, place, 'it was missing', null)
  const text = await readStoredText(place.file, resultBytesAtMost)
  const problem = problemOf(text) ?? (anew ? refusalOf(text, place.file) : null)
  if (problem !== null && basename(place.file) === 'result.json' && (await hasJournal(place.directory))) {
    return rebuilt(path, place, problem, 'result.unreadable')
  }
  const result = parseResult(text, place.file)
  if (anew) return rebuiltAnew(path, place, result, JSON.parse(text) as RunResult)
  return { result, directory: place.directory, messages: await definitionsNote(path, place, result), save: null }
}

function problemOf(text: string): string | null {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return `it was not JSON (${messageOf(error)})`
  }
}

/** What is JSON, and no result: rebuilt only where that was asked for. */
function refusalOf(text: string, file: string): string | null {
  try {
    parseResult(text, file)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

const hasJournal = (directory: string): Promise<boolean> =>
  isOwnFile(join(directory, 'journal.ndjson'), 'journal.ndjson')

async function definitionsNote(path: string, { directory }: RunPlace, result: RunResult): Promise<string[]> {
  const number = result.definitions ?? 1
  if (number === definitions || !(await hasRecordings(directory))) return []
  return [
    `${result.runId}: its numbers follow definitions ${number}, those of this kbench are ${definitions}: kbench report ${path} --rebuild takes them anew from the recordings`,
  ]
}

async function rebuilt(path: string, place: RunPlace, why: string, keepAs: string | null): Promise<RunToReport> {
  const { directory, file } = place
  const { result, problems } = await rebuildEnded(path, directory, false)
  return {
    result,
    directory,
    messages: problems,
    async save() {
      const kept = keepAs === null ? '' : `; what was there is kept as ${await keep(file, keepAs)}`
      await writeResult(directory, result)
      return [`${result.runId}: result.json rebuilt from the journal and the recordings: ${why}${kept}`]
    },
  }
}

async function rebuiltAnew(path: string, place: RunPlace, read: RunResult, before: RunResult): Promise<RunToReport> {
  const { directory, file } = place
  const { result, problems } = await rebuildEnded(path, directory, true)
  if (result.runId !== before.runId) {
    const both = `result.json is that of run ${before.runId}, journal.ndjson of ${result.runId}`
    throw new KbenchError('usage', `${path}: ${both}`)
  }
  const changes = changedFields(before, JSON.parse(JSON.stringify(result)))
  if (changes.length === 0) {
    const messages = [...problems, `${result.runId}: rebuilt, no field changed`]
    return { result: read, directory, messages, save: null }
  }
  return {
    result,
    directory,
    messages: problems,
    async save() {
      const kept = await keep(file, `result.definitions-${before.definitions ?? 1}`)
      await writeResult(directory, result)
      return [`${result.runId}: result.json rebuilt; the one before is kept as ${kept}`, ...changes]
    },
  }
}

async function rebuildEnded(path: string, directory: string, all: boolean) {
  const { last } = await readJournal(directory)
  checkEnded(path, last)
  return rebuildRun(directory, all)
}

async function keep(file: string, stem: string): Promise<string> {
  try {
    return await keepCopy(file, stem)
  } catch (cause) {
    throw new KbenchError('environment', `cannot keep ${file}: ${messageOf(cause)}`, { cause })
  }
}
