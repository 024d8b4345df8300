import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { kbench, scratch } from './_kbench.ts'
import { descendants, isClosed, onlyResult, startRun } from './_live.ts'

// `kbench run` with the fake cluster and driver: everything but Kafka, in seconds.

const quietly = ['--quiet', '--no-reports']

async function workspace(t: TestContext, lines: readonly string[] = []) {
  const folder = await scratch(t)
  const profile = join(folder, 'profile.yaml')
  const base = [
    'name: fake-run',
    'cluster: { provider: fake }',
    'clients: [fake]',
    'topic: { partitions: 4 }',
    'load: { rate: 200 }',
    'producers: { count: 2 }',
    'consumers: [ { group: g1, members: 2 } ]',
    'phases: { clusterWarmup: 0s, warmup: 1s, measure: 2s, drain: 2s }',
  ]
  writeFileSync(profile, `${[...base, ...lines].join('\n')}\n`)
  return { profile, results: join(folder, 'results') }
}

const fake = (options: string) => ['--set', `producers.clientConfig={fake: {${options}}}`]

// Two at once: a run of the fake cluster mostly waits for its phases to be over.
describe('a run', { concurrency: 2 }, () => {
  test('--provider is the profile’s, short; not beside a cluster that stays', async (t) => {
    const { profile } = await workspace(t)
    const refused = await kbench(['run', profile, '--provider', 'docker', '--dry-run'])
    assert.equal(refused.exitCode, 2)
    assert.match(refused.stderr, /there is no provider "docker", one of: auto, compose/)
    const both = await kbench(['run', profile, '--provider', 'local', '--cluster', 'x'])
    assert.deepEqual([both.exitCode, /--cluster and --provider/.test(both.stderr)], [2, true])
    assert.equal((await kbench(['run', profile, '--provider', 'fake', '--dry-run'])).exitCode, 0)
  })

  test('leaves result, journal, reports and a summary; stdout carries the summary alone', async (t) => {
    const { profile, results } = await workspace(t)
    const { stdout, stderr, exitCode } = await kbench(['run', profile, '--results', results])
    const { result, directory } = onlyResult(results)
    assert.equal(exitCode, result.exitCode)
    const [variant] = result.variants
    assert.deepEqual(variant!.ledger, { scheduled: 600, acked: 600, failed: 0, unknown: 0, unsent: 0 })
    assert.equal(variant!.produce.responseUs!.count, 400)
    assert.equal(variant!.produce.offeredPerSec, 200)
    assert.match(stdout, /fake-run/)
    assert.doesNotMatch(stdout, /teardown/)
    for (const stage of ['cluster', 'topic', 'connect', 'load', 'audit', 'teardown', 'report']) {
      assert.match(stderr, new RegExp(`s {2}${stage}`))
    }
    for (const file of ['report.html', 'journal.ndjson', 'logs/kbench.log', 'charts']) {
      assert.ok(existsSync(join(directory, file)), file)
    }
  })

  test('its recording holds every frame, a JSON object a line', async (t) => {
    const { profile, results } = await workspace(t)
    await kbench(['run', profile, '--results', results, ...quietly])
    const { directory } = onlyResult(results)
    const entriesOf = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    const journal = entriesOf(readFileSync(join(directory, 'journal.ndjson'), 'utf8'))
    assert.equal(journal[0].type, 'run')
    assert.deepEqual(
      journal.slice(-2).map(({ type }) => type),
      ['variant', 'over'],
    )
    const facts = entriesOf(gunzipSync(readFileSync(join(directory, 'recordings/0.ndjson.gz'))).toString())
    assert.equal(facts[0].runId, journal[0].runId)
    const acked = facts
      .filter(({ fact }) => fact === 'frame')
      .flatMap(({ cells }) => cells)
      .reduce((sum: number, { events }) => sum + events.acked, 0)
    assert.equal(acked, 600)
  })

  test('--json prints the result, --quiet no progress', async (t) => {
    const { profile, results } = await workspace(t)
    const { stdout, stderr } = await kbench(['run', profile, '--results', results, '--json', ...quietly])
    assert.equal(JSON.parse(stdout).runId, onlyResult(results).result.runId)
    assert.equal(stderr, '')
  })

  test('--no-reports renders nothing and says how to; kbench report does it then', async (t) => {
    const { profile, results } = await workspace(t)
    const { stdout } = await kbench([
      'run',
      profile,
      '--results',
      results,
      '--no-reports',
      '--set',
      'phases.measure=1s',
    ])
    const { directory } = onlyResult(results)
    assert.ok(!existsSync(join(directory, 'report.html')))
    assert.ok(!existsSync(join(directory, 'charts')))
    assert.match(stdout, /^report {2}kbench report \S+$/m)
    assert.equal((await kbench(['report', directory])).exitCode, 0)
    assert.ok(existsSync(join(directory, 'report.html')))
  })

  test('refused records are failed, unanswered ones unknown, and neither makes the client look good', async (t) => {
    const { profile, results } = await workspace(t)
    await kbench(['run', profile, '--results', results, ...quietly, ...fake('failEvery: 4, loseEvery: 10')])
    const [variant] = onlyResult(results).result.variants
    // Of each producer's 300: every 10th unanswered (30), every 4th refused but those that are both (75 − 15).
    assert.deepEqual(variant!.ledger, { scheduled: 600, acked: 420, failed: 120, unknown: 60, unsent: 0 })
    assert.equal(variant!.produce.errors.FAKE_REFUSAL, 120)
    const { p50, p90, p99, notAcked, count } = variant!.produce.responseUs!
    assert.equal(count + notAcked, 400)
    assert.notEqual(p50, null)
    assert.equal(p90, null)
    assert.equal(p99, null)
  })

  test('a threshold that is missed is exit 99; one on an unknown value is missed', async (t) => {
    const { profile, results } = await workspace(t, ['thresholds: [ "ledger.acked < 10", "integrity.lost == 0" ]'])
    const { exitCode } = await kbench(['run', profile, '--results', results, ...quietly])
    const { result } = onlyResult(results)
    assert.deepEqual(
      result.thresholds.map(({ value, ok }) => ({ value, ok })),
      [
        { value: 600, ok: false },
        { value: null, ok: false },
      ],
    )
    assert.ok(result.exitCodes.includes(99))
    assert.equal(exitCode, result.exitCode)
  })

  test('a threshold that can no longer be met ends its variant; the others go on, and --junit tells', async (t) => {
    const { profile, results } = await workspace(t, [
      'matrix: { producers.acks: [all, 1] }',
      'thresholds:',
      '  - { threshold: ledger.failed == 0, variant: { producers.acks: 1 }, abortOnFail: true }',
      '  - { threshold: produce.responseUs.p50 < 1us, window: 2s, variant: { producers.acks: all } }',
      '  - { threshold: produce.ackedPerSec > 1, window: 1s }',
    ])
    const junit = join(results, '..', 'ci', 'junit.xml')
    const sets = ['--set', 'phases.measure=6s', '--junit', junit, ...fake('failEvery: 100')]
    const { exitCode } = await kbench(['run', profile, '--results', results, ...quietly, ...sets])
    const { result } = onlyResult(results)
    const [all, one] = result.variants
    assert.equal(exitCode, result.exitCode)
    assert.ok(result.exitCodes.includes(99) && !result.exitCodes.includes(3))
    // One record of a hundred is refused, without a fault: that counts for more than the threshold.
    assert.deepEqual([one!.status, all!.status], ['invalid', 'invalid'])
    // The refused records come first.
    assert.deepEqual([one!.findings![0]!.code, one!.findings![0]!.error], ['records-failed', 'FAKE_REFUSAL'])
    assert.ok(
      one!.reasons.some((reason) => /^ended early: ledger.failed == 0 missed by [\d.]+ s$/.test(reason)),
      one!.reasons.join('; '),
    )
    assert.ok(one!.events.some(({ kind }) => kind === 'aborted'))
    assert.equal(all!.ledger.scheduled, 1400)
    assert.ok(one!.ledger.scheduled < 1200, String(one!.ledger.scheduled))
    assert.ok(isClosed(result))
    // What was measured are whole seconds at the full rate.
    const measure = one!.phases.find(({ name }) => name === 'measure')!
    assert.ok(Number.isInteger(measure.endS) && measure.endS < 7, JSON.stringify(measure))
    assert.equal(one!.produce.offeredPerSec, 200)
    const told = result.thresholds.map(({ expression, ok, windows, aborted }) => ({ expression, ok, windows, aborted }))
    assert.deepEqual(told.slice(0, 2), [
      { expression: 'produce.responseUs.p50 < 1us', ok: false, windows: 5, aborted: undefined },
      { expression: 'produce.ackedPerSec > 1', ok: true, windows: 6, aborted: undefined },
    ])
    assert.deepEqual(told[2], { expression: 'ledger.failed == 0', ok: false, windows: undefined, aborted: true })
    assert.match(readFileSync(junit, 'utf8'), /<testsuites name="kbench" tests="8" failures="2" /)
  })

  test('a client that cannot do what is asked is an unsupported variant, and the other one runs', async (t) => {
    const { profile, results } = await workspace(t)
    const sets = ['--set', 'clients=[kafkajs, fake]', '--set', 'producers.compression=zstd']
    await kbench(['run', profile, '--results', results, ...quietly, ...sets])
    const { variants } = onlyResult(results).result
    assert.equal(variants[0]!.status, 'unsupported')
    assert.match(variants[0]!.reasons.join(), /zstd/)
    assert.equal(variants[1]!.ledger.acked, 600)
  })

  test('repetitions are mirrored: AB, then BA', async (t) => {
    const { profile, results } = await workspace(t)
    const sets = ['--set', 'repeat=2', '--set', 'clients=[fake, kafkajs]', '--set', 'producers.compression=zstd']
    await kbench(['run', profile, '--results', results, ...quietly, ...sets])
    assert.deepEqual(
      onlyResult(results).result.variants.map(({ id }) => id),
      ['client=fake#1', 'client=kafkajs#1', 'client=kafkajs#2', 'client=fake#2'],
    )
  })

  test('a results folder that cannot be made is exit 3, and says which', async (t) => {
    const { profile } = await workspace(t)
    const { stderr, exitCode } = await kbench(['run', profile, '--results', join(profile, 'inside')])
    assert.equal(exitCode, 3)
    assert.match(stderr, /cannot create .*profile.yaml\/inside/)
  })
})

