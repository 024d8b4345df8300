import { z } from 'zod'
import { exitCodes, KbenchError } from '../base/errors.ts'
import type { RunFact } from '../contracts/run-facts.ts'
import { issueText } from './field-schemas.ts'
import { clusterSchema, environmentSchema, searchSchema, thresholdSchema } from './result-schema.ts'
import { variantSchema } from './variant-schema.ts'

/** "20261121-093312-3broker-acks-all-4f2a"; never a path. */
const runIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

const runId = z.string().regex(runIdPattern)
const at = z
  .string()
  .max(40)
  .refine((text) => !Number.isNaN(Date.parse(text)))
const text = z.string().max(100_000)
const recording = z.int().min(0).max(10_000_000).nullable()
const session = z.int().min(1).max(100_000)
const params = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
const schemas: Record<RunFact['type'], z.ZodType> = {
  run: z.looseObject({
    runId,
    startedAt: at,
    profile: z.looseObject({ name: text, cluster: z.looseObject({ provider: text, layout: text }) }),
    environment: environmentSchema,
    layout: text,
    supervisor: z.looseObject({ pid: z.int().min(1) }),
    variants: z
      .array(z.looseObject({ id: text, client: text, params, repeat: z.int(), unsupported: text.nullable() }))
      .max(1_000_000)
      .optional(),
    findMax: z.looseObject({ sloMs: z.number(), stepMs: z.number() }).optional(),
  }),
  cluster: z.looseObject({ cluster: clusterSchema }),
  note: z.looseObject({ text }),
  begun: z.looseObject({ id: text, session, at, recording }),
  variant: z.looseObject({
    id: text,
    session,
    at: at.optional(),
    recording: recording.optional(),
    result: variantSchema.optional(),
    partial: variantSchema.optional(),
    thresholds: z.array(thresholdSchema).optional(),
  }),
  search: z.looseObject({
    index: z.int().min(0).max(100_000),
    search: searchSchema,
  }),
  error: z.looseObject({ code: z.enum(Object.keys(exitCodes) as [string, ...string[]]), message: text }),
  over: z.looseObject({ at, durationS: z.number(), interrupted: z.boolean() }),
}

/** Throws `usage` with what is wrong, in one line. */
export function runFactOf(value: unknown): RunFact {
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined
  if (typeof type !== 'string' || !Object.hasOwn(schemas, type)) {
    throw new KbenchError('usage', `unknown fact ${JSON.stringify(type ?? null).slice(0, 60)}`)
  }
  const parsed = schemas[type as RunFact['type']].safeParse(value)
  if (parsed.success) return value as RunFact
  throw new KbenchError('usage', `${type}: ${issueText(parsed.error)}`)
}
