import { defineWorkload } from '../contracts/define.ts'
import { runConsumer } from './_consume.ts'
import { runProducer } from './_produce.ts'
import { consumerRoles, producerRoles } from './_roles.ts'

export default defineWorkload({
  summary: 'producers and consumer groups at the same time: end-to-end latency and lag',
  prefill: false,
  roles: ({ producers, groups }) => [...producerRoles(producers), ...consumerRoles(groups)],
  run: (context) => (context.plan.role.kind === 'producer' ? runProducer(context) : runConsumer(context)),
})
