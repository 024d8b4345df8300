import { parse } from 'dot-properties'
import { KbenchError, messageOf } from '../base/errors.ts'
import { isSecretKey } from '../base/secret-keys.ts'
import type { DriverConfig, Read } from './workload.ts'

/** What OMB's Kafka driver says, as keys of a profile with their values. */
export interface DriverSettings {
  /** Dotted path → value, as YAML data. */
  values: Record<string, string | number | boolean>
  replicationFactor: number
  topicConfig: Record<string, string>
  bootstrap: string[] | null
  /** The login is in settings that belong into a client.properties. */
  needsLogin: boolean
  /** What is not carried over, a sentence each. */
  dropped: string[]
}

type Value = string | number | boolean
type Take = (text: string) => Record<string, Value> | string

const ms =
  (path: string): Take =>
  (text) =>
    /^\d+$/.test(text) ? { [path]: `${text}ms` } : 'is no number of ms'
const bytes =
  (path: string): Take =>
  (text) =>
    /^\d+$/.test(text) ? { [path]: `${text}B` } : 'is no number of bytes'
const whole =
  (path: string, most = Number.MAX_SAFE_INTEGER): Take =>
  (text) =>
    /^\d+$/.test(text) ? { [path]: Math.min(Number(text), most) } : 'is no whole number'
const oneOf =
  (path: string, values: Readonly<Record<string, Value>>): Take =>
  (text) =>
    values[text] === undefined ? `kbench has ${Object.keys(values).join(', ')}` : { [path]: values[text] }

const codecs = Object.fromEntries(['none', 'gzip', 'snappy', 'lz4', 'zstd'].map((name) => [name, name]))
const switches = { true: true, false: false }

const forProducers: Readonly<Record<string, Take>> = {
  acks: oneOf('producers.acks', { '0': 0, '1': 1, all: 'all', '-1': 'all' }),
  'enable.idempotence': oneOf('producers.idempotence', switches),
  'linger.ms': whole('producers.batch.lingerMs'),
  'batch.size': bytes('producers.batch.maxBytes'),
  'compression.type': oneOf('producers.compression', codecs),
  'max.in.flight.requests.per.connection': whole('producers.maxInFlightRequests', 100),
  retries: whole('producers.retries', 1_000_000),
  'retry.backoff.ms': ms('producers.retryBackoff'),
  'request.timeout.ms': ms('producers.requestTimeout'),
  'delivery.timeout.ms': ms('producers.deliveryTimeout'),
}

const assignors = {
  'org.apache.kafka.clients.consumer.RangeAssignor': 'range',
  'org.apache.kafka.clients.consumer.RoundRobinAssignor': 'roundrobin',
  'org.apache.kafka.clients.consumer.CooperativeStickyAssignor': 'cooperative-sticky',
}

/** Paths below a consumer group. */
const forConsumers: Readonly<Record<string, Take>> = {
  'max.partition.fetch.bytes': bytes('fetch.maxPartitionBytes'),
  'fetch.max.bytes': bytes('fetch.maxBytes'),
  'fetch.min.bytes': bytes('fetch.minBytes'),
  'fetch.max.wait.ms': ms('fetch.maxWait'),
  'isolation.level': oneOf('isolation', { read_committed: 'read_committed', read_uncommitted: 'read_uncommitted' }),
  'session.timeout.ms': ms('sessionTimeout'),
  'heartbeat.interval.ms': ms('heartbeat'),
  'group.protocol': oneOf('protocol', { classic: 'classic', consumer: 'consumer' }),
  'partition.assignment.strategy': oneOf('assignor', assignors),
  'client.rack': (text) => ({ clientRack: text }),
}

/** What is different by design, with why. */
const reasons: Readonly<Record<string, string>> = {
  'auto.offset.reset': 'a group of a run begins at its first record',
  'enable.auto.commit': 'kbench commits every second (consumers[].commit.interval)',
  'auto.commit.interval.ms': 'consumers[].commit.interval says it',
  'client.id': 'kbench names its clients (cluster.prefix)',
  'max.request.size': 'producers.batch.maxBytes limits what kbench sends',
  'buffer.memory': 'producers.maxInFlight limits it, in records',
}

