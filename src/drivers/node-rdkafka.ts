import { z } from 'zod'
import { installCommand } from '../base/npm-command.ts'
import { defineDriver } from '../contracts/define.ts'
import { createConsumer } from './node-rdkafka/consumer.ts'
import { createProducer } from './node-rdkafka/producer.ts'

const binding = {
  package: 'node-rdkafka',
  install: `${installCommand('node-rdkafka')}; it is compiled on install and needs python3, make, g++ and libssl-dev`,
  tokens: 'pushed',
} as const

export default defineDriver({
  package: binding.package,
  install: binding.install,
  summary: 'node-rdkafka: the C library librdkafka behind a native binding, one process per worker',
  isolation: 'process',
  copiesValues: true,
  showsThrottle: true,
  options: z.record(z.string(), z.unknown()),
  // sendScope is about kafkajs: librdkafka always sends and answers per partition.
  unsupported(_producer, _consumer, connection) {
    return connection?.extensions ? 'node-rdkafka sends no SASL extensions (extensions)' : null
  },
  producer: (settings, context) => createProducer(binding, settings, context),
  consumer: (settings, context) => createConsumer(binding, settings, context),
})
