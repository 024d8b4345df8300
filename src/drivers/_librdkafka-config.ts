import type { ConsumerSettings, Network, Partitioner, ProducerSettings, Sasl, Tls } from '../contracts/api.ts'
import { usesTokens } from '../kafka/tokens.ts'

/** Settings of kbench in librdkafka's names. Topic-level ones are apart: node-rdkafka ignores them in the first object (FACTS 3). */
export interface LibrdkafkaConfig {
  global: Record<string, unknown>
  topic: Record<string, unknown>
}

/** `topicBytes`: the largest batch that the topic takes; 0 = not known. */
export function producerConfig(
  settings: ProducerSettings,
  network: Network,
  clientId: string,
  topicBytes = 0,
): LibrdkafkaConfig {
  const { acks, batch, clientConfig } = settings
  return split(
    {
      ...connection(network, clientId),
      dr_cb: true,
      // The only place where librdkafka reports how full its batches were, and what a record's latency is made of.
      'statistics.interval.ms': 1000,
      'linger.ms': batch.lingerMs,
      'batch.size': batch.maxBytes,
      'batch.num.messages': Math.min(batch.maxRecords, 1_000_000),
      // The in-flight bound is kbench's own; the queue only has to be large enough never to be the bound.
      'queue.buffering.max.messages': Math.max(settings.maxInFlight * 2, 1000),
      'queue.buffering.max.kbytes': 1_048_576,
      'max.in.flight': settings.maxInFlightRequests,
      'enable.idempotence': settings.idempotence,
      'message.send.max.retries': settings.retries,
      'retry.backoff.ms': settings.retryBackoffMs,
      'retry.backoff.max.ms': Math.max(1000, settings.retryBackoffMs),
      'socket.timeout.ms': settings.requestTimeoutMs,
      'compression.codec': settings.compression,
      // Not less than what the topic takes, else its own default; named so that a result says which limit refused a record.
      'message.max.bytes': Math.max(ownMaxBytes, topicBytes),
    },
    {
      acks: acks === 'all' ? -1 : acks,
      'request.timeout.ms': settings.requestTimeoutMs,
      'message.timeout.ms': settings.deliveryTimeoutMs,
      ...(nativePartitioner(settings.partitioner) && { partitioner: nativePartitioner(settings.partitioner) }),
    },
    clientConfig,
  )
}

/** librdkafka's own default (FACTS 18). */
const ownMaxBytes = 1_000_000

/** librdkafka's own default, named so that the result says what was used; other partitioners are chosen in JS. */
function nativePartitioner(partitioner: Partitioner): string | null {
  return partitioner === 'native' ? 'consistent_random' : null
}

export function consumerConfig(settings: ConsumerSettings, network: Network, clientId: string): LibrdkafkaConfig {
  const { fetch } = settings
  return split(
    {
      ...connection(network, clientId),
      'statistics.interval.ms': 1000,
      'group.id': settings.group,
      ...(settings.instanceId !== null && { 'group.instance.id': `${settings.instanceId}-${settings.member}` }),
      ...(settings.clientRack !== undefined && { 'client.rack': settings.clientRack }),
      // With KIP-848 these are the broker's to decide, and librdkafka refuses them (FACTS 13).
      ...(settings.protocol === 'consumer'
        ? { 'group.protocol': 'consumer' }
        : {
            'partition.assignment.strategy': settings.assignor,
            'session.timeout.ms': settings.sessionTimeoutMs,
            'heartbeat.interval.ms': settings.heartbeatMs,
          }),
      'enable.auto.commit': true,
      'auto.commit.interval.ms': settings.commitIntervalMs,
      'isolation.level': settings.isolation,
      'fetch.wait.max.ms': fetch.maxWaitMs,
      'fetch.min.bytes': fetch.minBytes,
      'fetch.max.bytes': Math.max(fetch.maxBytes, fetch.maxPartitionBytes),
      'max.partition.fetch.bytes': fetch.maxPartitionBytes,
      // The default of 1000 ms throttles a fast consumer (FACTS 5).
      'fetch.queue.backoff.ms': 1,
      'queued.max.messages.kbytes': 65_536,
    },
    { 'auto.offset.reset': settings.from },
    settings.clientConfig,
  )
}

