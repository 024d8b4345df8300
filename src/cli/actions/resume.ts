import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { KbenchError } from '../../base/errors.ts'
import { packageRoot } from '../../base/root.ts'
import type { Environment } from '../../contracts/result.ts'
import type { RunBegun, Supervisor } from '../../contracts/run-facts.ts'
import type { RunSums } from '../../judge/run-sums.ts'
import { valuesOf } from '../../profile/origins.ts'
import { pathText } from '../../profile/paths.ts'
import { plain } from '../../reports/_text.ts'
import { readJournal } from '../../store/journal.ts'
import { isStale, reassemble } from '../../store/rebuild.ts'
import { type LoadedProfile, reloadProfile } from './load-profile.ts'

/**
 * Everything that going on with a stored run needs. `path` is its folder or its id in `results`. Throws `usage` when there is no
 * such run, when it is still under way, or when profile, kbench or machine are not what they were, naming what differs.
 */
export async function resumeRun(
  path: string,
  results: string,
  given: LoadedProfile | null,
  environment: Environment,
): Promise<{ loaded: LoadedProfile; runId: string; root: string; sums: RunSums }> {
  const directory = await runDirectory(path, results)
  const { sums, last, problems } = await readJournal(directory)
  if (last.input === undefined) {
    throw new KbenchError('usage', `${path}: its journal does not say how the run began`, {
      hint: 'a kbench that could not resume wrote it; begin a new run',
    })
  }
  checkEnded(path, last)
  const loaded = given ?? (await reloadProfile(last.input, `the profile of ${last.runId}`))
  const details = [
    ...differences('environment', last.environment, environment),
    ...differences('profile', last.profile, JSON.parse(JSON.stringify(loaded.profile))),
  ]
  const layout = await layoutDigest(loaded.profile.cluster.layout)
  if (layout !== last.layout)
    details.push(`layout ${loaded.profile.cluster.layout}, or a variable it takes, has changed`)
  if (details.length > 0) {
    throw new KbenchError('usage', `${last.runId} cannot go on: not everything is as it was`, {
      details,
      hint: 'what was measured under other conditions does not belong into one result: begin a new run',
    })
  }
  // Variants of one result follow the same definitions, wherever their recordings allow it.
  problems.push(...(await reassemble(directory, sums, (known) => known.isWhole && isStale(known))))
  for (const problem of problems) process.stderr.write(`kbench: ${plain(problem)}\n`)
  return { loaded, runId: last.runId, root: dirname(directory), sums }
}

/** The folder of a run by its path or id; throws `usage` where there is no journal. */
async function runDirectory(path: string, results: string): Promise<string> {
  for (const candidate of [path, join(results, path), join('results', path)]) {
    const folder = basename(candidate) === 'result.json' ? dirname(candidate) : candidate
    const journal = await stat(join(folder, 'journal.ndjson')).catch(() => null)
    if (journal?.isFile()) return resolve(folder)
  }
  throw new KbenchError('usage', `${path}: no journal.ndjson there`, { hint: 'give the id of a run, or its folder' })
}

/** "environment.node was 20.19.0 and is 22.1.0", for every value that is not the same. */
function differences(name: string, before: unknown, now: unknown): string[] {
  const texts = (value: unknown) =>
    new Map(valuesOf(value).map(({ path, value: leaf }) => [pathText(path), JSON.stringify(leaf)]))
  const [old, current] = [texts(before), texts(now)]
  return [...new Set([...old.keys(), ...current.keys()])]
    .filter((path) => old.get(path) !== current.get(path))
    .map((path) => `${name}.${path} was ${old.get(path) ?? 'absent'} and is ${current.get(path) ?? 'absent'}`)
}

/** Of a layout's file and of the variables that it takes: equal = it makes the same cluster. */
export async function layoutDigest(layout: string): Promise<string> {
  const text = await readFile(join(packageRoot, 'compose', `${layout}.yaml`), 'utf8').catch(() => '')
  const names = [...new Set([...text.matchAll(/\$\{(\w+)/g)].map((match) => match[1]!))]
  const values = names.map((name) => [name, process.env[name] ?? null])
  return createHash('sha256')
    .update(JSON.stringify([text, values]))
    .digest('hex')
}

/** What distinguishes this process from a later one of the same number, where the system has /proc. */
export function supervisorEntry(pid: number): Supervisor {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return { pid, started: line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? null }
  } catch {
    return { pid, started: null }
  }
}

/** Throws `usage` while the process that runs it has not ended; `path`: what the user calls the run. */
export function checkEnded(path: string, { supervisor }: RunBegun): void {
  if (stillRuns(supervisor)) throw new KbenchError('usage', `${path} is still running (pid ${supervisor.pid})`)
}

/** The process that began a session has not ended. */
export function stillRuns({ pid, started }: Supervisor): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // That of another user is there, too.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return supervisorEntry(pid).started === started
}
