import { z } from 'zod'
import { exitCodes } from '../base/errors.ts'
import type { RunFact } from '../contracts/run-facts.ts'

/** "20261121-093312-3broker-acks-all-4f2a"; never a path. */
export const runIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

const runId = z.string().regex(runIdPattern)
const at = z
  .string()
  .max(40)
  .refine((text) => !Number.isNaN(Date.parse(text)))
const text = z.string().max(100_000)
const recording = z.int().min(0).max(10_000_000).nullable()
const session = z.int().min(1).max(100_000)
const params = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
/** Of a result: what every reader of it looks at; the rest is checked where it is used. */
const variant = z.looseObject({
  id: text,
  status: z.enum(['ok', 'invalid', 'failed', 'unsupported', 'interrupted']),
  params,
  repeat: z.int(),
  reasons: z.array(z.string()),
})
const cluster = z.looseObject({
  provider: text,
  layout: text,
  transferable: text,
  brokers: z.array(z.looseObject({ id: z.number() })),
})

const schemas: Record<RunFact['type'], z.ZodType> = {
  run: z.looseObject({
    runId,
    startedAt: at,
    profile: z.looseObject({ name: text }),
    environment: z.looseObject({}),
    layout: text,
    supervisor: z.looseObject({ pid: z.int().min(1) }),
    variants: z
      .array(z.looseObject({ id: text, client: text, params, repeat: z.int(), unsupported: text.nullable() }))
      .max(1_000_000)
      .optional(),
    findMax: z.looseObject({ sloMs: z.number(), stepMs: z.number() }).optional(),
  }),
  cluster: z.looseObject({ cluster }),
  note: z.looseObject({ text }),
  begun: z.looseObject({ id: text, session, at, recording }),
  variant: z.looseObject({
    id: text,
    session,
    at: at.optional(),
    recording: recording.optional(),
    result: variant.optional(),
    partial: variant.optional(),
    thresholds: z.array(z.looseObject({ expression: text, variant: text, ok: z.boolean() })).optional(),
  }),
  search: z.looseObject({
    index: z.int().min(0).max(100_000),
    search: z.looseObject({ steps: z.array(z.looseObject({})) }),
  }),
  error: z.looseObject({ code: z.enum(Object.keys(exitCodes) as [string, ...string[]]), message: text }),
  over: z.looseObject({ at, durationS: z.number(), interrupted: z.boolean() }),
}

export function isRunFact(value: unknown): value is RunFact {
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined
  if (typeof type !== 'string' || !Object.hasOwn(schemas, type)) return false
  return schemas[type as RunFact['type']].safeParse(value).success
}
