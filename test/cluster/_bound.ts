import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { messageOf } from '../../src/base/errors.ts'
import { freePorts } from '../../src/clusters/shared/ports.ts'
import type { Variant } from '../../src/contracts/result.ts'
import { boundLimits } from '../../src/judge/bound.ts'
import { onlyResult, startRun } from '../cli/_live.ts'
import { processesNaming, until } from './_providers.ts'

// Runs in which something is to bind the load; test/cluster/bound.test.ts and test/long/bound.test.ts.

export const folder = mkdtempSync(join(tmpdir(), 'kbench-bound-'))
export const removeFolder = () => rmSync(folder, { recursive: true, force: true })

let runs = 0

export interface Forced {
  lines: readonly string[]
  clients?: readonly string[]
  /** While the cluster warms up: the broker is there, nothing is measured yet. */
  meanwhile?: (broker: { port: number; pid: number }) => Promise<void>
}

/** A short run on a local broker of its own → its variants. */
export async function variantsOf(
  t: TestContext,
  { lines, clients = ['kafkajs'], meanwhile }: Forced,
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
  // Broker and load alike: a broker that yields to the load would not come to its limit.
  const run = startRun([file, '--results', results], { KBENCH_PORT_KAFKA1: String(port), KBENCH_BROKER_NICE: '0' })
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

/** A control group of version 1 with this limit, gone after the test; a reason where there can be none. */
export function controlGroup(
  t: TestContext,
  controller: string,
  limit: [string, string],
): { hold(pid: number): void } | string {
  const group = `/sys/fs/cgroup/${controller}/kbench-test-${process.pid}`
  try {
    mkdirSync(group)
    writeFileSync(join(group, limit[0]), limit[1])
  } catch (error) {
    return `nothing can be limited here (root, control groups of version 1): ${messageOf(error)}`
  }
  t.after(async () => {
    await until('the group is empty', () => readFileSync(join(group, 'cgroup.procs'), 'utf8') === '')
    rmdirSync(group)
  })
  return { hold: (pid) => writeFileSync(join(group, 'cgroup.procs'), String(pid)) }
}

/** "<major>:<minor> <bytes per second>" of the disk that a folder is on; the limit holds for writes that a process waits for, as in fsync. */
export function writesPerSec(path: string, bytesPerSec: number): string {
  const { dev } = statSync(path)
  return `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)} ${bytesPerSec}`
}

export const byOf = ({ bound }: Variant) => bound?.by ?? []

/** Other processes took the machine: the run rightly says so, and what was to be forced is not shown. */
export const isBusy = (variant: Variant) =>
  (variant.bound?.evidence ?? []).some(({ by, value }) => by === 'host-cpu' && value! >= boundLimits.machineBusyShare)
