import { after, before } from 'node:test'
import type { Cluster } from '../../src/contracts/api.ts'
import { declareContract } from './_client-contract.ts'
import { sandbox, skipReason, start } from './_providers.ts'

// The whole contract of all drivers, by the one that calls librdkafka itself.

const skip = await skipReason('local')
const box = sandbox('local')
let cluster: Cluster
before(async () => {
  if (!skip) cluster = await start('local', { layout: 'kraft-3', directory: box.directory() })
})
after(async () => {
  await cluster?.[Symbol.asyncDispose]()
  box.remove()
})
await declareContract('librdkafka', { skip, cluster: () => cluster, replicationFactor: 3 })
