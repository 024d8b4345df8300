import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Cluster, Network, TokenOrigin } from '../../src/contracts/api.ts'
import { clientPropertiesText } from '../../src/kafka/client-config.ts'
import { readStore } from '../../src/kafka/keystore.ts'
import { registeredBrokers } from '../../src/kafka/registered-brokers.ts'
import { kbench } from '../cli/_kbench.ts'
import { onlyResult } from '../cli/_live.ts'
import { withAdmin } from '../support/admin.ts'
import { startIssuer } from '../support/issuer.ts'
import { sandbox, skipReason, start, until } from './_providers.ts'

/** Layouts with encryption and login: kbench connects to what it started as the file says, and nobody gets in without. */
export async function testSecureLayouts(provider: 'local' | 'compose', layouts: readonly string[]): Promise<void> {
  const skip = await skipReason(provider)
  const box = skip ? null : sandbox(provider)
  after(() => box?.remove())
  describe(`provider ${provider}`, { ...(skip && { skip }) }, () => {
    for (const layout of layouts) {
      test(`${layout} lets in who does as it says, and nobody else`, async () => {
        const directory = box!.directory()
        const secrets = join(directory, ...(provider === 'local' ? ['brokers', 'secrets'] : ['secrets']))
        await (async () => {
          await using cluster = await start(provider, { layout, directory })
          await assertGuarded(cluster, layout)
          if (layout === 'kraft-3-oauth') await assertTakesTokens(cluster, secrets, directory)
        })()
        assert.ok(!existsSync(secrets), 'no secret is left on this machine')
      })
    }
  })
}

async function assertGuarded({ network }: Cluster, layout: string): Promise<void> {
  assert.equal((await registeredBrokers(network)).length, 3)
  await withAdmin(network, async (admin) => {
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic: 't', numPartitions: 3 }] })
    // The broker that is asked may hear of it later than the one that answered.
    await until('its topic is there', async () => (await admin.listTopics()).includes('t'))
  })
  const { security } = network
  const without: (Network['security'] | undefined)[] = [
    undefined,
    ...(security?.sasl ? [{ tls: security.tls! }] : []),
    ...(security?.tls?.cert ? [{ tls: { verification: 'none' as const } }] : []),
    { ...security, tls: { ...security!.tls!, ca: 'no authority', verification: 'full' } },
  ]
  await Promise.all(
    without.map((each) => {
      const other = { bootstrap: network.bootstrap, ...(each && { security: each }) }
      return assert.rejects(registeredBrokers(other), `${layout} with ${Object.keys(each ?? {})}`)
    }),
  )
}

/** Those of a provider that has the layout's key, none that are over, and those of the layout's own command, for a run. */
async function assertTakesTokens({ network }: Cluster, secrets: string, directory: string): Promise<void> {
  const { key } = await readStore(join(secrets, 'token.p12'), 'changeit')
  await using issuer = await startIssuer(key!, 'kbench')
  const over = join(directory, 'expired')
  writeFileSync(over, issuer.token(-100))
  const brokersBy = (token: TokenOrigin) => {
    const security = { ...network.security, sasl: { mechanism: 'oauthbearer', token } as const }
    return registeredBrokers({ ...network, security })
  }
  const { url, clientId, clientSecret } = issuer
  assert.equal((await brokersBy({ from: 'endpoint', url, clientId, clientSecret })).length, 3)
  await assert.rejects(brokersBy({ from: 'file', path: over }))

  const config = join(directory, 'client.properties')
  writeFileSync(config, clientPropertiesText(network.security!), { mode: 0o600 })
  const results = join(directory, 'results')
  const short = ['clients=[kafkajs]', 'phases.measure=2s', 'topic.replicationFactor=3'].flatMap((set) => ['--set', set])
  const to = ['-b', network.bootstrap.join(','), '--config', config, '--results', results, '--no-reports', '-q']
  const { exitCode, stderr } = await kbench(['run', 'quickstart', ...to, ...short])
  // 4: a machine that is too busy to keep to the schedule.
  assert.ok([0, 4].includes(exitCode), stderr)
  const { ledger, integrity } = onlyResult(results).result.variants[0]!
  assert.ok(ledger.acked > 0, stderr)
  assert.deepEqual([integrity.verdict, integrity.lost], ['ok', 0])
}
