import { test } from 'node:test'
import { skipReason } from '../cluster/_providers.ts'
import { findsQuota } from '../cluster/_quota.ts'

// Here and not in npm test: on a machine that is busy the search says, as it should, that the generator is the bound.
test('find-max finds a quota of the broker within 5 %, for both clients', { skip: await skipReason('local') }, (t) =>
  findsQuota(t, { clients: ['kafkajs', 'node-rdkafka'], step: '30s', tolerance: 0.05 }),
)
