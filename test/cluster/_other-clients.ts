import { after, before } from 'node:test'
import type { Cluster } from '../../src/contracts/api.ts'
import { pluginNames } from '../../src/registry.ts'
import { declareContract } from './_client-contract.ts'
import { sandbox, skipReason, start } from './_providers.ts'

/** Declares the contract of the clients that versions.test.ts does not have, against one real cluster. `isBrief`: its first case alone. */
export async function declareOtherClients({ isBrief }: { isBrief: boolean }): Promise<void> {
  const skip = await skipReason('local')
  const clients = (await pluginNames('drivers')).filter((name) => !['fake', 'kafkajs', 'node-rdkafka'].includes(name))
  let cluster: Cluster
  before(async () => {
    if (!skip) cluster = await start('local', { layout: 'kraft-3', directory: sandbox('local').directory() })
  })
  after(async () => {
    await cluster?.[Symbol.asyncDispose]()
  })
  for (const client of clients) {
    await declareContract(client, { skip, cluster: () => cluster, replicationFactor: 3, isBrief })
  }
}
