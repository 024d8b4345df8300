import { z } from 'zod'
import type { PluginKind } from '../contracts/kinds.ts'

const method = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'expected a function')
const schema = z.custom(
  (value) => typeof value === 'object' && value !== null && '_zod' in value && 'safeParse' in value,
  'expected a schema of zod 4',
)
const summary = z.string('expected text').regex(/^[^\n]{11,120}$/, 'expected one line of 11 to 120 characters')
const texts = z.array(z.string('expected text'), 'expected a list of texts')
const flag = z.boolean('expected true or false')

/** The least that each kind of plugin has to have: what TypeScript checks inside of kbench, and nobody in a file from elsewhere. */
const shapes = {
  clusters: z.looseObject({
    ...{ summary, options: schema, available: method, provision: method },
    transferable: z.string('expected text'),
  }),
  drivers: z.looseObject({
    ...{ summary, options: schema, unsupported: method, producer: method, consumer: method },
    isolation: z.enum(['thread', 'process'], 'expected thread or process'),
    package: z.string('expected the name of an npm package').optional(),
    install: z.string('expected text').optional(),
    ...{ ownThreads: flag.optional(), copiesValues: flag.optional(), showsThrottle: flag.optional() },
    inspect: method.optional(),
  }),
  faults: z.looseObject({
    ...{ summary, options: schema, refused: method, inject: method },
    on: z.enum(['broker', 'topic', 'consumer', 'producer'], 'expected broker, topic, consumer or producer'),
    target: z.union([z.string(), z.looseObject({})], 'expected a target or null').nullable(),
    ...{ needs: texts, features: texts },
  }),
  references: z.looseObject({ summary, unsupported: method, run: method }),
  reports: z.looseObject({ summary, render: method }),
  shapes: z.looseObject({ summary, options: schema, compile: method, problems: method.optional() }),
  workloads: z.looseObject({ summary, prefill: flag, roles: method, run: method }),
} satisfies Record<PluginKind, z.ZodType>

/** What of these the value lacks: "isolation: expected thread or process". */
export function contractProblems(kind: PluginKind, plugin: unknown): string[] {
  return problemsOf(shapes[kind], plugin)
}

const disposable = { [Symbol.asyncDispose]: method }
const settings = z.record(z.string(), z.unknown(), 'expected an object')
const producer = z.looseObject({ effectiveConfig: settings, recordsPerBatch: method, send: method })
const consumer = z.looseObject({ effectiveConfig: settings, run: method })

/** The same of what a driver's `producer` and `consumer` resolve with. */
export function clientProblems(of: 'producer' | 'consumer', client: unknown): string[] {
  const problems = problemsOf(of === 'producer' ? producer : consumer, client)
  // A symbol is no key of a schema.
  const isGiven = typeof client === 'object' && client !== null
  const disposes =
    isGiven && disposable[Symbol.asyncDispose].safeParse(Reflect.get(client, Symbol.asyncDispose)).success
  return isGiven && !disposes ? [...problems, '[Symbol.asyncDispose]: expected a function'] : problems
}

function problemsOf(of: z.ZodType, value: unknown): string[] {
  const { error } = of.safeParse(value)
  return (error?.issues ?? []).map(({ path, message }) =>
    path.length === 0 ? 'it is no object' : `${path.join('.')}: ${message}`,
  )
}
