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
  execute: boolean
}

/** Records that come in within this mean that somebody writes, ms. */
const watchMs = 2000

/**
 * Finds what runs of kbench have left on a cluster, by the names that they give (prefix, run id, position), and removes it where `execute` says
 * so: a topic or group of any other name is never touched. A run that still goes on keeps what it has. Also `silent`: brokers that do not
 * answer, whose groups are not known.
 */
export async function cleanCluster(
  network: Network,
  { prefixes, runs, execute }: CleanRequest,
): Promise<{ found: Leftovers[]; silent: number[] }> {
  return operate(network, async (session) => {
    const runOf = namesOfRuns(prefixes, runs)
    const { groups, silent } = await listGroups(session.brokers)
    const topics = (await session.topicNames()).sort()
    const found = new Map<string, Leftovers>()
    const add = (name: string, kind: 'topics' | 'groups') => {
      const runId = runOf(name, kind)
      if (runId === null) return
      const mine = found.get(runId) ?? { runId, topics: [], groups: [], inUse: null, problems: [] }
      mine[kind].push(name)
      found.set(runId, mine)
    }
    for (const name of topics) add(name, 'topics')
    for (const { group } of groups) add(group, 'groups')
    const all = [...found.values()]
    const moving = await written(
      network,
      all.flatMap((each) => each.topics),
    )
    for (const each of all) each.inUse = await useOf(session, each, runs, moving)
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

/** Topics whose end moves. */
async function written(network: Network, topics: readonly string[]): Promise<Set<string>> {
  if (topics.length === 0) return new Set()
  const look = () =>
    Promise.all(topics.map((topic) => topicOffsets(network, topic, 'written').catch(() => new Map<number, number>())))
  const before = await look()
  await delay(watchMs)
  const after = await look()
  return new Set(
    topics.filter((_, at) => [...after[at]!].some(([partition, end]) => (before[at]!.get(partition) ?? end) !== end)),
  )
}

async function useOf(
  { brokers }: Session,
  { runId, topics, groups }: Leftovers,
  runs: readonly KnownRun[],
  moving: ReadonlySet<string>,
): Promise<string | null> {
  if (runs.some((run) => run.runId === runId && run.isAlive)) return 'its kbench is at work on this machine'
  const topic = topics.find((each) => moving.has(each))
  if (topic !== undefined) return `topic ${topic} is being written to`
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
