import { z } from 'zod'
import { KbenchError } from '../base/errors.ts'
import { escapeControls } from '../base/printable.ts'
import { suggestion } from '../base/suggest.ts'
import { type Path, pathText } from '../profile/paths.ts'
import { readSource } from '../profile/source.ts'

// What OpenMessaging Benchmark reads: benchmark-framework/.../Workload.java and driver-kafka/.../Config.java of github.com/openmessaging/benchmark.

const keyDistributors = ['NO_KEY', 'KEY_ROUND_ROBIN', 'RANDOM_NANO'] as const
const count = () => z.int('expected a whole number').min(0, 'expected 0 or more')
const share = () => z.number('expected a number').min(0, 'expected 0 to 1').max(1, 'expected 0 to 1')

export const workloadSchema = z.object({
  name: z.string().default(''),
  topics: count().default(0),
  partitionsPerTopic: count().default(0),
  keyDistributor: z.enum(keyDistributors, `expected ${keyDistributors.join(', ')}`).default('NO_KEY'),
  messageSize: count().default(0),
  useRandomizedPayloads: z.boolean('expected true or false').default(false),
  randomBytesRatio: share().default(0),
  randomizedPayloadPoolSize: count().default(0),
  payloadFile: z.string().nullable().default(null),
  subscriptionsPerTopic: count().default(0),
  producersPerTopic: count().default(0),
  consumerPerSubscription: count().default(0),
  producerRate: count().default(0),
  consumerBacklogSizeGB: count().default(0),
  backlogDrainRatio: share().default(1),
  testDurationMinutes: count().default(0),
  warmupDurationMinutes: count().default(1),
})

export const driverSchema = z.object({
  name: z.string().default('Kafka'),
  driverClass: z.string().default(''),
  replicationFactor: count().default(1),
  topicConfig: z.string().default(''),
  commonConfig: z.string().default(''),
  producerConfig: z.string().default(''),
  consumerConfig: z.string().default(''),
})

export type Workload = z.infer<typeof workloadSchema>
export type DriverConfig = z.infer<typeof driverSchema>

/** A file of OMB's as data. `unknown`: keys that OMB passes over, each with the one that was meant, if any. */
export interface Read<T> {
  value: T
  unknown: string[]
  /** "w.yaml:12:9 topics", for messages about a key. */
  at(key: keyof T & string): string
}

/** Throws `usage`: one line for each thing that is wrong, with its place. */
export function readOmb<T>(text: string, file: string, schema: z.ZodObject): Read<T> {
  const source = readSource(text)
  const where = (path: Path) => {
    const { line, col } = source.place(path, 'key')
    return [`${file}:${line}:${col}`, pathText(path)].filter(Boolean).join(' ')
  }
  const wrong = (details: string[]) =>
    new KbenchError('usage', `${file} is no file of OpenMessaging Benchmark that kbench can read`, { details })
  if (source.errors.length > 0) {
    throw wrong(source.errors.map(({ place, message }) => `${file}:${place.line}:${place.col} ${message}`))
  }
  const data = source.value
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw wrong([`${file}:1:1 expected keys with values, like "topics: 1"`])
  }
  const parsed = schema.safeParse(data)
  if (!parsed.success) {
    throw wrong(parsed.error.issues.map(({ path, message }) => escapeControls(`${where(path as Path)}: ${message}`)))
  }
  const known = Object.keys(schema.shape)
  const unknown = Object.keys(data)
    .filter((key) => !known.includes(key))
    .map((key) => escapeControls(`${key}: OpenMessaging Benchmark has no such key${nearWords(key, known)}`))
  return { value: parsed.data as T, unknown, at: (key) => where([key]) }
}

function nearWords(key: string, known: readonly string[]): string {
  const near = suggestion(key, known)
  return near.startsWith('did you mean') ? `, ${near}` : ''
}