describe('trouble', { concurrency: 2 }, () => {
  test('a client that crashes its process leaves the data to its last second, and an invalid variant', async (t) => {
    const { profile, results } = await workspace(t)
    const { exitCode } = await kbench(['run', profile, '--results', results, '--quiet', ...fake('crashAfterMs: 2300')])
    assert.equal(exitCode, 4)
    const { result, directory } = onlyResult(results)
    const [variant] = result.variants
    assert.equal(variant!.status, 'invalid')
    assert.match(variant!.reasons.join(), /producer 0 ended: load host ended with signal SIGSEGV/)
    assert.ok(isClosed(result))
    assert.equal(variant!.ledger.scheduled, 600)
    // Frames come every second: the first two seconds are there, at 200 records/s.
    assert.ok(variant!.ledger.acked >= 300, `${variant!.ledger.acked} acked`)
    assert.ok(variant!.ledger.unsent > 0)
    assert.ok(existsSync(join(directory, 'report.html')))
  })

  test('an exception inside a client ends its worker, not the run', async (t) => {
    const { profile, results } = await workspace(t)
    const sets = [...fake('throwAfterMs: 2500'), '--set', 'phases.measure=4s']
    const { exitCode } = await kbench(['run', profile, '--results', results, ...quietly, ...sets])
    assert.equal(exitCode, 4)
    const { result } = onlyResult(results)
    assert.ok(isClosed(result))
    assert.ok(result.variants[0]!.findings!.some(({ code }) => code === 'worker-lost'))
  })

  test('V1: a client that ends before anything was acknowledged has failed', async (t) => {
    const { profile, results } = await workspace(t)
    const { exitCode } = await kbench(['run', profile, '--results', results, ...quietly, ...fake('throwAfterMs: 500')])
    assert.equal(exitCode, 3)
    const { result } = onlyResult(results)
    assert.ok(isClosed(result))
    assert.deepEqual(
      [result.variants[0]!.status, result.variants[0]!.findings![0]!.code],
      ['failed', 'nothing-acknowledged'],
    )
  })

  test('a load host that is killed from outside: the others go on to the end', async (t) => {
    const { profile, results } = await workspace(t)
    const run = startRun([profile, '--results', results])
    await run.says('load  ')
    const [first] = descendants(run.child.pid!)
    process.kill(first!, 'SIGKILL')
    const { exitCode } = await run.ended
    assert.equal(exitCode, 4)
    const { result } = onlyResult(results)
    assert.ok(isClosed(result))
    assert.match(result.variants[0]!.reasons.join(), /signal SIGKILL/)
    assert.ok(result.variants[0]!.ledger.acked >= 250)
  })
})

