import { createRequire } from 'node:module'
import kafkajs, {
  type Kafka,
  type KafkaConfig,
  type LogEntry,
  type RetryOptions,
  type SaslAuthenticateArgs,
} from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { addressIn } from '../base/address.ts'
import type { Network, Sasl } from '../contracts/api.ts'
import { tlsOptions } from './tls-options.ts'
import { tokenSourceOf, usesTokens } from './tokens.ts'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

/**
 * kafkajs logs in again with the first request that comes so long before a session is over, ms. Not its own 10 s: with sessions that are
 * shorter than that it would do so with every request, and brokers refuse a second login within a second (KIP-368).
 */
export const reauthenticationMs = 5000
/** What a token has to live at least for a session that outlives that second. */
const aheadMs = reauthenticationMs + 2000

const require = createRequire(import.meta.url)
const connectSocket: NonNullable<KafkaConfig['socketFactory']> = require('kafkajs/src/network/socketFactory')()
let codecsRegistered = false

/** gzip is built in; snappy and lz4 are plug-ins; zstd is read (never written) with a decoder in JS. */
export function registerCodecs(): void {
  if (codecsRegistered) return
  codecsRegistered = true
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: (encoder: { buffer: Buffer }) => compressFrame(encoder.buffer),
    decompress: (data: Buffer) => decompressFrame(data),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: () => Promise.reject(new Error('kafkajs cannot write zstd')),
    decompress: async (data: Buffer) => Buffer.from(require('fzstd').decompress(data)),
  })
}

export interface ClientOptions {
  clientId: string
  requestTimeoutMs: number
  connectionTimeoutMs: number
  retry: RetryOptions
  onLog?: (level: 'error' | 'warn', message: string) => void
}

/** A kafkajs client for this network. Its log goes to `onLog`, never to the console. */
export function createKafka(network: Network, options: ClientOptions): Kafka {
  registerCodecs()
  return new kafkajs.Kafka({
    brokers: network.bootstrap.map(withoutColons),
    socketFactory: connectTo,
    clientId: options.clientId,
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    reauthenticationThreshold: reauthenticationMs,
    retry: options.retry,
    logLevel: options.onLog ? kafkajs.logLevel.WARN : kafkajs.logLevel.NOTHING,
    logCreator: () => (entry: LogEntry) => {
      options.onLog?.(entry.level === kafkajs.logLevel.ERROR ? 'error' : 'warn', logText(entry))
    },
    ...securityConfig(network),
  })
}

function logText({ log }: LogEntry): string {
  const detail = typeof log.error === 'string' && log.error !== log.message ? `: ${log.error}` : ''
  return `${log.message}${detail}`
}

/** TLS and SASL as kafkajs wants them: objects of the client's own, for it writes a function into the latter (FACTS 20). */
export function securityConfig({ security }: Network): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(security?.tls && { ssl: tlsOptions(security.tls) }),
    ...(security?.sasl && { sasl: saslOptions(security.sasl) }),
  }
}

function saslOptions(sasl: Sasl): NonNullable<KafkaConfig['sasl']> {
  if (!usesTokens(sasl)) return { ...sasl } as NonNullable<KafkaConfig['sasl']>
  const source = tokenSourceOf(sasl)
  const extensions = sasl.mechanism === 'oauthbearer' ? sasl.extensions : undefined
  return {
    mechanism: 'oauthbearer',
    // Called at every login, and kafkajs logs in again before a session is over.
    authenticationProvider: ({ saslAuthenticate }) => ({
      async authenticate() {
        const { value } = await source.token(aheadMs)
        const request = await bearerRequest({}, { value, ...(extensions && { extensions }) })
        await saslAuthenticate({ request, response: bearerAnswer }).catch((error: Error) => {
          throw error.name === 'KafkaJSProtocolError' ? refusedToken(error.message) : error
        })
      },
    }),
  }
}

const bearerRequest: (sasl: object, token: object) => Promise<NonNullable<SaslAuthenticateArgs<void>['request']>> =
  require('kafkajs/src/protocol/sasl/oauthBearer').request

// Not the public one: that has no arguments in its type.
const { KafkaJSSASLAuthenticationError }: { KafkaJSSASLAuthenticationError: new (message: string) => Error } =
  require('kafkajs/src/errors')
const refusedToken = (why: string) =>
  new KafkaJSSASLAuthenticationError(`SASL OAUTHBEARER authentication failed: ${why}`)

/**
 * Empty, or JSON with why the token is refused. kafkajs' own provider does not look at it, and goes on. The broker then
 * answers the next request as if there were no brokers at all, and closes the connection.
 */
const bearerAnswer: NonNullable<SaslAuthenticateArgs<void>['response']> = {
  // Behind its size.
  decode: (bytes) => bytes.subarray(4),
  parse(bytes) {
    if (bytes.length === 0) return
    const [, status] = /"status"\s*:\s*"([^"]*)"/.exec(bytes.toString('utf8')) ?? []
    throw refusedToken(status ?? 'the token is refused')
  },
}

const literal = '.ipv6-literal.net'

/** kafkajs cuts its list of brokers at the first colon: an IPv6 address goes through it as Windows writes it in file names, and back. */
function withoutColons(text: string): string {
  const { host, port } = addressIn(text)
  return host.includes(':') ? `${host.replaceAll(':', '-').replace('%', 's')}${literal}:${port}` : text
}

const toHost = (host: string): string =>
  host.endsWith(literal) ? host.slice(0, -literal.length).replaceAll('-', ':').replace('s', '%') : host

const connectTo: NonNullable<KafkaConfig['socketFactory']> = (args) =>
  connectSocket({ ...args, host: toHost(args.host) })
