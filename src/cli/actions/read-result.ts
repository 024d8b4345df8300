import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { type RunResult, schemaVersion } from '../../contracts/result.ts'
import { upgradeResult } from '../../judge/upgrade.ts'

export interface StoredResult {
  result: RunResult
  /** The run's folder: where result.json lies. */
  directory: string
}

/**
 * Reads a stored result: a run's folder, its result.json, or a run id in results/.
 * Throws a usage error when there is none, when it is no result, or when a newer kbench wrote it.
 */
export async function readResult(path: string): Promise<StoredResult> {
  const file = await resultFile(path)
  return { result: parseResult(await readFile(file, 'utf8'), file), directory: dirname(file) }
}

async function resultFile(path: string): Promise<string> {
  for (const candidate of [path, join('results', path)]) {
    const kind = await stat(candidate).catch(missing)
    const file = kind?.isDirectory() ? join(candidate, 'result.json') : candidate
    if (kind?.isFile() || (await stat(file).catch(missing))?.isFile()) return resolve(file)
  }
  throw new KbenchError('usage', `${path}: no result.json there`, {
    hint: 'give a folder in results/, or its result.json',
  })
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
  throw error
}

/** Text of a result.json → the result; `file` is for the errors. */
export function parseResult(text: string, file: string): RunResult {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new KbenchError('usage', `${file} is not JSON: ${messageOf(cause)}`, { cause })
  }
  if (!isResult(value)) throw new KbenchError('usage', `${file} is not a result of kbench`)
  if (value.schemaVersion > schemaVersion) {
    throw new KbenchError(
      'usage',
      `${file} has schemaVersion ${value.schemaVersion}; this kbench reads up to ${schemaVersion}`,
      { hint: 'a newer kbench wrote it: update kbench to read it' },
    )
  }
  return upgradeResult(value)
}

/** Enough to tell a result from any other JSON file; what kbench wrote is trusted to be whole. */
function isResult(value: unknown): value is RunResult {
  if (typeof value !== 'object' || value === null) return false
  const { schemaVersion: version, runId, variants } = value as Record<string, unknown>
  if (typeof version !== 'number') return false
  return version > schemaVersion || (version === schemaVersion && typeof runId === 'string' && Array.isArray(variants))
}
