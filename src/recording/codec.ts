import { z } from 'zod'
import { KbenchError, messageOf } from '../base/errors.ts'
import { withoutSecrets } from '../base/secrets.ts'
import type { Fact } from '../contracts/facts.ts'
import { countsLength } from './counts.ts'
import { decodeDoubles, decodePairs, decodeVarints, encodeDoubles, encodePairs, encodeVarints } from './varints.ts'

/**
 * The one codec of facts. A fact is a line of JSON; arrays of numbers are base64 in it (recording/varints.ts). What is decoded is checked
 * against a schema with limits: a recording may be torn or hostile. `decodeFact(encodeFact(fact))` is the fact.
 */
export const recordingVersion = 1

const mostText = 10_000
const mostPartitions = 200_000
const mostWorkers = 10_000

const ns = z.number().refine(Number.isFinite)
const whole = z.int().min(0)
const nullable = <T extends z.ZodType>(type: T) => type.nullable()
const figure = nullable(z.number())
const text = z.string().max(mostText)
const worker = z.int().min(0).max(mostWorkers)
const partition = z.int().min(0).max(mostPartitions)
const offsets = z.array(nullable(z.number())).max(mostPartitions)

const base64 = <T>(decode: (text: string) => T, isGood: (value: T) => boolean = () => true) =>
  z.base64().transform((value, context) => {
    try {
      const decoded = decode(value)
      if (isGood(decoded)) return decoded
      context.addIssue({ code: 'custom', message: 'out of range' })
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) })
    }
    return z.NEVER
  })
const doubles = base64(decodeDoubles)
const numbers = base64((value) => Float64Array.from(decodeVarints(value)))
const pairs = base64(decodePairs, (decoded) =>
  decoded.every((value, at) => at % 2 === 1 || (value < countsLength && (at === 0 || value > decoded[at - 2]!))),
)

const counts = z
  .strictObject({
    pairs,
    total: whole,
    sumUs: whole,
    minUs: nullable(whole),
    maxUs: whole,
    overflow: whole,
    negative: whole,
  })
  .transform(({ minUs, ...rest }) => ({ ...rest, minUs: minUs ?? Number.POSITIVE_INFINITY }))
  .refine(({ pairs: all, total }) => all.reduce((sum, value, at) => (at % 2 === 1 ? sum + value : sum), 0) === total)
const latencyName = z.enum(['response', 'service', 'endToEnd', 'scheduleLag', 'backpressure', 'eventLoopDelay'])
const events = z.strictObject({
  sent: whole,
  acked: whole,
  ackedBytes: whole,
  failed: whole,
  unknown: whole,
  received: whole,
  receivedBytes: whole,
  toOffline: whole.optional(),
})
const cell = z.strictObject({
  interval: z.int().min(0).max(1e7),
  events,
  latencies: z.partialRecord(latencyName, counts),
})
const range = z.strictObject({ topic: text, partition, from: whole, to: whole }).refine(({ from, to }) => from <= to)
const handed = z
  .strictObject({ partition, offsets: numbers, dueNs: doubles, atNs: doubles })
  .refine((each) => each.offsets.length === each.dueNs.length && each.dueNs.length === each.atNs.length)
const sum = z.strictObject({ sum: z.number().min(0), count: whole }).optional()
const errorCounts = z.record(z.string().max(200), whole)
const silence = z.strictObject({ gaps: doubles, firstDues: doubles, lastAcks: doubles, longestNs: doubles })
const scalarRecord = z.record(z.string(), z.unknown())

const state = z.strictObject({
  partition,
  leader: z.int(),
  leaderEpoch: z.int(),
  isr: z.array(z.int()).max(1000),
  replicas: z.array(z.int()).max(1000),
})
const role = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('producer'), index: whole }),
  z.strictObject({ kind: z.literal('consumer'), group: text, member: whole }),
])
const spec = z.strictObject({
  worker,
  role,
  clientId: text,
  producer: nullable(scalarRecord),
  consumer: nullable(scalarRecord),
})
const report = z.strictObject({
  sent: whole,
  lastSentNs: figure,
  effectiveConfig: scalarRecord,
  recordsPerBatch: figure,
})
const broker = z.int()
const integrity = z.strictObject({
  audited: whole,
  auditedMeasure: whole,
  lost: whole,
  duplicated: whole,
  reordered: whole,
  redelivered: whole,
  corrupt: whole,
  failedButRead: whole,
  unknownRead: whole,
  logRecords: z.number(),
  verdict: z.enum(['ok', 'violated', 'not-audited']),
  reasons: z.array(text).max(1000),
})
const findingField = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string()), z.array(z.number())])
const finding = z.looseObject({ code: z.string().max(100), level: z.string().max(20) }).catchall(findingField)

