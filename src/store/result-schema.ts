import { z } from 'zod'
import { findingLevels } from '../contracts/findings.ts'

// The shape of a result (contracts/result.ts) as every kbench has written it: what came later is optional, and what is not named here passes.

const text = z.string()
const figure = z.number().nullable()
const maybe = <T extends z.ZodType>(type: T) => type.nullable()
const numbersOf = <N extends string>(type: z.ZodType, ...names: N[]) =>
  Object.fromEntries(names.map((name) => [name, type])) as Record<N, z.ZodType>
const scalar = z.union([z.string(), z.number(), z.boolean()])
const params = z.record(text, scalar)
const anything = z.record(text, z.unknown())
const status = z.enum(['ok', 'invalid', 'failed', 'interrupted'])
const table = z.looseObject({ columns: z.record(text, z.array(figure)) })

const latency = z.looseObject({
  ...numbersOf(z.number(), 'count', 'notAcked', 'overflow'),
  ...numbersOf(figure, 'min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'p9999', 'max'),
  histogram: text,
})
const finding = z.looseObject({
  code: text,
  level: z.enum([...new Set(Object.values(findingLevels))]),
  text,
})
const faultPartition = z.looseObject({
  topic: text,
  id: z.int(),
  ...numbersOf(figure, 'leaderBefore', 'leaderAfter', 'unavailableMs', 'clientGapMs', 'resolutionMs', 'electionMs'),
  ...numbersOf(figure, 'isrRestoredS'),
  recovered: z.boolean(),
})
const fault = z.looseObject({
  ...numbersOf(text, 'use', 'target', 'detail'),
  injectedAtS: z.number(),
  ...numbersOf(figure, 'verifiedAtS', 'healedAtS'),
  drainS: z.record(text, figure),
  partitions: z.array(faultPartition),
})

export const variantSchema = z.looseObject({
  id: text,
  status: z.enum([...status.options, 'unsupported']),
  reasons: z.array(text),
  findings: z.array(finding).optional(),
  bound: maybe(z.looseObject({})).optional(),
  params,
  repeat: z.int(),
  session: z.int().optional(),
  phases: z.array(z.looseObject({ name: text, startS: z.number(), endS: z.number() })),
  effectiveConfig: z.looseObject({ producer: maybe(anything), consumer: maybe(anything) }),
  ledger: z.looseObject(numbersOf(z.number(), 'scheduled', 'acked', 'failed', 'unknown', 'unsent')),
  integrity: z.looseObject({
    ...numbersOf(z.number(), 'audited', 'lost', 'duplicated', 'reordered', 'redelivered', 'corrupt', 'failedButRead'),
    ...numbersOf(z.number(), 'unknownRead', 'logRecords'),
    verdict: z.enum(['ok', 'violated', 'not-audited']),
    reasons: z.array(text),
  }),
  produce: z.looseObject({
    ...numbersOf(z.number(), 'sentPerSec', 'ackedPerSec', 'ackedBytesPerSec'),
    ...numbersOf(figure, 'offeredPerSec', 'recordsPerBatch'),
    ...numbersOf(maybe(latency), 'responseUs', 'serviceUs'),
    errors: z.record(text, z.number()),
  }),
  consume: maybe(
    z.looseObject({ ...numbersOf(z.number(), 'receivedPerSec', 'receivedBytesPerSec'), endToEndUs: maybe(latency) }),
  ),
  lag: z.record(
    text,
    z.looseObject(
      numbersOf(figure, 'maxRecords', 'p99Records', 'endRecords', 'positionMaxRecords', 'maxSeconds', 'drainS'),
    ),
  ),
  generator: z.looseObject({
    ...numbersOf(latency, 'scheduleLagUs', 'backpressureUs', 'eventLoopDelayUs'),
    ...numbersOf(figure, 'cpuPercent', 'rssBytes'),
    valid: z.boolean(),
    reasons: z.array(text),
  }),
  brokers: maybe(z.array(z.looseObject({ id: z.int(), ...numbersOf(figure, 'cpuPercent', 'rssBytes') }))),
  faults: z.array(fault),
  rebalances: z.array(z.looseObject({ group: text, member: z.number(), atS: z.number(), pauseMs: figure })),
  events: z.array(z.looseObject({ atS: z.number(), kind: text, detail: text })),
  series: table.extend({ tickS: z.array(z.number()) }),
  timelines: z.record(text, table.extend({ atS: z.array(z.number()) })),
  heat: z.looseObject({ atS: z.array(z.number()), histograms: z.array(text) }),
})

export const environmentSchema = z.looseObject({
  ...numbersOf(text, 'kbench', 'node', 'os', 'cpu'),
  ...numbersOf(z.number(), 'cpus', 'memoryBytes'),
  clients: z.record(text, text),
})

export const clusterSchema = z.looseObject({
  ...numbersOf(text, 'provider', 'layout', 'transferable'),
  kafkaVersion: maybe(text),
  brokers: z.array(z.looseObject({ id: z.int(), host: text, port: z.int() })),
})

export const thresholdSchema = z.looseObject({
  ...numbersOf(text, 'expression', 'variant'),
  value: figure,
  ok: z.boolean(),
})

export const resultSchema = z.looseObject({
  schemaVersion: z.literal(1),
  runId: text,
  name: text,
  definitions: z.int().min(1).optional(),
  startedAt: text,
  durationS: z.number(),
  status,
  exitCode: z.int(),
  exitCodes: z.array(z.int()),
  profile: anything,
  environment: environmentSchema,
  cluster: clusterSchema,
  variants: z.array(variantSchema),
  thresholds: z.array(thresholdSchema),
  notes: z.array(text),
  sessions: z
    .array(
      z.looseObject({
        session: z.int(),
        startedAt: text,
        durationS: z.number(),
        environment: environmentSchema,
        cluster: maybe(clusterSchema),
      }),
    )
    .optional(),
  findMax: z.looseObject({ searches: z.array(z.looseObject({})) }).optional(),
})

/** "variants.0.ledger.acked: Invalid input: expected number, received string": the first of all that is wrong. */
export function issueText({ issues }: z.ZodError): string {
  const [issue] = issues
  return `${issue?.path.map(String).join('.').slice(0, 200) ?? ''}: ${issue?.message.slice(0, 200) ?? 'not valid'}`
}
