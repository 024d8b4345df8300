import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { KbenchError } from '../../base/errors.ts'
import { packageRoot } from '../../base/root.ts'
import type { ClusterInfo, Environment, SessionInfo, ThresholdOutcome, Variant } from '../../contracts/result.ts'
import { valuesOf } from '../../profile/origins.ts'
import { pathText } from '../../profile/paths.ts'
import type { Earlier } from '../../runners/run/sessions.ts'
import { type LoadedProfile, reloadProfile } from './load-profile.ts'
import { parseResult } from './read-result.ts'

/** What the journal says of one session, written when it began. */
interface SessionEntry {
  runId: string
  startedAt: string
  profile: unknown
  input: unknown
  environment: Environment
  layout: string
  supervisor: Supervisor
}

interface Supervisor {
  pid: number
  started: string | null
}

interface Journal {
  sessions: (SessionEntry & { cluster: ClusterInfo | null; lastAt: string })[]
  variants: Map<string, Variant>
  thresholds: Map<string, readonly ThresholdOutcome[]>
}

/**
 * Everything that going on with a stored run needs. `path` is its folder or its id in `results`. Throws `usage` when there is no
 * such run, when it is still under way, or when profile, kbench or machine are not what they were, naming what differs.
 */
export async function resumeRun(
  path: string,
  results: string,
  given: LoadedProfile | null,
  environment: Environment,
): Promise<{ loaded: LoadedProfile; runId: string; root: string; earlier: Earlier }> {
  const directory = await runDirectory(path, results)
  const journal = await readJournal(join(directory, 'journal.ndjson'))
  const last = journal.sessions.at(-1)
  if (last?.input === undefined) {
    throw new KbenchError('usage', `${path}: its journal does not say how the run began`, {
      hint: 'a kbench that could not resume wrote it; begin a new run',
    })
  }
  if (stillRuns(last.supervisor))
    throw new KbenchError('usage', `${path} is still running (pid ${last.supervisor.pid})`)
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
  const sessions = await sessionsIn(directory, journal)
  return {
    loaded,
    runId: last.runId,
    root: dirname(directory),
    earlier: { sessions, variants: journal.variants, thresholds: journal.thresholds },
  }
}

async function runDirectory(path: string, results: string): Promise<string> {
  for (const candidate of [path, join(results, path), join('results', path)]) {
    const folder = basename(candidate) === 'result.json' ? dirname(candidate) : candidate
    const journal = await stat(join(folder, 'journal.ndjson')).catch(() => null)
    if (journal?.isFile()) return resolve(folder)
  }
  throw new KbenchError('usage', `${path}: no journal.ndjson there`, { hint: 'give the id of a run, or its folder' })
}

/** Frames are skipped unread; a line that a power cut left torn is as good as not there. */
async function readJournal(file: string): Promise<Journal> {
  const journal: Journal = { sessions: [], variants: new Map(), thresholds: new Map() }
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!/^\{"type":"(run|cluster|variant)"/.test(line)) continue
    const entry = parsed(line)
    const session = journal.sessions.at(-1)
    if (entry?.type === 'run') {
      const begun = entry as unknown as SessionEntry
      journal.sessions.push({ ...begun, cluster: null, lastAt: begun.startedAt })
    } else if (entry?.type === 'cluster' && session) session.cluster = entry.cluster as ClusterInfo
    else if (entry?.type === 'variant' && session) {
      if (typeof entry.at === 'string') session.lastAt = entry.at
      const variant = entry.result as Variant | undefined
      if (variant) journal.variants.set(variant.id, variant)
      if (variant && Array.isArray(entry.thresholds)) journal.thresholds.set(variant.id, entry.thresholds)
    }
  }
  return journal
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return null
  }
}

/** As result.json tells them; what was killed before it could write one, as the journal does. */
async function sessionsIn(directory: string, { sessions }: Journal): Promise<SessionInfo[]> {
  const file = join(directory, 'result.json')
  const text = await readFile(file, 'utf8').catch(() => null)
  const told = text === null ? [] : (parseResult(text, file).sessions ?? [])
  return sessions.map(({ startedAt, lastAt, environment, cluster }, index): SessionInfo => {
    const durationS = (Date.parse(lastAt) - Date.parse(startedAt)) / 1000
    return told[index] ?? { session: index + 1, startedAt, durationS, environment, cluster }
  })
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

/** What tells this process from a later one of the same number, where the system has /proc. */
export function supervisorEntry(pid: number): Supervisor {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return { pid, started: line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? null }
  } catch {
    return { pid, started: null }
  }
}

function stillRuns({ pid, started }: Supervisor): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return supervisorEntry(pid).started === started
}
