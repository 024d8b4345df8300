import { defineWorkload } from '../contracts/define.ts'
import { runConsumer } from './_consume.ts'
import { runProducer } from './_produce.ts'
import { consumerRoles, producerRoles } from './_roles.ts'

export default defineWorkload({
  summary: 'consumer groups read a topic that was filled before the measurement (load.count records)',
  prefill: true,
  roles: ({ producers, groups }) => [...producerRoles(producers), ...consumerRoles(groups)],
  run: (context) => (context.plan.role.kind === 'producer' ? runProducer(context) : runConsumer(context)),
})