function connection(network: Network, clientId: string): Record<string, unknown> {
  const { tls, sasl } = network.security ?? {}
  return {
    'metadata.broker.list': network.bootstrap.join(','),
    'client.id': clientId,
    'security.protocol': `${sasl ? 'sasl_' : ''}${tls ? 'ssl' : 'plaintext'}`,
    ...(tls && tlsConfig(tls)),
    ...(sasl && saslConfig(sasl)),
    // Both clients back off alike after a lost connection.
    'reconnect.backoff.ms': 100,
    'reconnect.backoff.max.ms': 1000,
    'socket.nagle.disable': true,
  }
}

function tlsConfig({ ca, cert, key, passphrase, verification }: Tls): Record<string, unknown> {
  return {
    ...(ca !== undefined && { 'ssl.ca.pem': ca }),
    ...(cert !== undefined && { 'ssl.certificate.pem': cert }),
    ...(key !== undefined && { 'ssl.key.pem': key }),
    ...(passphrase !== undefined && { 'ssl.key.password': passphrase }),
    ...(verification === 'chain' && { 'ssl.endpoint.identification.algorithm': 'none' }),
    ...(verification === 'none' && { 'enable.ssl.certificate.verification': false }),
  }
}

/** A token is no setting: node-rdkafka/client.ts supplies it. */
function saslConfig(sasl: Sasl): Record<string, unknown> {
  if (usesTokens(sasl)) return { 'sasl.mechanisms': 'OAUTHBEARER' }
  return {
    'sasl.mechanisms': sasl.mechanism.toUpperCase(),
    'sasl.username': sasl.username,
    'sasl.password': sasl.password,
  }
}

const topicLevel = new Set([
  'acks',
  'request.required.acks',
  'request.timeout.ms',
  'message.timeout.ms',
  'delivery.timeout.ms',
  'partitioner',
  'compression.level',
  'queuing.strategy',
  'auto.offset.reset',
  'consume.callback.max.messages',
])

function split(
  global: Record<string, unknown>,
  topic: Record<string, unknown>,
  raw: Readonly<Record<string, unknown>>,
): LibrdkafkaConfig {
  for (const [name, value] of Object.entries(raw)) {
    if (topicLevel.has(name)) topic[name] = value
    else global[name] = value
  }
  return { global, topic }
}

// User names too: a profile may give them as secrets.
const secret = /password|passphrase|secret|key|jaas|oauthbearer|username|\.pem$/

/** For the result: everything but secrets. */
export function withoutSecrets(config: LibrdkafkaConfig): Record<string, unknown> {
  const entries = Object.entries({ ...config.global, ...config.topic })
  return Object.fromEntries(entries.filter(([name]) => !secret.test(name)))
}

const refused = [
  'Broker: Message size too large',
  'Broker: Topic authorization failed',
  'Broker: Cluster authorization failed',
  'Broker: Invalid topic',
  'Broker: Policy violation',
  'Broker: Invalid required acks value',
  'Local: Invalid argument or configuration',
]

/** librdkafka's names of errors that a report explains (rdkafka.h); others are shown by their text. */
const names: Readonly<Record<string, string>> = {
  'Broker: Message size too large': 'MSG_SIZE_TOO_LARGE',
  'Broker: Topic authorization failed': 'TOPIC_AUTHORIZATION_FAILED',
  'Local: Message timed out': 'MSG_TIMED_OUT',
}

/** What an error is shown as. */
export const nameOfError = (message: string): string => names[message] ?? message

/**
 * The code in a delivery report is always −1 (FACTS 6): only the message says what happened. Only a refusal that no
 * attempt can have got past is `failed`. A record that was retried, timed out or cut off may be in the log. So may one
 * that is purged from the queue or whose topic is gone, because it may have waited there for its second attempt.
 */
export function classify(message: string): 'failed' | 'unknown' {
  return refused.some((text) => message.startsWith(text)) ? 'failed' : 'unknown'
}
