import { z } from 'zod'
import { installCommand } from '../base/npm-command.ts'
import { defineDriver } from '../contracts/define.ts'
import { createConsumer } from './node-rdkafka/consumer.ts'
import { createProducer } from './node-rdkafka/producer.ts'

const binding = {
  package: '@confluentinc/kafka-javascript',
  install: `${installCommand('@confluentinc/kafka-javascript')}; docs/clients.md says how without a download from GitHub`,
  tokens: 'asked',
} as const

/** Driven through the callback classes that it has from node-rdkafka, not through its promises (ADR 14). */
export default defineDriver({
  package: binding.package,
  install: binding.install,
  summary: "@confluentinc/kafka-javascript: Confluent's descendant of node-rdkafka, one process per worker",
  isolation: 'process',
  copiesValues: true,
  showsThrottle: true,
  options: z.record(z.string(), z.unknown()),
  // sendScope is about clients whose sends are answered as a whole: librdkafka always sends and answers per partition.
  unsupported: () => null,
  producer: (settings, context) => createProducer(binding, settings, context),
  consumer: (settings, context) => createConsumer(binding, settings, context),
})