const fact = <N extends string, S extends z.core.$ZodLooseShape>(name: N, shape: S) =>
  z.strictObject({ fact: z.literal(name), atNs: ns, ...shape })
const workerFact = <S extends z.core.$ZodLooseShape>(is: z.ZodType<string>, shape: S) =>
  fact('worker', { worker, is, ...shape })
const faultFact = <S extends z.core.$ZodLooseShape>(is: z.ZodType<string>, shape: S) =>
  fact('fault', { occurrence: whole, is, ...shape })
const usageFact = <S extends z.core.$ZodLooseShape>(of: string, shape: S) =>
  fact('usage', { of: z.literal(of), ...shape })

/** By name; of those with several shapes, one of which has to fit. */
const schemas: Record<Fact['fact'], z.ZodType> = {
  topic: fact('topic', {
    name: text,
    partitions: z.int().min(0).max(mostPartitions),
    replicationFactor: figure,
    minInsyncReplicas: figure,
    maxMessageBytes: figure,
    created: z.boolean(),
    firstOffsets: offsets,
    differs: z.array(z.strictObject({ what: text, planned: text, actual: text })).max(1000),
    starts: z.record(z.string(), offsets).optional(),
    retentionMs: z.number().min(0).optional(),
    lacking: z
      .array(z.strictObject({ operation: text, resource: text, without: text }))
      .max(1000)
      .optional(),
    compacted: z.boolean().optional(),
    offline: z.array(partition).max(mostPartitions).optional(),
    brokersDown: z.array(z.int()).max(10_000).optional(),
    probes: whole.optional(),
  }),
  filled: fact('filled', { scheduled: whole, acked: whole, failed: whole, unknown: whole, errors: errorCounts }),
  started: fact('started', { startNs: ns, wallMs: z.number() }),
  worker: z.union([
    workerFact(z.literal('joined'), { spec }),
    workerFact(z.enum(['ready', 'paused', 'resumed', 'killed', 'left']), {}),
    workerFact(z.literal('assigned'), { partitions: whole }),
    workerFact(z.literal('done'), { report }),
    workerFact(z.literal('lost'), { reason: text, hint: nullable(text), silentS: figure }),
  ]),
  frame: fact('frame', {
    worker,
    cells: z.array(cell).max(100_000),
    errors: errorCounts,
    inFlight: whole,
    silence: nullable(silence),
    delivered: z.array(range).max(1_000_000),
    handedOver: z.array(handed).max(mostPartitions),
    receivedNs: nullable(z.strictObject({ first: ns, last: ns })),
    utilisation: z.number().min(0),
    gcMs: z.number().min(0),
    gcMaxMs: z.number().min(0),
    throttle: z.strictObject({ responses: whole, sumMs: z.number().min(0), maxMs: z.number().min(0) }).optional(),
    tally: z
      .strictObject({
        ...{ queueUs: sum, sendUs: sum, roundTripUs: sum, batch: sum },
        ...{ requests: whole.optional(), sentBytes: whole.optional(), receivedBytes: whole.optional() },
      })
      .optional(),
  }),
  lag: fact('lag', {
    ends: offsets,
    groups: z.record(z.string(), z.strictObject({ committed: offsets, positions: offsets })),
  }),
  usage: z.union([
    usageFact('host', { host: whole, cpuMs: z.number(), rssBytes: z.number() }),
    usageFact('broker', {
      broker,
      cpuMs: figure,
      rssBytes: figure,
      diskBytes: figure,
      networkInBytes: figure,
      networkOutBytes: figure,
      cores: figure,
    }),
    usageFact('machine', {
      busyMs: figure,
      totalMs: figure,
      cpuStallMs: figure,
      ioStallMs: figure,
      diskBusyMs: nullable(z.record(z.string(), z.number())),
      networkBytes: nullable(z.record(z.string(), z.number())),
      linkBytesPerSec: nullable(z.record(z.string(), z.number())),
    }),
  ]),
  quota: fact('quota', { broker, produceMs: figure, fetchMs: figure, requestMs: figure, produceBytes: figure }),
  metrics: fact('metrics', { broker, handlerIdle: figure, bytesIn: figure, bytesOut: figure, underReplicated: figure }),
  scrape: fact('scrape', { endpoint: text, problem: nullable(text) }),
  guard: fact('guard', {
    foreign: nullable(z.strictObject({ group: nullable(text), lag: z.number(), risen: z.number() })),
    underReplicated: figure,
    problem: nullable(text),
  }),
  leaders: fact('leaders', { initial: z.boolean(), states: z.array(state).max(mostPartitions) }),
  canary: fact('canary', { acks: doubles }),
  'canary-stopped': fact('canary-stopped', { problem: nullable(text) }),
  fault: z.union([
    faultFact(z.literal('begun'), { use: text }),
    faultFact(z.literal('injected'), {
      target: text,
      brokers: z.array(broker).max(10_000),
      workers: z.array(worker).max(mostWorkers),
      detail: text,
    }),
    faultFact(z.literal('verified'), { evidence: text.optional() }),
    faultFact(z.literal('healed'), {}),
    faultFact(z.literal('failed'), {
      problem: z.enum(['not-injected', 'not-verified', 'not-healed']),
      target: text,
      detail: text,
    }),
  ]),
  rebalance: fact('rebalance', { worker, pauseMs: figure, partitionsMoved: whole }),
  event: fact('event', {
    kind: text,
    detail: text,
    worker: worker.optional(),
    partition: partition.optional(),
    broker: broker.optional(),
  }),
  'load-ended': fact('load-ended', {
    loadEndNs: z.number().min(0),
    by: z.enum(['plan', 'count', 'threshold', 'limit', 'interrupt']),
    why: nullable(finding),
  }),
  audited: fact('audited', {
    integrity,
    groups: z.record(z.string(), z.strictObject({ received: whole, notReceived: whole })),
  }),
  reference: fact('reference', { result: z.looseObject({ tool: text }), durationS: z.number() }),
  over: fact('over', {}),
}