describe('Ctrl-C', () => {
  for (const stage of ['topic  ', 'load  ']) {
    test(`at "${stage.trim()}": a partial result, exit 130, no process left`, async (t) => {
      const { profile, results } = await workspace(t)
      const run = startRun([profile, '--results', results, '--set', 'phases.measure=60s'])
      await run.says(stage)
      run.interrupt()
      const { exitCode } = await run.ended
      assert.equal(exitCode, 130)
      const { result, directory } = onlyResult(results)
      assert.equal(result.status, 'interrupted')
      assert.deepEqual(result.exitCodes, [130])
      assert.equal(result.variants[0]!.status, 'interrupted')
      assert.ok(isClosed(result))
      assert.ok(existsSync(join(directory, 'report.html')))
      assert.deepEqual(descendants(run.child.pid!), [])
      assert.match(run.stdout(), /INTERRUPTED/)
    })
  }

  test('twice: everything ends at once', async (t) => {
    const { profile, results } = await workspace(t)
    // Nothing is ever acknowledged: an orderly end has to wait.
    const run = startRun([profile, '--results', results, ...fake('loseEvery: 1')])
    await run.says('load  ')
    const hosts = descendants(run.child.pid!)
    assert.ok(hosts.length >= 4)
    run.interrupt()
    await run.says('press Ctrl-C again to quit immediately')
    run.interrupt()
    const { exitCode, afterMs } = await run.ended
    assert.equal(exitCode, 130)
    assert.ok(afterMs < 1000, `took ${afterMs} ms`)
    for (const pid of hosts)
      assert.ok(!existsSync(`/proc/${pid}/cmdline`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z'))
  })

  test('the supervisor killed: load hosts end by themselves', async (t) => {
    const { profile, results } = await workspace(t)
    const run = startRun([profile, '--results', results, '--set', 'phases.measure=60s'])
    await run.says('load  ')
    const hosts = descendants(run.child.pid!)
    run.child.kill('SIGKILL')
    await run.ended
    const deadline = performance.now() + 20_000
    const running = () =>
      hosts.filter((pid) => existsSync(`/proc/${pid}/fd`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '')
    while (running().length > 0) {
      assert.ok(performance.now() < deadline, `still there: ${running().join(', ')}`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
})
