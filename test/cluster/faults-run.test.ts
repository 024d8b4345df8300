import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { kbench } from '../cli/_kbench.ts'
import { descendants, isClosed, onlyResult, startRun } from '../cli/_live.ts'
import { isRunning, skipReason, until } from './_providers.ts'

// `kbench run` with faults: what the command line makes of them.

const skip = await skipReason('local')
const folder = mkdtempSync(join(tmpdir(), 'kbench-faults-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
function profile(lines: readonly string[]): string {
  const file = join(folder, `faults-${++files}.yaml`)
  const all = [
    'name: faults',
    'cluster: { provider: local, layout: kraft-1, startTimeout: 2m }',
    'topic: { partitions: 3, replicationFactor: 1 }',
    'load: { rate: 300, record: { size: 100B } }',
    'phases: { clusterWarmup: 0s, warmup: 2s, measure: 12s, drain: 10s }',
  ]
  const own = new Set(lines.map((line) => line.split(':')[0]))
  writeFileSync(file, `${[...all.filter((line) => !own.has(line.split(':')[0])), ...lines].join('\n')}\n`)
  return file
}

describe('a run with a fault', { skip }, () => {
  const lines = [
    'clients: [node-rdkafka]',
    'consumers: [ { group: g1 } ]',
    'faults: [ { use: pause-broker, at: 3s, for: 3s, target: all } ]',
  ]

  test('tells in its result and on the terminal what it cost', async () => {
    const results = join(folder, 'cost')
    const { exitCode, stdout, stderr } = await kbench(['run', profile(lines), '--results', results])
    const { result } = onlyResult(results)
    const [variant] = result.variants
    const [fault] = variant!.faults
    assert.ok(fault, stderr)
    assert.equal(fault.use, 'pause-broker')
    assert.ok(Math.abs(fault.injectedAtS - 5) < 1, `${fault.injectedAtS}: 2 s of warm-up and 3 s`)
    assert.ok(fault.verifiedAtS !== null && fault.healedAtS! - fault.injectedAtS >= 2.9)
    for (const { unavailableMs, clientGapMs, recovered } of fault.partitions) {
      assert.ok(unavailableMs! >= 2900 && unavailableMs! < 6000, `${unavailableMs} ms of 3 s`)
      assert.ok(clientGapMs! >= 2900, `${clientGapMs}`)
      assert.equal(recovered, true)
    }
    assert.equal(variant!.ledger.acked, variant!.ledger.scheduled)
    assert.equal(variant!.integrity.lost, 0)
    assert.ok(variant!.timelines.canary!.atS.length > 0)
    // The canary is in nobody's counts: the end of the log is further than the load, received is not.
    assert.ok(variant!.integrity.logRecords > variant!.ledger.acked)
    assert.equal(variant!.consume!.endToEndUs!.notAcked, 0)
    assert.equal(variant!.lag.g1!.endRecords, 0)
    assert.ok([0, 4].includes(exitCode ?? -1), stderr)
    assert.match(stdout, /pause-broker|unavailable/)
  })

  test('Ctrl-C while a broker hangs: it goes on first, the result tells of it, and nothing is left', async () => {
    const results = join(folder, 'interrupted')
    const state = join(folder, 'state')
    const run = startRun([profile(lines.map((line) => line.replace('for: 3s, ', ''))), '--results', results], {
      XDG_STATE_HOME: state,
    })
    await run.says('SIGSTOP')
    const children = descendants(run.child.pid!)
    assert.ok(children.length > 0)
    run.interrupt()
    const { exitCode } = await run.ended
    assert.equal(exitCode, 130, run.stderr())
    const { result } = onlyResult(results)
    assert.equal(result.status, 'interrupted')
    assert.ok(isClosed(result))
    const [fault] = result.variants[0]!.faults
    assert.ok(fault!.healedAtS !== null)
    await until('every child is gone', () => children.every((pid) => !isRunning(pid)))
    assert.deepEqual(readdirSync(join(state, 'kbench', 'runs')), [])
  })

  test('a fault that finds no target: the variant is invalid and says why', async () => {
    const results = join(folder, 'no-target')
    const { exitCode } = await kbench([
      'run',
      profile([
        'clients: [kafkajs]',
        'workload: produce',
        'phases: { clusterWarmup: 0s, warmup: 1s, measure: 3s, drain: 3s }',
        'faults: [ { use: kill-broker, at: 1s, target: { broker: 9 } } ]',
      ]),
      ...['--results', results],
    ])
    const { result } = onlyResult(results)
    assert.equal(exitCode, 4)
    assert.match(
      result.variants[0]!.reasons.join('\n'),
      /fault kill-broker: there is no broker 9 in this cluster, only 1/,
    )
    assert.equal(result.variants[0]!.faults[0]!.verifiedAtS, null)
  })
})

test('an external cluster is never disturbed: refused before anything is asked of it', async () => {
  const file = profile([
    'cluster: { provider: external, bootstrap: ["127.0.0.1:1"] }',
    'clients: [kafkajs]',
    'workload: produce',
    'faults: [ { use: kill-broker, at: 1s }, { use: stop-broker, at: 2s } ]',
  ])
  const { exitCode, stderr } = await kbench(['run', file, '--results', join(folder, 'external')])
  assert.equal(exitCode, 3)
  assert.match(stderr, /the profile's faults cannot be had from provider external/)
  assert.match(stderr, /kill-broker: /)
  assert.match(stderr, /stop-broker: /)
})
