import { fileURLToPath, pathToFileURL } from 'node:url'
import { parse } from 'dot-properties'
import { addressIn, parseAddress } from '../base/address.ts'
import { KbenchError, messageOf } from '../base/errors.ts'
import { readBounded } from '../base/read-bounded.ts'
import { isSecretKey } from '../base/secret-keys.ts'
import { keepSecret } from '../base/secrets.ts'
import { trust } from '../base/trust.ts'
import type { AwsIam, OauthBearer, Sasl, Security, Tls, TlsVerification } from '../contracts/api.ts'
import { type LoginModule, parseJaas } from './jaas.ts'
import { readStore, type Store } from './keystore.ts'

/** What a client.properties of Java, or a file in librdkafka's names, says of the connection. */
export interface ClientConfig {
  /** null = it names no servers. */
  bootstrap: string[] | null
  /** null = neither encryption nor login. */
  security: Security | null
  /** Keys that kbench knows, and does not take from here: what a client does is said in the profile. */
  unused: string[]
  unknown: string[]
}

const configBytesAtMost = 1024 ** 2

/** Throws `environment` where the file or a store cannot be read, `usage` for what cannot be meant. Values are never repeated. */
export async function readClientConfig(path: string, env: NodeJS.ProcessEnv = process.env): Promise<ClientConfig> {
  const { untrusted } = trust()
  if (untrusted) throw new KbenchError('usage', `${path}: --untrusted refuses files of client settings`)
  const bytes = await readBounded(path, configBytesAtMost).catch((cause: unknown) => {
    throw new KbenchError('environment', `cannot read ${path}: ${messageOf(cause)}`, { cause })
  })
  let values: Record<string, string>
  try {
    values = parse(bytes.toString('utf8')) as Record<string, string>
  } catch (cause) {
    throw new KbenchError('usage', `${path} is no list of key=value lines: ${messageOf(cause)}`, { cause })
  }
  const native = Object.keys(values).find(loadsNativeCode)
  if (native !== undefined && !trust().nativePlugins) {
    throw new KbenchError('usage', `${path}: ${native} loads code into the client`, {
      hint: 'kbench takes no such setting from here; --allow-native-plugins passes over it',
    })
  }
  for (const [key, value] of Object.entries(values)) if (isSecretKey(key)) keepSecret(value.trim())
  return clientConfig(values, env, path)
}

/** The same from what was read; `from` is for messages. */
export async function clientConfig(
  values: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
  from: string,
): Promise<ClientConfig> {
  const taken = new Set<string>()
  /** The first of these keys that has a value. */
  const value: Value = (...keys) => {
    for (const key of keys) taken.add(key)
    return keys.map((key) => values[key]?.trim()).find((each) => each !== undefined && each !== '')
  }
  const isSet: Value = (...keys) => {
    taken.add(keys[0]!)
    return values[keys[0]!]?.trim()
  }
  const { tls, sasl } = protocolOf(value, from)
  const list = value('bootstrap.servers', 'metadata.broker.list')
  const bootstrap = list === undefined ? null : brokersIn(list, from)
  const security: Security = {
    ...(tls ? { tls: await tlsOf(value, isSet) } : {}),
    ...(sasl ? { sasl: saslOf(value, { bootstrap: bootstrap ?? [], env, from }) } : {}),
  }
  if (!tls) await tlsOf(value, isSet, false)
  const left = Object.keys(values).filter((key) => !taken.has(key))
  return {
    bootstrap,
    security: tls || sasl ? security : null,
    unused: left.filter((key) => known.test(key)),
    unknown: left.filter((key) => !known.test(key)),
  }
}

type Value = (...keys: string[]) => string | undefined

/** Handlers of Java (`sasl.client.callback.handler.class`) belong to a usual client.properties, and nothing here loads them. */
const loadsNativeCode = (key: string): boolean =>
  /^plugin\.library\.paths$|^ssl\.engine\.(location|id)$|providers$/.test(key)

/** Of producers, consumers and the client itself: what they do, not how they connect. */
const known =
  /^(client\.(id|rack|dns\.lookup)|group\.|acks$|retries$|linger\.ms$|batch\.|buffer\.memory|compression|enable\.(auto|idempotence)|auto\.(offset|commit)|fetch\.|max\.|min\.|session\.|heartbeat\.|isolation\.level|(key|value)\.(de)?serializer|request\.|delivery\.|socket\.|reconnect\.|retry\.|metadata\.|connections\.|default\.api|partition|queued?\.|statistics\.|log\.|debug$|api\.version|broker\.|topic\.|message\.|receive\.buffer|send\.buffer|transaction|interceptor|exclude\.internal|check\.crcs|allow\.auto|ssl\.(provider|protocol|enabled\.protocols|cipher\.suites|trustmanager|keymanager|secure\.random|engine\.factory|curves|sigalgs|crl)|sasl\.(login|client|kerberos|oauthbearer)\.|sasl\.(username|user\.name|password|mechanisms?|jaas\.config)$)/

