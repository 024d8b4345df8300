import { z } from 'zod'
import type { BoundBy } from '../contracts/findings.ts'
import { type ComparedRun, isBadStatus } from './compared-run.ts'
import { settingsOf } from './run-settings.ts'
import { acksOf, needsAcks } from './used-settings.ts'

// A baseline is what comparing needs of a run and nothing else: a few KiB that a repository can commit.

const baselineVersion = 1

const bounds = [
  'schedule',
  'client-cpu',
  'broker-cpu',
  'request-handlers',
  'host-cpu',
  'disk',
  'network',
  'quota',
  'in-flight',
  'unknown',
] as const satisfies BoundBy[]

const number = z.union([z.number(), z.literal('beyond')])
const schema = z.strictObject({
  kind: z.literal('kbench-baseline'),
  schemaVersion: z.literal(baselineVersion),
  runId: z.string(),
  name: z.string(),
  startedAt: z.string(),
  /** Absent = 1. */
  definitions: z.number().optional(),
  /** SHA-256 of the settings without the environment, to distinguish baselines at a glance. */
  profileDigest: z.string(),
  environment: z.object({
    kbench: z.string(),
    node: z.string(),
    os: z.string(),
    cpu: z.string(),
    cpus: z.number(),
    memoryBytes: z.number(),
    clients: z.record(z.string(), z.string()),
  }),
  settings: z.record(z.string(), z.string()),
  variants: z.array(
    z.strictObject({
      id: z.string(),
      status: z.enum(['ok', 'invalid', 'failed', 'unsupported', 'interrupted']),
      reasons: z.array(z.string()),
      /** Absent = as its status says. */
      isBad: z.boolean().optional(),
      bound: z.array(z.enum(bounds)).nullable().optional(),
      params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      repeat: z.number(),
      values: z.record(z.string(), number),
    }),
  ),
})

export type Baseline = z.infer<typeof schema>

/** A run as a baseline; `digest` makes a short name of a text. */
export function toBaseline(run: ComparedRun, digest: (text: string) => string): Baseline {
  const { runId, name, startedAt, definitions, environment, settings } = run
  const asked = Object.entries(settings).filter(([key]) => !key.startsWith('environment.'))
  return {
    kind: 'kbench-baseline',
    schemaVersion: baselineVersion,
    runId,
    name,
    startedAt,
    definitions,
    profileDigest: digest(JSON.stringify(asked.sort(([a], [b]) => (a < b ? -1 : 1)))),
    environment,
    settings,
    variants: run.variants.map(({ id, status, reasons, isBad, bound, params, repeat, values }) => ({
      id,
      status,
      reasons,
      isBad,
      bound,
      params,
      repeat,
      values: Object.fromEntries(
        Object.entries(values).map(([path, value]) => [path, Number.isFinite(value) ? value : ('beyond' as const)]),
      ),
    })),
  }
}

/** Whether a parsed file claims to be a baseline, of any version. */
export const isBaseline = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'kbench-baseline'

/** The run in a baseline, or what is wrong with it in words. */
export function fromBaseline(value: unknown, label: string): ComparedRun | string {
  const parsed = schema.safeParse(value)
  if (!parsed.success) return z.prettifyError(parsed.error).replaceAll('\n', ' ')
  const { runId, name, startedAt, definitions = 1, environment, settings, variants } = parsed.data
  return {
    label,
    runId,
    name,
    startedAt,
    definitions,
    environment,
    settings,
    variants: variants.map((variant) => {
      const { params, status, isBad = isBadStatus(status), bound = null } = variant
      // kbench 0.1 kept numbers that mean nothing with acks 0.
      const effectiveConfig = { producer: null, consumer: null }
      const isUnacked = acksOf({ params, effectiveConfig }, settingsOf(settings, params)) === '0'
      const values = Object.entries(variant.values).filter(([path]) => !(isUnacked && needsAcks(path)))
      return {
        ...variant,
        isBad,
        bound,
        values: Object.fromEntries(
          values.map(([path, one]) => [path, one === 'beyond' ? Number.POSITIVE_INFINITY : one]),
        ),
        full: null,
      }
    }),
  }
}
