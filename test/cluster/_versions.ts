import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { execa } from 'execa'
import type { Cluster } from '../../src/contracts/api.ts'
import { loadPlugin } from '../../src/registry.ts'
import { declareContract } from './_client-contract.ts'
import { sandbox, start } from './_providers.ts'

export interface VersionUnderTest {
  kafka: string
  layout: string
  /** What makes the layout run it. */
  variables: Record<string, string>
  replicationFactor: number
  /** Clients of which the first case alone is run here. */
  brief?: readonly string[]
}

const box = sandbox('local')
after(box.remove)

/** Declares the contract of both clients against one version of Kafka, its brokers as processes of this machine. */
export function declareVersion({ kafka, layout, variables, replicationFactor, brief = [] }: VersionUnderTest): void {
  // Both clients at once: little of a case is load.
  describe(`Kafka ${kafka}, layout ${layout}`, { concurrency: 3 }, async () => {
    Object.assign(process.env, variables)
    const skip = await whyNot(layout)
    let cluster: Cluster
    before(async () => {
      if (skip) return
      Object.assign(process.env, variables)
      cluster = await start('local', { layout, directory: box.directory() })
    })
    after(async () => {
      await cluster?.[Symbol.asyncDispose]()
    })
    test('it is that version, as the brokers themselves tell in their logs', { skip }, async () => {
      assert.equal((await cluster.describe()).kafkaVersion, kafka)
      const [file = '', ...args] = cluster.logCommand!({ services: [], tail: 100_000, follow: false })
      const { stdout } = await execa(file, args)
      const told = [...stdout.matchAll(/Kafka version ?: ([\d.]+)/g)].map(([, version]) => version)
      assert.ok(told.length >= cluster.nodes.length, `${told.length} times`)
      assert.deepEqual([...new Set(told)], [kafka])
    })
    for (const client of ['kafkajs', 'node-rdkafka']) {
      await declareContract(client, { skip, cluster: () => cluster, replicationFactor })
    }
    for (const client of brief) {
      await declareContract(client, { skip, cluster: () => cluster, replicationFactor, isBrief: true })
    }
  })
}

async function whyNot(layout: string): Promise<string | undefined> {
  const provider = await loadPlugin('clusters', 'local')
  const options = provider.options.parse({ provider: 'local', layout, startTimeout: 60_000 })
  const available = await provider.available(options, new AbortController().signal)
  return available.ok ? undefined : `provider local: ${available.reason}`
}