function protocolOf(value: Value, from: string): { tls: boolean; sasl: boolean } {
  const protocol = (value('security.protocol') ?? 'PLAINTEXT').toUpperCase()
  const [, sasl, tls] = /^(SASL_)?(SSL|PLAINTEXT)$/.exec(protocol) ?? []
  if (tls === undefined) {
    throw new KbenchError('usage', `${from}: security.protocol=${protocol} is unknown`, {
      hint: 'PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL',
    })
  }
  return { tls: tls === 'SSL', sasl: sasl !== undefined }
}

function brokersIn(list: string, from: string): string[] {
  const brokers = list.split(',').map((each) => each.trim().replace(/^[A-Z_]+:\/\//i, ''))
  const wrong = brokers.find((broker) => parseAddress(broker) === null)
  if (wrong === undefined) return brokers
  throw new KbenchError('usage', `${from}: "${wrong}" is no host:port, like b-1.example.com:9092 or [::1]:9092`)
}

/** `read` false: only says which keys are those of TLS. */
async function tlsOf(value: Value, isSet: Value, read = true): Promise<Tls> {
  const trusted = value('ssl.truststore.certificates', 'ssl.ca.pem')
  const trustPath = value('ssl.truststore.location', 'ssl.ca.location')
  const trustPassword = value('ssl.truststore.password')
  const chain = value('ssl.keystore.certificate.chain', 'ssl.certificate.pem')
  const keyText = value('ssl.keystore.key', 'ssl.key.pem')
  const keyStore = value('ssl.keystore.location')
  const certPath = value('ssl.certificate.location')
  const keyPath = value('ssl.key.location')
  const storePassword = value('ssl.keystore.password')
  const passphrase = value('ssl.key.password')
  value('ssl.truststore.type', 'ssl.keystore.type')
  const verification = verificationOf(value, isSet)
  if (!read) return { verification }
  const ca =
    trusted ?? (trustPath === undefined ? undefined : joined((await readStore(trustPath, trustPassword)).certificates))
  const store: Store | null = keyStore === undefined ? null : await readStore(keyStore, storePassword)
  const cert =
    chain ??
    (certPath === undefined
      ? store && joined(store.certificates)
      : joined((await readStore(certPath, undefined)).certificates))
  const key = keyText ?? (keyPath === undefined ? store?.key : (await readStore(keyPath, undefined)).key)
  const isEncrypted = key?.includes('ENCRYPTED') ?? false
  return {
    verification,
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(passphrase !== undefined && isEncrypted ? { passphrase } : {}),
  }
}

const joined = (certificates: readonly string[]): string => certificates.join('\n')

/** Java turns the check of the host name off by an empty algorithm, librdkafka by "none". */
function verificationOf(value: Value, isSet: Value): TlsVerification {
  const algorithm = isSet('ssl.endpoint.identification.algorithm')
  if (value('enable.ssl.certificate.verification') === 'false') return 'none'
  return algorithm === '' || algorithm === 'none' ? 'chain' : 'full'
}

interface Surroundings {
  bootstrap: readonly string[]
  env: NodeJS.ProcessEnv
  from: string
}

function saslOf(value: Value, around: Surroundings): Sasl {
  const { from } = around
  const mechanism = (value('sasl.mechanism', 'sasl.mechanisms') ?? 'GSSAPI').toUpperCase()
  const jaas = value('sasl.jaas.config')
  const login: LoginModule | null = jaas === undefined ? null : parseJaas(jaas)
  for (const [key, text] of Object.entries(login?.options ?? {})) if (isSecretKey(key)) keepSecret(text)
  if (mechanism === 'AWS_MSK_IAM' || login?.name === 'IAMLoginModule') return awsIam(login, around)
  if (mechanism === 'OAUTHBEARER') return oauthBearer(value, login, from)
  if (mechanism !== 'PLAIN' && mechanism !== 'SCRAM-SHA-256' && mechanism !== 'SCRAM-SHA-512') {
    throw new KbenchError('usage', `${from}: sasl.mechanism=${mechanism} is not supported`, {
      hint: 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM',
    })
  }
  const username = login?.options.username ?? value('sasl.username', 'sasl.user.name')
  const password = login?.options.password ?? value('sasl.password')
  if (username === undefined || password === undefined) {
    throw new KbenchError('usage', `${from}: ${mechanism} needs a user name and a password`, {
      hint: 'username and password in sasl.jaas.config, or sasl.username and sasl.password',
    })
  }
  return { mechanism: mechanism.toLowerCase() as 'plain', username, password }
}

function oauthBearer(value: Value, login: LoginModule | null, from: string): OauthBearer {
  const options = login?.options ?? {}
  const url = value('sasl.oauthbearer.token.endpoint.url')
  const clientId =
    options.clientId ?? value('sasl.oauthbearer.client.id', 'sasl.oauthbearer.client.credentials.client.id')
  const clientSecret =
    options.clientSecret ?? value('sasl.oauthbearer.client.secret', 'sasl.oauthbearer.client.credentials.client.secret')
  const scope = options.scope ?? value('sasl.oauthbearer.scope')
  const command = value('kbench.token.command')
  const given = value('sasl.oauthbearer.extensions')?.split(',') ?? []
  for (const key of ['sasl.oauthbearer.method', 'sasl.login.callback.handler.class']) value(key)
  const extensions = Object.fromEntries([
    ...given.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    ...Object.entries(options).flatMap(([key, text]) => (key.startsWith('extension_') ? [[key.slice(10), text]] : [])),
  ])
  const also = Object.keys(extensions).length > 0 ? { extensions } : {}
  if (command !== undefined) {
    return { mechanism: 'oauthbearer', token: { from: 'command', argv: wordsOf(command, from) }, ...also }
  }
  if (url?.startsWith('file:')) {
    return { mechanism: 'oauthbearer', token: { from: 'file', path: fileURLToPath(url) }, ...also }
  }
  if (url === undefined || clientId === undefined || clientSecret === undefined) {
    throw new KbenchError('usage', `${from}: OAUTHBEARER needs a token endpoint, a client and its secret`, {
      hint: 'sasl.oauthbearer.token.endpoint.url, and clientId and clientSecret in sasl.jaas.config; or kbench.token.command',
    })
  }
  const endpoint = { from: 'endpoint', url, clientId, clientSecret } as const
  return { mechanism: 'oauthbearer', token: { ...endpoint, ...(scope === undefined ? {} : { scope }) }, ...also }
}

/** A JSON list of texts, or words between blanks. */
function wordsOf(text: string, from: string): string[] {
  if (!text.startsWith('[')) return text.split(/\s+/)
  try {
    const words = JSON.parse(text) as unknown
    if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string')) return words
  } catch {
    // The same error as for a list of anything else.
  }
  throw new KbenchError('usage', `${from}: kbench.token.command is no list of program and arguments`, {
    hint: 'for example ["get-token", "--for", "kafka"]',
  })
}

function awsIam(login: LoginModule | null, { bootstrap, env, from }: Surroundings): AwsIam {
  const { awsProfileName: profile, awsRoleArn: arn, awsRoleSessionName: session, awsStsRegion } = login?.options ?? {}
  const ofHost = bootstrap.map((each) => /\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(addressIn(each).host)?.[1])
  const region = ofHost.find(Boolean) ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? awsStsRegion
  if (region === undefined) {
    throw new KbenchError('usage', `${from}: nothing says which AWS region the cluster is in`, {
      hint: 'set AWS_REGION',
    })
  }
  const mechanism = 'aws-iam'
  if (profile !== undefined) return { mechanism, region, credentials: { from: 'profile', profile } }
  if (arn === undefined) return { mechanism, region, credentials: { from: 'default' } }
  return { mechanism, region, credentials: { from: 'role', arn, ...(session === undefined ? {} : { session }) } }
}

/** Lines of a client.properties that says the same, unless the login is AWS IAM, which no layout has; holds secrets. */
export function clientPropertiesText({ tls, sasl }: Security): string {
  const values: Record<string, string | undefined> = {
    'security.protocol': `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`,
    'ssl.truststore.certificates': tls?.ca,
    'ssl.keystore.certificate.chain': tls?.cert,
    'ssl.keystore.key': tls?.key,
    'ssl.key.password': tls?.passphrase,
    'ssl.endpoint.identification.algorithm': tls && tls.verification !== 'full' ? '' : undefined,
    'enable.ssl.certificate.verification': tls?.verification === 'none' ? 'false' : undefined,
    ...(sasl && 'username' in sasl
      ? {
          'sasl.mechanism': sasl.mechanism.toUpperCase(),
          'sasl.username': sasl.username,
          'sasl.password': sasl.password,
        }
      : {}),
    ...(sasl?.mechanism === 'oauthbearer' ? oauthBearerProperties(sasl) : {}),
  }
  const lines = Object.entries(values).flatMap(([key, text]) =>
    text === undefined ? [] : [`${key}=${escaped(text)}\n`],
  )
  return lines.join('')
}

function oauthBearerProperties({ token, extensions }: OauthBearer): Record<string, string | undefined> {
  return {
    'sasl.mechanism': 'OAUTHBEARER',
    'sasl.oauthbearer.extensions':
      extensions &&
      Object.entries(extensions)
        .map(([key, text]) => `${key}=${text}`)
        .join(','),
    ...(token.from === 'command' && { 'kbench.token.command': JSON.stringify(token.argv) }),
    ...(token.from === 'file' && { 'sasl.oauthbearer.token.endpoint.url': pathToFileURL(token.path).href }),
    ...(token.from === 'endpoint' && {
      'sasl.oauthbearer.token.endpoint.url': token.url,
      'sasl.oauthbearer.client.id': token.clientId,
      'sasl.oauthbearer.client.secret': token.clientSecret,
      'sasl.oauthbearer.scope': token.scope,
    }),
  }
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
