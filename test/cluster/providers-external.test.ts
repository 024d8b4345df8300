import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KbenchError } from '../../src/base/errors.ts'
import type { Cluster } from '../../src/contracts/api.ts'
import { loadPlugin } from '../../src/registry.ts'
import { startCluster } from '../../src/runners/run/choose-cluster.ts'
import { idsFrom, sandbox, skipReason, start } from './_providers.ts'

const skip = await skipReason('mock')
const box = sandbox('mock')
after(box.remove)

describe('an external cluster', { ...(skip && { skip }) }, () => {
  let target: Cluster
  before(async () => {
    target = await start('mock', { layout: 'kraft-3', directory: box.directory() })
  })
  after(() => target?.[Symbol.asyncDispose]())

  const context = () => ({
    runId: 'external',
    directory: box.directory(),
    signal: new AbortController().signal,
    say() {},
  })
  const options = (bootstrap: string[]) => ({
    provider: 'external',
    layout: 'kraft-3',
    bootstrap,
    startTimeout: 60_000,
  })

  test('is read, not altered: all its brokers from one address, though another does not answer', async () => {
    const bootstrap = ['127.0.0.1:1', target.network.bootstrap[1]!]
    const { cluster, provider } = await startCluster(options(bootstrap), context())
    assert.equal(provider, 'external')
    assert.deepEqual(
      cluster.nodes.map(({ id, port }) => ({ id, port })),
      target.nodes.map(({ id, port }) => ({ id, port })),
    )
    assert.deepEqual(cluster.network, { bootstrap })
    assert.equal(cluster.nodes[0]?.signal, undefined, 'its brokers are not ours to end')
    await cluster[Symbol.asyncDispose]()
    assert.deepEqual(await idsFrom(target.nodes[0]!), [1, 2, 3], 'it is still there')
    assert.equal(box.leases().length, 1, 'only the target holds a lease')
  })

  test('auto with a bootstrap list is external', async () => {
    const { provider, reason } = await startCluster(
      { ...options([...target.network.bootstrap]), provider: 'auto' },
      context(),
    )
    assert.equal(provider, 'external')
    assert.match(reason, /bootstrap/)
  })

  test('one that does not answer is an environment error with the addresses', async () => {
    const external = await loadPlugin('clusters', 'external')
    const starting = external.provision(external.options.parse(options(['127.0.0.1:1', '127.0.0.1:2'])), context())
    await assert.rejects(starting, (error: KbenchError) => {
      assert.equal(error.code, 'environment')
      assert.match(
        error.message,
        /no broker answers at 127\.0\.0\.1:1, 127\.0\.0\.1:2: 127\.0\.0\.1:1 refuses connections/,
      )
      assert.ok(error.details.length > 0)
      return true
    })
  })

  test('a password is never in what is said or thrown', async () => {
    process.env.KBENCH_TEST_PASSWORD = 'hunter2'
    const security = {
      tls: false,
      sasl: { mechanism: 'plain' as const, username: 'me', password: `\${env:KBENCH_TEST_PASSWORD}` },
    }
    const said: string[] = []
    const saying = { ...context(), say: (line: string) => said.push(line) }
    try {
      const error = await startCluster({ ...options([...target.network.bootstrap]), security }, saying).then(
        () => assert.fail('the mock takes no SASL'),
        (thrown: KbenchError) => thrown,
      )
      assert.equal(error.code, 'environment')
      assert.doesNotMatch(JSON.stringify([said, error.message, error.details, error.hint]), /hunter2/)
    } finally {
      delete process.env.KBENCH_TEST_PASSWORD
    }
  })
})