const loginKey = /^(security\.protocol|sasl\.|ssl\.)/

/** Throws `usage` for what kbench lacks. */
export function driverSettings({ value: driver, at }: Read<DriverConfig>, file: string): DriverSettings {
  if (!/\bdriver\.kafka\.KafkaBenchmarkDriver$/.test(driver.driverClass)) {
    const name = driver.driverClass === '' ? 'no driverClass' : driver.driverClass.split('.').at(-1)
    throw new KbenchError('usage', `${at('driverClass')}: ${name}: kbench measures Kafka alone`, {
      hint: "give a file of OMB's driver-kafka, or none",
    })
  }
  const settings: DriverSettings = {
    values: {},
    replicationFactor: driver.replicationFactor,
    topicConfig: propertiesIn(driver.topicConfig, `${file} topicConfig`),
    bootstrap: null,
    needsLogin: false,
    dropped: [],
  }
  const common = propertiesIn(driver.commonConfig, `${file} commonConfig`)
  const login = Object.keys(common).filter((key) => loginKey.test(key))
  settings.needsLogin = login.length > 0
  const { 'bootstrap.servers': servers, ...others } = common
  settings.bootstrap = servers === undefined ? null : servers.split(',').map((one) => one.trim())
  const rest = Object.fromEntries(Object.entries(others).filter(([key]) => !loginKey.test(key)))
  const producer = { ...rest, ...propertiesIn(driver.producerConfig, `${file} producerConfig`) }
  const consumer = propertiesIn(driver.consumerConfig, `${file} consumerConfig`)
  if (producer['transactional.id'] !== undefined) {
    throw new KbenchError('usage', `${at('producerConfig')}: transactional.id: kbench produces without transactions`, {
      hint: 'remove it; enable.idempotence=true is carried over',
    })
  }
  take(producer, forProducers, '', settings)
  take(consumer, forConsumers, 'consumers.', settings)
  const requestMs = Number(producer['request.timeout.ms'] ?? 0)
  if (requestMs > 0 && producer['delivery.timeout.ms'] === undefined) {
    // As the Java client does where only the one is given.
    settings.values['producers.deliveryTimeout'] =
      `${Math.max(120_000, requestMs + Number(producer['linger.ms'] ?? 0))}ms`
  }
  if (settings.values['producers.idempotence'] === undefined && settings.values['producers.acks'] !== 0) {
    settings.dropped.push('idempotence: on by default in Java clients since 3.0, off here: producers.idempotence')
  }
  if (login.length > 0) {
    settings.dropped.push(`${login.sort().join(', ')}: put them into client.properties, which cluster.config names`)
  }
  return settings
}

function take(
  given: Record<string, string>,
  known: Readonly<Record<string, Take>>,
  prefix: string,
  into: DriverSettings,
) {
  for (const [key, text] of Object.entries(given)) {
    const taken = known[key]?.(text)
    if (typeof taken === 'object') {
      for (const [path, value] of Object.entries(taken)) {
        into.values[`${prefix}${path}`] = value
        if (typeof value === 'number' && Number(text) > value)
          into.dropped.push(`${key}=${text}: ${value} here, the most that kbench takes`)
      }
      continue
    }
    const shown = isSecretKey(key) ? key : `${key}=${text}`
    into.dropped.push(`${shown}: ${taken ?? reasons[key] ?? 'kbench has no such setting; clientConfig takes raw ones'}`)
  }
}

function propertiesIn(text: string, where: string): Record<string, string> {
  try {
    const parsed = parse(text) as Record<string, unknown>
    return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]))
  } catch (cause) {
    throw new KbenchError('usage', `${where}: no lines of key=value: ${messageOf(cause)}`, { cause })
  }
}
