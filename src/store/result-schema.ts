import { z } from 'zod'
import { schemaVersion, variantsAtMost } from '../contracts/result.ts'
import { count, each, figure, listOf, mapOf, maybe, name, quantity, scalar, seconds, text } from './field-schemas.ts'
import { storedProfile } from './stored-profile.ts'
import { params, statuses, variantSchema } from './variant-schema.ts'

// The shape of a result (contracts/result.ts) as every kbench has written it: what came later is optional, and what is not named here passes
// and is read by nobody.

export const environmentSchema = z.looseObject({
  ...each(text, 'kbench', 'node', 'os', 'cpu'),
  ...each(quantity, 'cpus', 'memoryBytes'),
  clients: mapOf(text),
})

export const clusterSchema = z.looseObject({
  ...each(text, 'provider', 'layout', 'transferable'),
  kafkaVersion: maybe(text),
  brokerOptions: mapOf(scalar).optional(),
  brokers: listOf(z.looseObject({ id: z.int(), host: name, port: z.int() })),
})

export const thresholdSchema = z.looseObject({
  ...each(text, 'expression', 'variant'),
  value: figure,
  ok: z.boolean(),
  ...each(quantity.optional(), 'windowS', 'windows', 'windowsMissed', 'atS', 'worstAtS'),
  aborted: z.literal(true).optional(),
})

const verdict = z.enum([
  ...([
    'SUSTAINED',
    'SLO_LATENCY',
    'LAG_GROWTH',
    'UNDER_SEND',
    'ERRORS',
    'THROTTLED',
    'CLIENT_BOUND',
    'INCONCLUSIVE',
  ] as const),
])
export const searchSchema = z.looseObject({
  params,
  verdict,
  ...each(figure, 'confirmedPerSec', 'confirmedWireBytesPerSec', 'ceilingPerSec'),
  reasons: listOf(text),
  steps: listOf(
    z.looseObject({
      variant: name,
      kind: z.enum(['double', 'halve', 'bisect', 'confirm']),
      ratePerSec: quantity,
      attempt: count,
      verdict,
      failed: listOf(verdict, 100),
      ackedShare: quantity,
      ...each(figure, 'responseP99Us', 'lagSlopePerSec', 'throttleMs', 'wireBytesPerSec'),
    }),
  ),
})
const interval = z.looseObject(each(quantity, 'value', 'low', 'high'))
const surface = z.looseObject({
  over: name,
  fits: listOf(
    z.looseObject({
      params,
      points: listOf(z.looseObject(each(quantity, 'n', 'perSec'))),
      usl: maybe(z.looseObject({ ...each(interval, 'lambda', 'sigma', 'kappa'), peakN: maybe(interval) })),
      reason: maybe(text),
    }),
  ),
})

export const resultSchema = z.looseObject({
  schemaVersion: z.literal(schemaVersion),
  runId: name,
  name,
  definitions: z.int().min(1).max(1000).optional(),
  startedAt: z
    .string()
    .max(40)
    .refine((at) => !Number.isNaN(Date.parse(at)), 'expected a time'),
  durationS: seconds,
  status: statuses,
  exitCode: z.int(),
  exitCodes: listOf(z.int()),
  profile: storedProfile,
  environment: environmentSchema,
  cluster: clusterSchema,
  variants: listOf(variantSchema, variantsAtMost),
  thresholds: listOf(thresholdSchema, 100 * variantsAtMost),
  notes: listOf(text, 10_000),
  sessions: listOf(
    z.looseObject({
      session: z.int(),
      startedAt: text,
      durationS: seconds,
      environment: environmentSchema,
      cluster: maybe(clusterSchema),
    }),
  ).optional(),
  findMax: z
    .looseObject({
      ...each(quantity, 'sloUs', 'stepS'),
      searches: listOf(searchSchema),
      surface: surface.optional(),
    })
    .optional(),
})
