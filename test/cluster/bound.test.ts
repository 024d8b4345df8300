import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { messageOf } from '../../src/base/errors.ts'
import { freePorts } from '../../src/clusters/shared/ports.ts'
import type { Variant } from '../../src/contracts/result.ts'
import { boundLimits } from '../../src/judge/bound.ts'
import { onlyResult, startRun } from '../cli/_live.ts'
import { setProducerQuota } from './_kafka-tools.ts'
import { processesNaming, skipReason, until } from './_providers.ts'

// Forces what can bind a run on one machine, through the command line, and reads what the result says bound it. Network: no interface here
// has a speed that loopback traffic could reach; table tests alone (test/unit/judge/bound.test.ts).

const skip = await skipReason('local')
const folder = mkdtempSync(join(tmpdir(), 'kbench-bound-'))
const exec = promisify(execFile)

before(() => {
  if (cpus().length < 2) throw new Error('a pinned broker needs a second processor beside it')
})
after(() => rmSync(folder, { recursive: true, force: true }))

let runs = 0

interface Forced {
  lines: readonly string[]
  clients?: readonly string[]
  env?: Record<string, string>
  /** While the cluster warms up: the broker is there, nothing is measured yet. */
  meanwhile?: (broker: { port: number; pid: number }) => Promise<void>
}

/** A short run on a local broker of its own → its variants. */
async function variantsOf(
  t: TestContext,
  { lines, clients = ['kafkajs'], env = {}, meanwhile }: Forced,
): Promise<Variant[]> {
  const file = join(folder, `${++runs}.yaml`)
  const results = join(folder, `results-${runs}`)
  const all = [
    `name: bound-${runs}`,
    'workload: produce',
    'cluster: { provider: local, layout: kraft-1, startTimeout: 180s }',
    `clients: [${clients.join(', ')}]`,
    'consumers: []',
    // Long enough for one of Kafka's tools to start and be done.
    `phases: { clusterWarmup: ${meanwhile ? '12s' : '2s'}, warmup: 3s, measure: 6s, drain: 10s }`,
    ...lines,
  ]
  writeFileSync(file, `${all.join('\n')}\n`)
  const [port] = await freePorts(1, new Set())
  const run = startRun([file, '--results', results], { KBENCH_PORT_KAFKA1: String(port), ...env })
  t.after(() => run.child.kill('SIGKILL'))
  if (meanwhile) {
    await run.says('warm-up of ')
    const [pid] = processesNaming(results).filter((candidate) => candidate !== run.child.pid)
    assert.ok(pid, 'the broker runs from a folder in the results')
    await meanwhile({ port: port!, pid })
  }
  const { exitCode } = await run.ended
  assert.ok(exitCode === 0 || exitCode === 4, run.stderr())
  const { variants } = onlyResult(results).result
  for (const { id, status, reasons, produce, bound } of variants) {
    t.diagnostic(`${id}: ${status} ${reasons} ${Math.round(produce.ackedPerSec)} acked/s ${JSON.stringify(bound)}`)
  }
  return variants
}

/**
 * A control group (version 1) whose processes write so many bytes a second to the folder's disk; a reason where there can be none. The limit
 * holds for writes that a process waits for, as in fsync; those of the page cache belong to nobody there.
 */
