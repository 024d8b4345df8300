import { z } from 'zod'
import { defineDriver } from '../core/define.ts'
import { createConsumer } from './_node-rdkafka-consumer.ts'
import { createProducer } from './_node-rdkafka-producer.ts'

export default defineDriver({
  summary: 'node-rdkafka: the C library librdkafka behind a native binding, one process per worker',
  isolation: 'process',
  copiesValues: true,
  package: 'node-rdkafka',
  options: z.record(z.string(), z.unknown()),
  // sendScope is about kafkajs: librdkafka always sends and answers per partition.
  unsupported: () => null,
  producer: createProducer,
  consumer: createConsumer,
})
