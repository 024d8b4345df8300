import { createRequire } from 'node:module'
import kafkajs, { type Kafka, type KafkaConfig, type LogEntry, type RetryOptions } from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import type { Network } from '../contracts/api.ts'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

const require = createRequire(import.meta.url)
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
    brokers: [...network.bootstrap],
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

/** TLS and SASL as kafkajs wants them. */
export function securityConfig({ security }: Network): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(security?.tls && { ssl: security.ca === undefined ? true : { ca: [security.ca] } }),
    ...(security?.sasl && { sasl: security.sasl as NonNullable<KafkaConfig['sasl']> }),
  }
}
