import { after, before } from 'node:test'
import type { Cluster } from '../../src/contracts/api.ts'
import { declareContract } from '../cluster/_client-contract.ts'
import { otherClients } from '../cluster/_other-clients.ts'
import { sandbox, skipReason, start } from '../cluster/_providers.ts'

// The whole contract of the other clients; test/cluster/versions.test.ts has its first case.

const skip = await skipReason('local')
let cluster: Cluster
before(async () => {
  if (!skip) cluster = await start('local', { layout: 'kraft-3', directory: sandbox('local').directory() })
})
after(async () => {
  await cluster?.[Symbol.asyncDispose]()
})
for (const client of await otherClients()) {
  await declareContract(client, { skip, cluster: () => cluster, replicationFactor: 3 })
}
