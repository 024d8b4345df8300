import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freePorts } from '../../src/clusters/shared/ports.ts'
import { onlyResult, startRun } from '../cli/_live.ts'
import { setProducerQuota } from './_kafka-tools.ts'

const recordBytes = 1024

/**
 * `kbench find-max` on one local broker whose producer quota is set with Kafka's own tool while the cluster warms up; sees that each
 * client is said to be throttled, at no more than `tolerance` from the quota in bytes of produce requests as the broker counts them.
 */
export async function findsQuota(
  t: TestContext,
  { clients, step, tolerance }: { clients: readonly string[]; step: string; tolerance: number },
): Promise<void> {
  const quotaBytesPerSec = 512 * 1024
  const folder = mkdtempSync(join(tmpdir(), 'kbench-quota-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const profile = join(folder, 'quota.yaml')
  const lines = [
    'name: quota',
    'workload: produce',
    'cluster: { provider: local, layout: kraft-1 }',
    `clients: [${clients.join(', ')}]`,
    'topic: { partitions: 1, replicationFactor: 1 }',
    // One partition and some linger: batches of some size, whose headers count for little.
    `load: { record: { size: ${recordBytes} } }`,
    'producers: { count: 1, batch: { lingerMs: 20 } }',
    'consumers: []',
    'phases: { clusterWarmup: 15s, warmup: 10s, drain: 10s }',
  ]
  writeFileSync(profile, `${lines.join('\n')}\n`)
  const [port] = await freePorts(1, new Set())
  const records = quotaBytesPerSec / recordBytes
  const limits = ['--start', String(Math.round(records * 0.85)), '--max', String(Math.round(records * 1.25))]
  const results = join(folder, 'results')
  const args = [profile, '--results', results, '--step', step, '--slo', '250ms', ...limits]
  const run = startRun(args, { KBENCH_PORT_KAFKA1: String(port) }, 'find-max')
  t.after(() => run.child.kill('SIGKILL'))
  await run.says('warm-up  ')
  await setProducerQuota(`127.0.0.1:${port}`, quotaBytesPerSec)
  const { exitCode } = await run.ended
  t.diagnostic(run.stdout())
  assert.equal(exitCode, 0, run.stdout() + run.stderr())
  const { searches } = onlyResult(results).result.findMax!
  assert.equal(searches.length, clients.length)
  for (const { params, verdict, confirmedWireBytesPerSec, steps } of searches) {
    assert.equal(verdict, 'THROTTLED', String(params.client))
    const share = confirmedWireBytesPerSec! / quotaBytesPerSec
    assert.ok(Math.abs(share - 1) <= tolerance, `${params.client}: ${share} of the quota`)
    assert.ok(steps.some(({ throttleMs }) => (throttleMs ?? 0) > 0))
  }
}
