import type { ConsumerSettings, Network, ProducerSettings } from '../contracts/api.ts'

/** Settings of kbench in the Java client's names. */
export type Properties = Record<string, string | number | boolean>

/** `meanBytes`: of a record, for the Java client's bound on memory, which stands for kbench's bound on records. */
export function producerProperties(settings: ProducerSettings, meanBytes: number): Properties {
  const { batch } = settings
  return {
    acks: settings.acks === 'all' ? 'all' : settings.acks,
    'enable.idempotence': settings.idempotence,
    'linger.ms': batch.lingerMs,
    'batch.size': batch.maxBytes,
    'max.request.size': Math.max(1_048_576, 2 * batch.maxBytes),
    'buffer.memory': Math.max(4 * batch.maxBytes, Math.min(1_073_741_824, settings.maxInFlight * (meanBytes + 80))),
    'compression.type': settings.compression,
    'max.in.flight.requests.per.connection': settings.maxInFlightRequests,
    retries: settings.retries,
    'retry.backoff.ms': settings.retryBackoffMs,
    'request.timeout.ms': settings.requestTimeoutMs,
    'delivery.timeout.ms': Math.max(settings.deliveryTimeoutMs, settings.requestTimeoutMs + batch.lingerMs),
    ...(settings.partitioner === 'round-robin' && {
      'partitioner.class': 'org.apache.kafka.clients.producer.RoundRobinPartitioner',
    }),
    ...(settings.clientConfig as Properties),
  }
}

export function consumerProperties(settings: ConsumerSettings): Properties {
  const { fetch } = settings
  const assignors = {
    range: 'RangeAssignor',
    roundrobin: 'RoundRobinAssignor',
    'cooperative-sticky': 'CooperativeStickyAssignor',
  }
  return {
    'isolation.level': settings.isolation,
    'auto.commit.interval.ms': settings.commitIntervalMs,
    'fetch.max.wait.ms': fetch.maxWaitMs,
    'fetch.min.bytes': fetch.minBytes,
    'fetch.max.bytes': fetch.maxBytes,
    'max.partition.fetch.bytes': fetch.maxPartitionBytes,
    ...(settings.protocol === 'consumer'
      ? { 'group.protocol': 'consumer' }
      : {
          'partition.assignment.strategy': `org.apache.kafka.clients.consumer.${assignors[settings.assignor]}`,
          'session.timeout.ms': settings.sessionTimeoutMs,
          'heartbeat.interval.ms': settings.heartbeatMs,
        }),
    ...(settings.clientConfig as Properties),
  }
}

/** How to reach and to log in; holds secrets. */
export function connectionProperties({ bootstrap, security }: Network): Properties {
  const sasl = security?.sasl
  const module = sasl?.mechanism === 'plain' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
  return {
    'bootstrap.servers': bootstrap.join(','),
    'security.protocol': `${sasl ? 'SASL_' : ''}${security?.tls ? 'SSL' : 'PLAINTEXT'}`,
    ...(security?.ca !== undefined && { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': security.ca }),
    ...(sasl && {
      'sasl.mechanism': sasl.mechanism.toUpperCase(),
      'sasl.jaas.config':
        `org.apache.kafka.common.security.${module} required ` +
        `username=${quoted(sasl.username)} password=${quoted(sasl.password)};`,
    }),
  }
}

const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`

/** A .properties file; java.util.Properties reads backslashes, line breaks and what is not Latin-1 only as escapes. */
export function propertiesText(properties: Properties): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${escaped(String(value))}\n`)
    .join('')
}

function escaped(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
