import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { KbenchError } from '../../base/errors.ts'
import type { RunResult } from '../../contracts/result.ts'
import { parseResult } from '../../store/parse-result.ts'
import { readStoredText, resultBytesAtMost } from '../../store/stored-text.ts'

export interface StoredResult {
  result: RunResult
  /** The run's folder: with its result.json. */
  directory: string
}

/**
 * Reads a stored result: a run's folder, its result.json, or a run id in results/.
 * Throws a usage error when there is none, when it is no result, or when a newer kbench wrote it.
 */
export async function readResult(path: string): Promise<StoredResult> {
  const { file, directory, hasResult } = await findRun(path)
  if (!hasResult) {
    throw new KbenchError('usage', `${path}: no result.json there`, {
      hint: `kbench report ${path} makes it from the journal`,
    })
  }
  return { result: parseResult(await readStoredText(file, resultBytesAtMost), file), directory }
}

/** Where a run, or a result, is. `hasResult` false: there is only a journal. */
export interface RunPlace {
  file: string
  directory: string
  hasResult: boolean
}

/** By a run's folder, its result.json, whatever else holds a result, or a run id in results/. Throws `usage` where nothing is. */
export async function findRun(path: string): Promise<RunPlace> {
  const isFile = async (file: string) => (await stat(file).catch(missing))?.isFile() === true
  const candidates = [path, join('results', path)].map((candidate) => resolve(candidate))
  for (const candidate of candidates) {
    if (await isFile(candidate)) return { file: candidate, directory: dirname(candidate), hasResult: true }
    const directory = basename(candidate) === 'result.json' ? dirname(candidate) : candidate
    const file = join(directory, 'result.json')
    if (await isFile(file)) return { file, directory, hasResult: true }
    if (await isFile(join(directory, 'journal.ndjson'))) return { file, directory, hasResult: false }
  }
  throw new KbenchError('usage', `${path}: no result.json there`, {
    hint: 'give a folder in results/, or its result.json',
  })
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
  throw error
}
