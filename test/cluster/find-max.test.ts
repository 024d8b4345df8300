import { test } from 'node:test'
import { skipReason } from './_providers.ts'
import { findsQuota } from './_quota.ts'

// In short: steps of less than the time that Kafka's quotas look back tell less. test/long has steps of 30 s, and both clients.
test('find-max finds a quota of the broker, and says that it is one', { skip: await skipReason('local') }, (t) =>
  findsQuota(t, { clients: ['node-rdkafka'], step: '8s', tolerance: 0.1 }),
)
