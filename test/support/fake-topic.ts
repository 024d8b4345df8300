import type {
  AuditReport,
  AuditRequest,
  AuditSession,
  ClusterAccess,
  InRecord,
  SettledRecords,
  TopicDescription,
} from '../../src/contracts/api.ts'
import { createAudit } from '../../src/judge/audit.ts'
import { createAuditBook } from '../../src/judge/audit-book.ts'
import { notAudited } from '../../src/judge/not-audited.ts'
import { judgeIntegrity } from '../../src/judge/verdict.ts'
import { testKeptBytes } from './log.ts'

/** A topic of a fake cluster: a log with or without the records themselves, and what the groups have committed. */
export interface FakeTopic {
  access: ClusterAccess
  partitions: number
  ends: number[]
  /** Records, where they are kept. */
  logs: { value: Buffer | null }[][]
  /** By group, by partition. */
  committed: Map<string, number[]>
  append(partition: number, value: Buffer | null): void
  /** Without their values. */
  grow(partition: number, records: number): void
  read(partition: number, from: number, most: number): InRecord[]
  commit(group: string, partition: number, next: number): void
  openAudit(): AuditSession
  /** Topics and groups that were removed. */
  removed: string[]
  /** How it was probed. */
  asked: { created: boolean; key: string | null; isWritten: boolean }[]
}

export interface FakeTopicOptions {
  name: string
  partitions: number
  /** What is asked about it; null = it cannot be asked. */
  actual?: Partial<TopicDescription> | null
  /** It was there before, and has so many records in every partition. */
  existed?: number
  /** What is not there when it is looked at, as a probe of a degraded cluster says. */
  offline?: readonly number[]
  brokersDown?: readonly number[]
  /** The first offset at any time that is asked for; absent = there is none so late. */
  sinceOffset?: number
  /** Called before anything is answered: throws, or waits. */
  onAsked?(what: 'create' | 'describe' | 'probe' | 'commit' | 'offsets' | 'remove' | 'audit'): Promise<void> | void
}

export function createFakeTopic(options: FakeTopicOptions): FakeTopic {
  const { name, partitions, existed = 0, onAsked = () => {} } = options
  const logs: { value: Buffer | null }[][] = Array.from({ length: partitions }, () => [])
  const ends = new Array<number>(partitions).fill(existed)
  const committed = new Map<string, number[]>()
  const removed: string[] = []
  const asked: FakeTopic['asked'] = []
  const offsets = () => new Map(ends.map((end, partition) => [partition, end]))
  const topic: FakeTopic = {
    partitions,
    ends,
    logs,
    committed,
    removed,
    asked,
    append(partition, value) {
      logs[partition]!.push({ value: value && Buffer.from(value) })
      ends[partition]!++
    },
    grow(partition, records) {
      ends[partition]! += records
    },
    read: (partition, from, most) =>
      from < existed
        ? oldRecords(name, partition, from, Math.min(most, existed - from))
        : logs[partition]!.slice(Math.max(0, from - existed), from - existed + most).map(({ value }, at) => ({
            topic: name,
            partition,
            offset: from + at,
            value,
            headers: null,
          })),
    commit(group, partition, next) {
      const mine = committed.get(group) ?? new Array<number>(partitions).fill(existed)
      committed.set(group, mine)
      mine[partition] = Math.max(mine[partition]!, next)
    },
    access: {
      async createTopic() {
        await onAsked('create')
        return existed === 0
      },
      async describeTopic() {
        await onAsked('describe')
        return options.actual === null
          ? null
          : { partitions, replicationFactor: 3, minInsyncReplicas: 1, maxMessageBytes: null, ...options.actual }
      },
      async probe(_topic, { created, record }) {
        await onAsked('probe')
        const { offline = [], brokersDown = [] } = options
        asked.push({ created, key: record?.key?.toString() ?? null, isWritten: record !== null })
        return { offline, brokersDown, probes: record === null ? 0 : partitions - offline.length }
      },
      async commitStart(group, _topic, at) {
        await onAsked('commit')
        committed.set(
          group,
          Array.from({ length: partitions }, (_, partition) => at.get(partition) ?? 0),
        )
      },
      async offsets(_topic, at, wanted) {
        await onAsked('offsets')
        const all =
          typeof at === 'object'
            ? new Map(ends.map((_, partition) => [partition, options.sinceOffset ?? -1]))
            : at === 'earliest'
              ? new Map(ends.map((_, partition) => [partition, 0]))
              : offsets()
        return new Map([...all].filter(([partition]) => wanted?.includes(partition) ?? true))
      },
      lagSampler: ({ groups, nowNs }) => ({
        async sample() {
          const of = (group: string) => committed.get(group) ?? new Array<number>(partitions).fill(existed)
          return {
            atNs: nowNs(),
            ends: ends.map((end, partition) => (options.offline?.includes(partition) ? null : end)),
            groups: Object.fromEntries(groups.map(({ group }) => [group, { committed: [...of(group)] }])),
          }
        },
        async [Symbol.asyncDispose]() {},
      }),
      async remove(own, groups) {
        await onAsked('remove')
        removed.push(...(own === null ? [] : [own]), ...groups)
        return []
      },
    },
    openAudit: () => openAudit(topic, existed, onAsked),
  }
  return topic
}

/** What somebody else wrote before. */
const oldRecords = (topic: string, partition: number, from: number, count: number): InRecord[] =>
  Array.from({ length: count }, (_, at) => ({
    ...{ topic, partition, offset: from + at, value: Buffer.alloc(100, 'old'), headers: null },
  }))

/** Compares the kept records with what the producers reported; a log of counts alone is taken at its word. */
function openAudit(topic: FakeTopic, existed: number, onAsked: (what: 'audit') => Promise<void> | void): AuditSession {
  const book = createAuditBook({ partitions: topic.partitions, chunkRecords: 4096 })
  let isKept = false
  return {
    settled(producer: number, records: SettledRecords) {
      isKept = true
      book.settle(producer, records)
    },
    backlog: () => 0,
    problem: () => null,
    async audit(request: AuditRequest): Promise<AuditReport> {
      await Promise.race([onAsked('audit'), aborted(request.signal)])
      const { redelivered } = request
      if (request.signal.aborted) return { integrity: { ...notAudited('interrupted'), redelivered }, groups: {} }
      const logRecords = topic.ends.reduce((sum, end) => sum + end - existed, 0)
      const audit = createAudit(book, { ...request, partitions: topic.partitions, keptBytes: testKeptBytes })
      for (const [partition, log] of topic.logs.entries()) {
        for (const [at, { value }] of log.entries()) audit.record(partition, existed + at, value, null)
      }
      const { examples, skipped: _, removable: __, groups, ...counts } = audit.finish(new Set())
      if (!isKept) Object.assign(counts, { audited: logRecords })
      const full = { ...counts, redelivered, logRecords }
      return { integrity: { ...full, verdict: judgeIntegrity(full, request.idempotence), reasons: examples }, groups }
    },
    async [Symbol.asyncDispose]() {},
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
