import { z } from 'zod'
import { defineDriver } from '../contracts/define.ts'
import { createConsumer } from './kafkajs/consumer.ts'
import { createProducer } from './kafkajs/producer.ts'

export default defineDriver({
  summary: 'kafkajs: pure JavaScript, worker threads, with an accumulator for linger and batch size',
  isolation: 'thread',
  package: 'kafkajs',
  showsThrottle: true,
  options: z.record(z.string(), z.unknown()),
  unsupported(producer, consumer) {
    if (producer?.compression === 'zstd') return 'kafkajs has no zstd'
    if (consumer?.assignor === 'cooperative-sticky') return 'kafkajs has no cooperative assignor'
    if (consumer?.protocol === 'consumer') return 'kafkajs has no KIP-848 (protocol: consumer)'
    if (consumer?.instanceId) return 'kafkajs has no static membership (instanceId)'
    return null
  },
  producer: createProducer,
  consumer: createConsumer,
})
