import { defineDriver } from '../contracts/define.ts'
import { createConsumer } from './librdkafka/consumer.ts'
import { inspect } from './librdkafka/inspect.ts'
import { options } from './librdkafka/options.ts'
import { createProducer } from './librdkafka/producer.ts'

export default defineDriver({
  summary: 'librdkafka itself, called in bulk without a binding: what a cluster can take; worker threads',
  isolation: 'thread',
  ownThreads: true,
  copiesValues: true,
  // Acknowledgements do not come in a limited number each turn, as through a binding (FACTS 2): turns are what costs.
  turnRecords: 500,
  showsThrottle: true,
  options,
  // sendScope is about clients whose sends are answered as a whole: librdkafka always sends and answers per partition.
  unsupported: () => null,
  inspect,
  producer: createProducer,
  consumer: createConsumer,
})
