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
    if (consumer?.clientRack !== undefined) return '@platformatic/kafka tells brokers no rack (clientRack)'
    // It speaks it, but says neither when partitions came nor which: nobody could tell a rebalance, or what to commit.
    if (consumer?.protocol === 'consumer') return '@platformatic/kafka does not tell what KIP-848 assigned'
    return null
  },
  producer: createProducer,
  consumer: createConsumer,
})
