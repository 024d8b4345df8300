import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Network } from '../../src/contracts/api.ts'
import { registeredBrokers } from '../../src/kafka/registered-brokers.ts'
import { withAdmin } from '../support/admin.ts'
import { sandbox, skipReason, start } from './_providers.ts'

// Layouts with encryption and login: kbench connects to what it started as the file says, and nobody gets in without.

for (const [provider, layouts] of [
  ['local', ['kraft-3-tls', 'kraft-3-mtls', 'kraft-3-scram']],
  ['compose', ['kraft-3-mtls', 'kraft-3-scram']],
] as const) {
  const skip = await skipReason(provider)
  const box = skip ? null : sandbox(provider)
  after(() => box?.remove())
  describe(`provider ${provider}`, { ...(skip && { skip }) }, () => {
    for (const layout of layouts) {
      test(`${layout} lets in who does as it says, and nobody else`, async () => {
        await using cluster = await start(provider, { layout, directory: box!.directory() })
        const { network } = cluster
        assert.equal((await registeredBrokers(network)).length, 3)
        await withAdmin(network, async (admin) => {
          await admin.createTopics({ waitForLeaders: false, topics: [{ topic: 't', numPartitions: 3 }] })
          assert.ok((await admin.listTopics()).includes('t'))
        })
        const { security } = network
        const without: (Network['security'] | undefined)[] = [
          undefined,
          ...(security?.sasl ? [{ tls: security.tls! }] : []),
          ...(security?.tls?.cert ? [{ tls: { verification: 'none' as const } }] : []),
          { ...security, tls: { ...security!.tls!, ca: 'no authority', verification: 'full' } },
        ]
        for (const each of without) {
          const other = { bootstrap: network.bootstrap, ...(each && { security: each }) }
          await assert.rejects(registeredBrokers(other), `${layout} with ${Object.keys(each ?? {})}`)
        }
      })
    }
  })
}
