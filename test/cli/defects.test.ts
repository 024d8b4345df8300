import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { kbench, scratch } from './_kbench.ts'
import { onlyResult, startRun } from './_live.ts'

// Rows of the table of defects (docs/repairs.md) through the command line alone, with options and fields that 0.1 had: the same file shows
// the defects there.

const phases = 'phases: { clusterWarmup: 0s, warmup: 1s, measure: 2s, drain: 1s }'

async function workspace(t: TestContext, lines: readonly string[] = [phases]) {
  const folder = await scratch(t)
  const profile = join(folder, 'profile.yaml')
  const base = [
    'name: defect',
    'workload: produce',
    'cluster: { provider: fake }',
    'clients: [fake]',
    'topic: { partitions: 4 }',
    'load: { rate: 200 }',
    'producers: { count: 2 }',
    'consumers: []',
  ]
  writeFileSync(profile, `${[...base, ...lines].join('\n')}\n`)
  return { folder, profile, results: join(folder, 'results') }
}

async function resultOf(t: TestContext, sets: readonly string[], lines?: readonly string[]) {
  const { profile, results } = await workspace(t, lines)
  const { exitCode } = await kbench([
    ...['run', profile, '--results', results, '--quiet'],
    ...sets.flatMap((set) => ['--set', set]),
  ])
  return { exitCode, variant: onlyResult(results).result.variants[0]! }
}

// Two at once: a run of the fake cluster mostly waits for its phases to be over.
describe('defects of 0.1 on the command line', { concurrency: 2 }, () => {
  test('V1: a client that acknowledges nothing: failed, exit 3, and the count first', async (t) => {
    const { exitCode, variant } = await resultOf(t, ['producers.clientConfig={fake: {loseEvery: 1}}'])
    assert.deepEqual([exitCode, variant.status], [3, 'failed'])
    assert.match(variant.reasons[0]!, /^600 of 600 records unknown/)
  })

  test('V2: a client that refuses every record: failed, exit 3, with the error', async (t) => {
    const { exitCode, variant } = await resultOf(t, ['producers.clientConfig={fake: {failEvery: 1}}'])
    assert.deepEqual([exitCode, variant.status], [3, 'failed'])
    assert.equal(variant.reasons[0], '600 of 600 records refused: FAKE_REFUSAL')
  })

  for (const rate of [0.5, 0.75]) {
    test(`V5: a warm-up of ${rate} records/s is steady`, async (t) => {
      const lines = ['phases: { clusterWarmup: 0s, warmup: 3s, measure: 4s, drain: 1s }']
      const { variant } = await resultOf(t, [`load.rate=${rate}`], lines)
      assert.ok(variant.ledger.acked > 0)
      assert.deepEqual(
        variant.reasons.filter((reason) => reason.includes('warm-up')),
        [],
      )
    })
  }

  test('N2: a count that is used up in measure: the rates are those of the time in which records were due', async (t) => {
    const { variant } = await resultOf(t, ['load.count=300'])
    assert.equal(variant.produce.offeredPerSec, 200)
    // A busy machine acknowledges some of them in drain.
    assert.ok(variant.produce.ackedPerSec > 100, `${variant.produce.ackedPerSec} records/s`)
  })

  test('N8: after Ctrl-C no record is missing that was never sent', async (t) => {
    const { profile, results } = await workspace(t, [phases.replace('measure: 2s', 'measure: 60s')])
    const run = startRun([profile, '--results', results])
    await run.says('measure ')
    run.interrupt()
    assert.equal((await run.ended).exitCode, 130)
    const [variant] = onlyResult(results).result.variants
    const { scheduled, acked, unknown, unsent } = variant!.ledger
    assert.deepEqual([scheduled - acked, unknown, unsent], [0, 0, 0])
    const { count, notAcked, p99 } = variant!.produce.responseUs!
    assert.ok(count > 0)
    assert.equal(notAcked, 0)
    assert.notEqual(p99, null)
  })

  test('N17: the lag of a group named fooUs is a number of records', async (t) => {
    const { profile } = await workspace(t, [phases, 'thresholds: [ "lag.fooUs.maxRecords < 5ms" ]'])
    const { exitCode, stderr } = await kbench([
      'validate',
      profile,
      '--set',
      'workload=produce-consume',
      '--set',
      'consumers=[{group: fooUs}]',
    ])
    assert.equal(exitCode, 2)
    assert.match(stderr, /without a unit/)
  })
})
