import zlib from 'node:zlib'
import { z } from 'zod'
import { defineDriver } from '../contracts/define.ts'
import { install, packageName } from './platformatic-kafka/client.ts'
import { createConsumer } from './platformatic-kafka/consumer.ts'
import { createProducer } from './platformatic-kafka/producer.ts'

export default defineDriver({
  summary: '@platformatic/kafka: JavaScript and WebAssembly, worker threads, with kafkajs’ accumulator',
  isolation: 'thread',
  package: packageName,
  install,
  showsThrottle: true,
  options: z.record(z.string(), z.unknown()),
  unsupported(producer, consumer) {
    if (producer?.compression === 'zstd' && !('zstdCompressSync' in zlib)) {
      return '@platformatic/kafka compresses zstd with Node.js 22.15 or later only'
    }
    if (consumer?.assignor === 'cooperative-sticky') return '@platformatic/kafka has no cooperative assignor'
    if (consumer?.clientRack !== undefined) return '@platformatic/kafka sends no rack to brokers (clientRack)'
    // It speaks it, but reports neither when partitions were assigned nor which: rebalances and offsets to commit would be unknown.
    if (consumer?.protocol === 'consumer') return '@platformatic/kafka does not report what KIP-848 assigned'
    return null
  },
  producer: createProducer,
  consumer: createConsumer,
})