/** Facts with texts of clients, brokers and commands, which may repeat a secret. What a worker reports was cleaned by itself. */
const hasText: ReadonlySet<Fact['fact']> = new Set<Fact['fact']>([
  ...(['event', 'fault', 'canary-stopped', 'scrape', 'guard', 'audited', 'reference'] as const),
])

/** One line, without its end. */
export function encodeFact(fact: Fact): string {
  return JSON.stringify(encoded(hasText.has(fact.fact) ? withoutSecrets(fact) : fact))
}

function encoded(fact: Fact): unknown {
  if (fact.fact === 'canary') return { ...fact, acks: encodeDoubles(fact.acks) }
  if (fact.fact !== 'frame') return fact
  return {
    ...fact,
    cells: fact.cells.map((each) => ({
      ...each,
      latencies: Object.fromEntries(
        Object.entries(each.latencies).map(([name, latency]) => [
          name,
          {
            ...latency,
            pairs: encodePairs(latency.pairs),
            minUs: Number.isFinite(latency.minUs) ? latency.minUs : null,
          },
        ]),
      ),
    })),
    silence: fact.silence && {
      gaps: encodeDoubles(fact.silence.gaps),
      firstDues: encodeDoubles(fact.silence.firstDues),
      lastAcks: encodeDoubles(fact.silence.lastAcks),
      longestNs: encodeDoubles(fact.silence.longestNs),
    },
    handedOver: fact.handedOver.map((each) => ({
      partition: each.partition,
      offsets: encodeVarints(each.offsets),
      dueNs: encodeDoubles(each.dueNs),
      atNs: encodeDoubles(each.atNs),
    })),
  }
}

/** Throws `usage` with what is wrong, in one line. */
export function decodeFact(line: string): Fact {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new KbenchError('usage', `not JSON: ${messageOf(cause)}`, { cause })
  }
  const name = typeof value === 'object' && value !== null ? (value as { fact?: unknown }).fact : undefined
  const schema = typeof name === 'string' && Object.hasOwn(schemas, name) ? schemas[name as Fact['fact']] : null
  if (!schema) throw new KbenchError('usage', `unknown fact ${JSON.stringify(name ?? null)?.slice(0, 60)}`)
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data as Fact
  const [issue] = parsed.error.issues
  throw new KbenchError(
    'usage',
    `fact ${String(name)}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`,
  )
}
