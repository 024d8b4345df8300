import { pathToFileURL } from 'node:url'
import { KbenchError } from '../base/errors.ts'
import type {
  ConnectionNeeds,
  ConsumerSettings,
  Network,
  ProducerSettings,
  Sasl,
  Tls,
  TokenOrigin,
} from '../contracts/api.ts'

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
    ...(settings.clientRack !== undefined && { 'client.rack': settings.clientRack }),
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
  const { tls, sasl } = security ?? {}
  return {
    'bootstrap.servers': bootstrap.join(','),
    'security.protocol': `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`,
    ...(tls && tlsProperties(tls)),
    ...(sasl && saslProperties(sasl)),
  }
}

/** Why the Java client cannot connect like this; null = it can. */
export function unsupportedConnection(needs: ConnectionNeeds | null): string | null {
  if (needs?.tls === 'none') return 'the Java client verifies certificates (verification: none)'
  if (needs?.mechanism === 'aws-iam')
    return 'the Java client logs in by AWS IAM only with a jar that is not part of Kafka'
  if (needs?.tokenFrom === 'command') return 'the Java client takes no token from a command (tokenCommand)'
  return null
}

function tlsProperties({ ca, cert, key, passphrase, verification }: Tls): Properties {
  return {
    ...(ca !== undefined && { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': ca }),
    ...(cert !== undefined &&
      key !== undefined && {
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.certificate.chain': cert,
        'ssl.keystore.key': key,
        ...(passphrase !== undefined && { 'ssl.key.password': passphrase }),
      }),
    ...(verification === 'full' ? {} : { 'ssl.endpoint.identification.algorithm': '' }),
  }
}

function saslProperties(sasl: Sasl): Properties {
  const login = (module: string, options: Readonly<Record<string, string>>) =>
    [
      `org.apache.kafka.common.security.${module} required`,
      ...Object.entries(options).map(([k, v]) => `${k}=${quoted(v)}`),
    ]
      .join(' ')
      .concat(';')
  if (sasl.mechanism === 'oauthbearer') {
    const { token, extensions = {} } = sasl
    const options = Object.fromEntries(Object.entries(extensions).map(([k, v]) => [`extension_${k}`, v]))
    const ofEndpoint = token.from === 'endpoint' ? endpointOptions(token) : {}
    return {
      'sasl.mechanism': 'OAUTHBEARER',
      'sasl.login.callback.handler.class':
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler',
      'sasl.oauthbearer.token.endpoint.url': tokenUrl(token),
      'sasl.jaas.config': login('oauthbearer.OAuthBearerLoginModule', { ...ofEndpoint, ...options }),
    }
  }
  if (sasl.mechanism === 'aws-iam') throw new KbenchError('environment', 'the Java client does not log in by AWS IAM')
  const module = sasl.mechanism === 'plain' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
  const { username, password } = sasl
  return {
    'sasl.mechanism': sasl.mechanism.toUpperCase(),
    'sasl.jaas.config': login(module, { username, password }),
  }
}

/** Kafka 4 opens only URLs that a property of the JVM allows; null = none is needed. */
export function allowedUrl({ security }: Network): string | null {
  const sasl = security?.sasl
  return sasl?.mechanism === 'oauthbearer' ? tokenUrl(sasl.token) : null
}

function tokenUrl(token: TokenOrigin): string {
  if (token.from === 'endpoint') return token.url
  if (token.from === 'file') return pathToFileURL(token.path).href
  throw new KbenchError('environment', 'the Java client takes no token from a command')
}

const endpointOptions = ({ clientId, clientSecret, scope }: Extract<TokenOrigin, { from: 'endpoint' }>) => ({
  clientId,
  clientSecret,
  ...(scope === undefined ? {} : { scope }),
})

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
