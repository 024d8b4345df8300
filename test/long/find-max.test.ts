import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { onlyResult, startRun } from '../cli/_live.ts'
import { setProducerQuota } from '../cluster/_kafka-tools.ts'
import { sandbox, skipReason, start } from '../cluster/_providers.ts'
import { findsQuota } from '../cluster/_quota.ts'

const skip = await skipReason('local')
const clients = ['kafkajs', 'node-rdkafka']

// Here and not in npm test: on a machine that is busy the search says, as it should, that the generator is the bound.
test('find-max finds a quota of the broker within 5 %, for both clients', { skip }, (t) =>
  findsQuota(t, { clients, step: '30s', tolerance: 0.05 }),
)

test('X8: find-max finds the quota of a cluster that was there before, by the responses alone', { skip }, async (t) => {
  const box = sandbox('local')
  const cluster = await start('local', { layout: 'kraft-1', directory: box.directory() })
  const folder = mkdtempSync(join(tmpdir(), 'kbench-quota-'))
  t.after(async () => {
    await cluster[Symbol.asyncDispose]()
    await box.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  const [bootstrap] = cluster.network.bootstrap
  const quotaBytesPerSec = 512 * 1024
  await setProducerQuota(bootstrap!, quotaBytesPerSec)
  const profile = join(folder, 'quota.yaml')
  const lines = [
    ...['name: quota', 'workload: produce', `cluster: { provider: external, bootstrap: ["${bootstrap}"] }`],
    ...[`clients: [${clients.join(', ')}]`, 'topic: { partitions: 1, replicationFactor: 1 }', 'consumers: []'],
    ...['load: { record: { size: 1024 } }', 'producers: { count: 1, batch: { lingerMs: 20 } }'],
    'phases: { clusterWarmup: 5s, warmup: 10s, drain: 10s }',
  ]
  writeFileSync(profile, `${lines.join('\n')}\n`)
  const results = join(folder, 'results')
  const limits = ['--step', '30s', '--slo', '250ms', '--start', '430', '--max', '640']
  const run = startRun([profile, '--results', results, ...limits], {}, 'find-max')
  const { exitCode } = await run.ended
  t.diagnostic(run.stdout())
  assert.equal(exitCode, 0, run.stdout() + run.stderr())
  const { searches } = onlyResult(results).result.findMax!
  assert.equal(searches.length, clients.length)
  for (const { params, verdict, steps, confirmedPerSec } of searches) {
    assert.equal(verdict, 'THROTTLED', String(params.client))
    assert.ok(steps.some(({ throttleMs }) => (throttleMs ?? 0) > 0))
    // Payload alone: the brokers' count of bytes, a little above, is not known here.
    const share = (confirmedPerSec! * 1024) / quotaBytesPerSec
    assert.ok(share > 0.85 && share <= 1.02, `${params.client}: ${share} of the quota`)
  }
})