function slowDisk(t: TestContext, path: string, bytesPerSec: number): { hold(pid: number): void } | string {
  const { dev } = statSync(path)
  const device = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`
  const group = `/sys/fs/cgroup/blkio/kbench-test-${process.pid}`
  try {
    mkdirSync(group)
    writeFileSync(join(group, 'blkio.throttle.write_bps_device'), `${device} ${bytesPerSec}`)
  } catch (error) {
    return `no disk can be made slow here (root, control groups of version 1, a whole disk): ${messageOf(error)}`
  }
  t.after(async () => {
    await until('the group is empty', () => readFileSync(join(group, 'cgroup.procs'), 'utf8') === '')
    rmdirSync(group)
  })
  return { hold: (pid) => writeFileSync(join(group, 'cgroup.procs'), String(pid)) }
}

const byOf = ({ bound }: Variant) => bound?.by ?? []

/** Other processes took the machine: the run rightly says so, and what was to be forced is not shown. */
const isBusy = (variant: Variant) =>
  (variant.bound?.evidence ?? []).some(({ by, value }) => by === 'host-cpu' && value! >= boundLimits.machineBusyShare)

describe('what bound a run', { skip }, () => {
  test('V7: a quota of the broker bounds both clients', async (t) => {
    const variants = await variantsOf(t, {
      clients: ['kafkajs', 'node-rdkafka'],
      lines: [
        'topic: { partitions: 1, replicationFactor: 1 }',
        'load: { rate: 2000, record: { size: 1024 } }',
        'producers: { count: 1, batch: { lingerMs: 20 } }',
      ],
      meanwhile: ({ port }) => setProducerQuota(`127.0.0.1:${port}`, 256 * 1024),
    })
    assert.equal(variants.length, 2)
    for (const variant of variants) {
      assert.ok(byOf(variant).includes('quota'), `${variant.id}: ${byOf(variant)}`)
      const { value, unit } = variant.bound!.evidence.find(({ by }) => by === 'quota')!
      assert.ok(value! >= boundLimits.throttleMs && unit === 'ms')
    }
  })

  test('a window of one record bounds a load at rate max', async (t) => {
    const [variant] = await variantsOf(t, {
      lines: [
        'topic: { partitions: 1, replicationFactor: 1 }',
        'load: { rate: max, record: { size: 1024 } }',
        // The linger leaves the processors time: what bounds the load is that one record waits for the one before.
        'producers: { count: 1, maxInFlight: 1, batch: { lingerMs: 20 } }',
      ],
    })
    if (isBusy(variant!)) return t.skip('other processes used the whole machine')
    assert.deepEqual(byOf(variant!), ['in-flight'])
  })

  test('a broker that may use one processor is at its limit, the machine is not', async (t) => {
    const variants = await variantsOf(t, {
      lines: [
        'topic: { partitions: 12, replicationFactor: 1 }',
        // Requests cost the broker most: each record travels alone, gzip is made by the client and read by the broker.
        'load: { rate: max, record: { size: 200 } }',
        'producers: { count: 1, maxInFlight: 400, maxInFlightRequests: 100, batch: { lingerMs: 0, maxRecords: 1 } }',
      ],
      clients: ['node-rdkafka'],
      // As the load: a broker that yields to it would not come to its limit.
      env: { KBENCH_BROKER_NICE: '0' },
      meanwhile: async ({ pid }) => {
        await exec('taskset', ['-acp', '0', String(pid)])
      },
    })
    const [variant] = variants
    // Another process on its processor takes what the broker lacks to its limit.
    if (isBusy(variant!) && !byOf(variant!).includes('broker-cpu'))
      return t.skip('other processes used the whole machine')
    assert.ok(byOf(variant!).includes('broker-cpu'), JSON.stringify(variant!.bound))
  })

  test('a disk that is slow to flush bounds a topic that flushes each batch', async (t) => {
    const slow = slowDisk(t, folder, 128 * 1024)
    if (typeof slow === 'string') return t.skip(slow)
    const [variant] = await variantsOf(t, {
      lines: [
        // Without it a broker acknowledges what lies in the page cache, and no disk is slow enough.
        'topic: { partitions: 4, replicationFactor: 1, config: { flush.messages: 1 } }',
        'load: { rate: 500, record: { size: 1KiB } }',
        'producers: { count: 1 }',
      ],
      meanwhile: async ({ pid }) => slow.hold(pid),
    })
    assert.ok(byOf(variant!).includes('disk'), JSON.stringify(variant!.bound))
  })

  test('a load with room everywhere is bound by its schedule', async (t) => {
    const [variant] = await variantsOf(t, {
      lines: ['topic: { partitions: 1, replicationFactor: 1 }', 'load: { rate: 100 }', 'producers: { count: 1 }'],
    })
    if (isBusy(variant!)) return t.skip('other processes used the whole machine')
    assert.deepEqual(byOf(variant!), ['schedule'])
  })
})
