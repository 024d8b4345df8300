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
}

export interface FakeTopicOptions {
  name: string
  partitions: number
  /** What is asked about it; null = it cannot be asked. */
  actual?: Partial<TopicDescription> | null
  /** It was there before, and has so many records in every partition. */
  existed?: number
  /** Called before anything is answered: throws, or waits. */
  onAsked?(what: 'create' | 'describe' | 'offsets' | 'remove' | 'audit'): Promise<void> | void
}

export function createFakeTopic(options: FakeTopicOptions): FakeTopic {
  const { name, partitions, existed = 0, onAsked = () => {} } = options
  const logs: { value: Buffer | null }[][] = Array.from({ length: partitions }, () => [])
  const ends = new Array<number>(partitions).fill(existed)
  const committed = new Map<string, number[]>()
  const removed: string[] = []
  const offsets = () => new Map(ends.map((end, partition) => [partition, end]))
  const topic: FakeTopic = {
    partitions,
    ends,
    logs,
    committed,
    removed,
    append(partition, value) {
      logs[partition]!.push({ value: value && Buffer.from(value) })
      ends[partition]!++
    },
    grow(partition, records) {
      ends[partition]! += records
    },
    read: (partition, from, most) =>
      logs[partition]!.slice(Math.max(0, from - existed), from - existed + most).map(({ value }, at) => ({
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
      async offsets() {
        await onAsked('offsets')
        return offsets()
      },
      lagSampler: ({ groups, nowNs }) => ({
        async sample() {
          const of = (group: string) => committed.get(group) ?? new Array<number>(partitions).fill(existed)
          return {
            atNs: nowNs(),
            ends: [...ends],
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
      const { examples, skipped: _, groups, ...counts } = audit.finish(new Set())
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
