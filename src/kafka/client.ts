import { createRequire } from 'node:module'
import kafkajs, { type Kafka, type KafkaConfig, type LogEntry, type RetryOptions } from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { addressIn } from '../base/address.ts'
import type { Network, Sasl } from '../contracts/api.ts'
import { tlsOptions } from './tls-options.ts'
import { tokenSourceOf, usesTokens } from './tokens.ts'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

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
    // Asked at every login, and kafkajs logs in again before a session is over. Its type does not know of extensions; its code does.
    oauthBearerProvider: async () => ({ value: (await source.token()).value, ...(extensions && { extensions }) }),
  }
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
