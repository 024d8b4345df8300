import { defineWorkload } from '../contracts/define.ts'
import { runProducer } from './_produce.ts'
import { producerRoles } from './_roles.ts'

export default defineWorkload({
  summary: 'producers alone, no consumer groups',
  prefill: false,
  roles: ({ producers }) => producerRoles(producers),
  run: runProducer,
})
