import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KbenchError } from '../../src/base/errors.ts'
import {
  type Availability,
  type availability,
  chooseProvider,
  startCluster,
} from '../../src/runners/run/choose-cluster.ts'

const options = { provider: 'auto', layout: 'kraft-3', startTimeout: 60_000 }
const { signal } = new AbortController()

/** Answers as if only these could run here. */
const only =
  (...able: string[]): typeof availability =>
  async (provider): Promise<Availability> =>
    able.includes(provider) ? { ok: true } : { ok: false, reason: `no ${provider} here`, hint: `get ${provider}` }

const table = [
  { able: ['compose', 'local', 'mock'], provider: 'compose', reason: 'chosen by auto' },
  { able: ['local', 'mock'], provider: 'local', reason: 'chosen by auto; not compose: no compose here' },
  {
    able: ['mock'],
    provider: 'mock',
    reason: 'last resort of auto; not compose: no compose here; not local: no local here',
  },
  { able: [], provider: null, reason: 'no provider can run here' },
]

for (const { able, provider, reason } of table) {
  test(`auto with ${able.join(', ') || 'nothing'}`, async () => {
    const choice = await chooseProvider(options, signal, only(...able))
    assert.equal(choice.provider, provider)
    assert.equal(choice.reason, reason)
  })
}

test('a named provider is taken without asking; auto with a bootstrap list is external', async () => {
  const never: typeof availability = () => assert.fail('asked')
  assert.equal((await chooseProvider({ ...options, provider: 'local' }, signal, never)).provider, 'local')
  assert.equal((await chooseProvider({ ...options, bootstrap: ['a:1'] }, signal, never)).provider, 'external')
})

test('options that the provider does not take are a profile error with all problems', async () => {
  const context = { runId: 'x', directory: '/nonexistent', signal, say: () => undefined }
  const refused = startCluster({ ...options, provider: 'local', bootstrap: ['a:1'], security: { tls: true } }, context)
  await assert.rejects(refused, (error: KbenchError) => {
    assert.equal(error.code, 'profile')
    assert.equal(error.details.length, 2)
    assert.match(error.details[0] ?? '', /^cluster\.bootstrap: /)
    return true
  })
  await assert.rejects(startCluster({ ...options, provider: 'locl' }, context), /there is no "locl" in clusters/)
})

test('an aborted run starts nothing', async () => {
  const context = { runId: 'x', directory: '/nonexistent', signal: AbortSignal.abort(), say: () => undefined }
  await assert.rejects(
    startCluster({ ...options, provider: 'mock' }, context),
    (error: KbenchError) => error.code === 'interrupted',
  )
})
