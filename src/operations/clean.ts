import { setTimeout as delay } from 'node:timers/promises'
import type { Network } from '../contracts/api.ts'
import { deleteGroup } from '../kafka/group-offsets.ts'
import { describeGroup, listGroups } from '../kafka/groups.ts'
import { topicOffsets } from '../kafka/topic-offsets.ts'
import { deleteOn } from '../kafka/topics.ts'
import { operate, refusal, type Session } from './admin-session.ts'

/** A run as its journal has it. */
export interface KnownRun {
  runId: string
  /** cluster.prefix of its profile. */
  prefix: string
  /** Its supervisor is at work on this machine. */
  isAlive: boolean
}

/** Topics and groups of one run. */
export interface Leftovers {
  runId: string
  topics: string[]
  groups: string[]
  /** Why nothing of it may be removed; null = it may. */
  inUse: string | null
  /** What could not be removed: "name: why". */
  problems: string[]
}

export interface CleanRequest {
  /** Of names, beside those of the runs that are known. */
  prefixes: readonly string[]
  runs: readonly KnownRun[]
  /** Run ids: no other is looked at, and these are removed also where somebody wrote or reads. Empty = all, but those. */
  only: readonly string[]
  execute: boolean
}

/** Records that come in within this mean that somebody writes, ms. */
const watchMs = 2000
/** A topic that was written to within this may be in use, ms. */
const recentMs = 10 * 60_000

/**
 * Finds what runs of kbench have left on a cluster, by the names that they give (prefix, run id, position), and removes
 * it where `execute` says so. It never touches a topic or group of any other name. A run that still goes on keeps what
 * it has. So does one whose topics were written to in the last 10 minutes or whose groups have members, unless `only`
 * names it. Also `silent`: brokers that do not answer, whose groups are not known.
 */
export async function cleanCluster(
  network: Network,
  { prefixes, runs, only, execute }: CleanRequest,
): Promise<{ found: Leftovers[]; silent: number[] }> {
  return operate(network, async (session) => {
    const runOf = namesOfRuns(prefixes, runs)
    const { groups, silent } = await listGroups(session.brokers)
    const topics = (await session.topicNames()).sort()
    const found = new Map<string, Leftovers>()
    const add = (name: string, kind: 'topics' | 'groups') => {
      const runId = runOf(name, kind)
      if (runId === null || (only.length > 0 && !only.includes(runId))) return
      const mine = found.get(runId) ?? { runId, topics: [], groups: [], inUse: null, problems: [] }
      mine[kind].push(name)
      found.set(runId, mine)
    }
    for (const name of topics) add(name, 'topics')
    for (const { group } of groups) add(group, 'groups')
    const all = [...found.values()]
    const topicsFound = all.flatMap((each) => each.topics)
    const why = only.length > 0 ? new Map<string, string>() : await written(network, topicsFound)
    for (const each of all) each.inUse = await useOf(session, each, runs, why, only)
    if (execute) for (const each of all) if (each.inUse === null) await remove(session, each)
    return { found: all, silent }
  })
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Run id as createRunId makes it: date, time, name of the profile, four hexadecimal digits. */
const anyRun = '\\d{8}-\\d{6}-[A-Za-z0-9._-]{1,40}-[0-9a-f]{4}'

/** Whose name it is: a topic is `<prefix><run id>-<position>`, a group the same and `-<its name in the profile>`; null = not kbench's. Pure. */
export function namesOfRuns(
  prefixes: readonly string[],
  runs: readonly Pick<KnownRun, 'runId' | 'prefix'>[],
): (name: string, kind: 'topics' | 'groups') => string | null {
  const patterns = [
    ...prefixes.map((prefix) => `${escaped(prefix)}(${anyRun})`),
    ...runs.map(({ runId, prefix }) => `${escaped(prefix)}(${escaped(runId)})`),
  ]
  const topics = patterns.map((pattern) => new RegExp(`^${pattern}-\\d{1,6}$`))
  const groups = patterns.map((pattern) => new RegExp(`^${pattern}-\\d{1,6}-.+$`))
  return (name, kind) => {
    for (const pattern of kind === 'topics' ? topics : groups) {
      const match = pattern.exec(name)
      if (match) return match[1]!
    }
    return null
  }
}

/** By topic: that it is written to, or was a short while ago. A clock that is wrong does not hide what is written now. */
async function written(network: Network, topics: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  if (topics.length === 0) return found
  const none = new Map<number, number>()
  const offsets = (at: 'written' | { sinceMs: number }) =>
    Promise.all(topics.map((topic) => topicOffsets(network, topic, at).catch(() => none)))
  const recent = await offsets({ sinceMs: Date.now() - recentMs })
  const before = await offsets('written')
  await delay(watchMs)
  const after = await offsets('written')
  for (const [at, topic] of topics.entries()) {
    const moves = [...after[at]!].some(([partition, end]) => (before[at]!.get(partition) ?? end) !== end)
    if (moves) found.set(topic, 'is being written to')
    else if ([...recent[at]!.values()].some((offset) => offset >= 0))
      found.set(topic, 'was written to in the last 10 minutes')
  }
  return found
}

async function useOf(
  { brokers }: Session,
  { runId, topics, groups }: Leftovers,
  runs: readonly KnownRun[],
  writtenTo: ReadonlyMap<string, string>,
  only: readonly string[],
): Promise<string | null> {
  if (runs.some((run) => run.runId === runId && run.isAlive)) return 'its kbench is at work on this machine'
  if (only.includes(runId)) return null
  const topic = topics.find((each) => writtenTo.has(each))
  if (topic !== undefined) return `topic ${topic} ${writtenTo.get(topic)}`
  for (const group of groups) {
    const members = (await describeGroup(brokers, group).catch(() => null))?.members ?? []
    if (members.length > 0) return `group ${group} has ${members.length} live members`
  }
  return null
}

async function remove({ brokers }: Session, { topics, groups, problems }: Leftovers): Promise<void> {
  for (const group of groups) {
    await deleteGroup(brokers, group).catch((error: unknown) => problems.push(`group ${group}: ${refusal(error)}`))
  }
  for (const topic of topics) {
    await deleteOn(brokers, [topic]).catch((error: unknown) => problems.push(`topic ${topic}: ${refusal(error)}`))
  }
}
