import { stat } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { KbenchError } from '../../base/errors.ts'
import { fromBaseline, isBaseline } from '../../compare/baseline.ts'
import { type ComparedRun, comparedRun } from '../../compare/compared-run.ts'
import type { RunResult } from '../../contracts/result.ts'
import { parseLine } from '../../store/parse-line.ts'
import { readStoredText, resultBytesAtMost } from '../../store/stored-text.ts'
import { readResult } from './read-result.ts'

export interface StoredRun {
  run: ComparedRun
  /** The run's folder; null for a baseline. */
  directory: string | null
}

/** Reads runs (as {@link readResult} does) and baseline files. Labels are unique. Throws a usage error for what is neither. */
export async function readCompared(paths: readonly string[]): Promise<StoredRun[]> {
  return withLabels(await Promise.all(paths.map(readOne)))
}

/** A run by its path, or its result as it came from the run. */
export async function readOne(given: string | RunResult): Promise<StoredRun> {
  if (typeof given !== 'string') return { run: comparedRun(given, given.runId), directory: null }
  const baseline = await baselineIn(given)
  if (baseline !== null) return { run: baseline, directory: null }
  const { result, directory } = await readResult(given)
  return { run: comparedRun(result, basename(directory)), directory }
}

/** Numbers the labels that several runs have. */
export function withLabels(stored: readonly StoredRun[]): StoredRun[] {
  return stored.map(({ run, directory }, at) => {
    const twins = stored.filter((other) => other.run.label === run.label)
    const label = twins.length > 1 ? `${run.label} (${at + 1})` : run.label
    return { run: { ...run, label }, directory }
  })
}

/** null = the path is no baseline: it may be a run. */
async function baselineIn(path: string): Promise<ComparedRun | null> {
  const kind = await stat(path).catch(() => null)
  if (!kind?.isFile() || basename(path) === 'result.json') return null
  let value: unknown
  try {
    value = parseLine(await readStoredText(path, resultBytesAtMost))
  } catch {
    // readResult says what is wrong with it.
    return null
  }
  if (!isBaseline(value)) return null
  const run = fromBaseline(value, basename(path, extname(path)))
  if (typeof run !== 'string') return run
  throw new KbenchError('usage', `${path} is a baseline that this kbench cannot read: ${run}`, {
    hint: `write it again from the run: kbench compare --save-baseline ${basename(path)} RUN in ${dirname(path)}`,
  })
}
