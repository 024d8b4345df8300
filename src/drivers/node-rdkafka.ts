import { z } from 'zod'
import { defineDriver } from '../contracts/define.ts'
import { createConsumer } from './node-rdkafka/consumer.ts'
import { createProducer } from './node-rdkafka/producer.ts'

const binding = {
  package: 'node-rdkafka',
  install: 'npm i node-rdkafka; it is compiled on install and needs python3, make, g++ and libssl-dev',
}

export default defineDriver({
  ...binding,
  summary: 'node-rdkafka: the C library librdkafka behind a native binding, one process per worker',
  isolation: 'process',
  copiesValues: true,
  options: z.record(z.string(), z.unknown()),
  // sendScope is about kafkajs: librdkafka always sends and answers per partition.
  unsupported: () => null,
  producer: (settings, context) => createProducer(binding, settings, context),
  consumer: (settings, context) => createConsumer(binding, settings, context),
})
