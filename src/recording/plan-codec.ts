import { z } from 'zod'
import { KbenchError } from '../base/errors.ts'
import type { VariantPlan } from '../contracts/plan.ts'

const text = z.string().max(10_000)
const whole = z.int().min(0)
/** Three years, and a rate that no machine reaches: what is due within is a safe integer. */
const ns = z.number().min(0).max(1e17)
const perSec = z.number().min(0).max(9e7)
/** Of a Poisson process, which is drawn in blocks up to the moment that is asked for. */
const mostDrawn = 1e11
const partitions = z.int().min(0).max(200_000)
const nullable = <T extends z.ZodType>(type: T) => type.nullable()
const scalars = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
const anything = z.record(z.string(), z.unknown())
const ms = z.number().min(0).max(1e13)

const schedule = z
  .strictObject({
    segments: nullable(
      z.array(z.strictObject({ fromNs: ns, toNs: ns, perSec: z.tuple([perSec, perSec]) })).max(5_000_000),
    ),
    count: nullable(whole),
    poisson: z.boolean(),
    seed: z.number(),
  })
  .refine(({ segments, poisson }) => !poisson || recordsOf(segments ?? []) <= mostDrawn, 'too many records')
const role = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('producer'), index: whole }),
  z.strictObject({ kind: z.literal('consumer'), group: text, member: whole }),
])
const stages = ['topic', 'fill', 'ready', 'load', 'drain', 'stop', 'audit', 'clean-up'] as const

function recordsOf(segments: readonly { fromNs: number; toNs: number; perSec: [number, number] }[]): number {
  return segments.reduce(
    (sum, { fromNs, toNs, perSec: [from, to] }) => sum + ((toNs - fromNs) / 1e9) * Math.max(from, to),
    0,
  )
}

/** A variant's plan as a recording's header holds it, with limits: the file may be anything. */
const schema = z.strictObject({
  version: z.literal(1),
  kind: z.enum(['load', 'rehearsal', 'reference']),
  id: text,
  runId: text,
  index: whole,
  client: text,
  workload: text,
  params: scalars,
  repeat: whole,
  names: z.strictObject({ topic: text, ownTopic: z.boolean(), clients: text }),
  topic: z.strictObject({
    partitions,
    replicationFactor: whole,
    config: scalars,
    stated: z
      .array(z.enum(['partitions', 'replicationFactor']))
      .max(2)
      .optional(),
  }),
  groups: z
    .array(
      z.strictObject({
        label: text,
        group: text,
        isolation: z.enum(['read_uncommitted', 'read_committed']),
        from: z
          .union([
            z.strictObject({ at: z.enum(['earliest', 'latest']) }),
            z.strictObject({ sinceMs: z.number().min(0) }),
            z.strictObject({ offsets: z.record(z.string().max(6), whole) }),
          ])
          .optional(),
        stays: z.literal(true).optional(),
      }),
    )
    .max(20_000),
  load: schedule,
  fill: nullable(
    z.strictObject({ records: whole, existing: z.boolean().optional(), byTimestamp: z.boolean().optional() }),
  ),
  record: z.strictObject({
    size: z.union([
      whole,
      z.strictObject({ uniform: z.tuple([whole, whole]) }),
      z.strictObject({ list: z.array(whole).min(1).max(100_000) }),
    ]),
    keys: z.strictObject({
      cardinality: whole,
      distribution: z.enum(['none', 'sequential', 'uniform', 'zipf']),
      exponent: z.number(),
    }),
    compressibility: z.number(),
    stampIn: z.enum(['value', 'header']),
  }),
  axis: z.strictObject({
    edges: z.array(ns).min(2).max(3_000_000),
    phases: z
      .array(z.strictObject({ name: z.enum(['warmup', 'measure', 'drain']), fromNs: ns, toNs: ns }))
      .min(1)
      .max(3),
  }),
  drainMs: ms,
  workers: z
    .array(
      z.strictObject({
        worker: whole.max(10_000),
        role,
        clientId: text,
        producer: nullable(anything),
        consumer: nullable(anything),
      }),
    )
    .max(10_000),
  producers: whole.max(10_000),
  acks: z.union([z.literal(0), z.literal(1), z.literal('all')]),
  idempotence: z.boolean(),
  faults: z
    .array(
      z.strictObject({
        use: text,
        atMs: ms,
        forMs: nullable(ms),
        everyMs: nullable(ms),
        target: z.unknown(),
        options: anything,
      }),
    )
    .max(10_000),
  samplers: z.strictObject({ lagMs: ms, brokersMs: ms, leadersMs: ms }),
  metrics: z.array(text).max(1000).optional(),
  canary: nullable(z.strictObject({ partitions: whole.max(10_000), recordsPerSec: z.number() })),
  thresholds: z.array(z.unknown()).max(10_000),
  limits: z
    .strictObject({
      recordBytes: z.number().min(0),
      recordsPerSec: z.number().min(0).optional(),
      bytes: z.strictObject({ ofRun: whole, left: z.number().min(0), records: whole.optional() }).optional(),
      foreignLag: whole.optional(),
      underReplicated: whole.optional(),
    })
    .optional(),
  audit: z.boolean(),
  deadlinesMs: z.record(z.enum(stages), ms),
  seed: z.number(),
  run: whole,
})

/** Throws `usage` with what is wrong, in one line. */
export function decodePlan(value: unknown): VariantPlan {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data as VariantPlan
  const [issue] = parsed.error.issues
  throw new KbenchError('usage', `the plan: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`)
}
