import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { RunResult, Variant } from '../../src/contracts/result.ts'
import { kbench, scratch } from './_kbench.ts'
import { isClosed, onlyResult, startRun } from './_live.ts'

// Matrices with the fake cluster and driver: what a plan says, what a broken variant ends, and how a run goes on.

const quietly = ['--quiet', '--no-reports']

async function workspace(t: TestContext, lines: readonly string[] = []) {
  const folder = await scratch(t)
  const profile = join(folder, 'profile.yaml')
  const base = [
    'name: fake-matrix',
    'cluster: { provider: fake }',
    'workload: produce',
    'clients: [fake]',
    'load: { rate: 100 }',
    'phases: { clusterWarmup: 0s, warmup: 0s, measure: 1s, drain: 1s }',
  ]
  writeFileSync(profile, `${[...base, ...lines].join('\n')}\n`)
  return { profile, results: join(folder, 'results') }
}

const fourPartitions = ['matrix: { topic.partitions: [1, 2, 3, 4] }']
const onlyFolder = (results: string) => join(results, readdirSync(results)[0]!)
// A machine that is busy makes the load late, and the variant invalid: measured all the same.
const outcome = ({ status, ledger }: Variant) =>
  ['ok', 'invalid'].includes(status) && ledger.acked === ledger.scheduled ? 'ran' : status
const measured = [0, 4]
const outcomes = ({ variants }: RunResult) =>
  variants.map((variant) => [variant.params['topic.partitions'], outcome(variant), variant.session ?? null])

describe('the plan', () => {
  test('--dry-run prints it, 80 columns by 24 lines at most, and starts nothing', async (t) => {
    const { profile, results } = await workspace(t, [
      'matrix: { topic.partitions: [1, 6, 12, 48, 200], producers.acks: [1, all], producers.compression: [none, zstd] }',
      'repeat: 2',
    ])
    const args = ['run', profile, '--results', results, '--dry-run', '--set', 'clients=[fake, kafkajs]']
    const { stdout, exitCode } = await kbench(args)
    assert.equal(exitCode, 0)
    assert.match(stdout, /^fake-matrix: 40 variants × 2 repetitions, 60 runs, about \d+ min\n/)
    assert.match(stdout, /\d+ more \(--dry-run --json has them all\)/)
    assert.match(stdout, /! unsupported, 20 runs: .*zstd/)
    const lines = stdout.split('\n')
    assert.ok(lines.length <= 24 && lines.every((line) => line.length <= 80), stdout)
    assert.ok(!existsSync(results))
  })

  test('--json gives it as data', async (t) => {
    const { profile } = await workspace(t, [...fourPartitions, 'repeat: 2'])
    const { stdout } = await kbench(['run', profile, '--dry-run', '--json', '--set', 'phases.coolDown=10s'])
    const plan = JSON.parse(stdout)
    assert.equal(plan.runs, 8)
    assert.deepEqual(plan.variants[4].params, { client: 'fake', 'topic.partitions': 4 })
    assert.equal(plan.variants[4].status, 'planned')
    assert.ok(plan.estimatedS >= 8 * 11, String(plan.estimatedS))
  })
})

// Two at once: a run of the fake cluster mostly waits for its phases to be over.
describe('one variant of several', { concurrency: 2 }, () => {
  test('whose topic cannot be made fails with the reason, and the others run; exit 3', async (t) => {
    const { profile, results } = await workspace(t, ['matrix: { topic.config.fake.refuse: [false, true, 0] }'])
    const { exitCode } = await kbench(['run', profile, '--results', results, ...quietly])
    const { result } = onlyResult(results)
    assert.deepEqual(result.variants.map(outcome), ['ran', 'failed', 'ran'])
    assert.match(result.variants[1]!.reasons.join(), /topic .* is refused/)
    assert.equal(exitCode, 3)
  })

  test('whose client crashes is invalid, and the others run; exit 4', async (t) => {
    // Not before it has reported: a variant of which nothing was acknowledged has failed.
    const { profile, results } = await workspace(t, ['matrix: { producers.clientConfig.fake.crashAfterMs: [2500, 0] }'])
    const sets = ['--set', 'phases.measure=4s']
    const { exitCode } = await kbench(['run', profile, '--results', results, ...quietly, ...sets])
    const { result } = onlyResult(results)
    assert.deepEqual(result.variants.map(outcome), ['invalid', 'ran'])
    assert.equal(exitCode, 4)
  })

  test('with which the cluster dies ends the run: what is there is kept, the rest is not begun; exit 3', async (t) => {
    const { profile, results } = await workspace(t, ['matrix: { topic.config.fake.die: [false, true, 0] }'])
    const { exitCode } = await kbench(['run', profile, '--results', results, ...quietly])
    const { result } = onlyResult(results)
    assert.deepEqual(
      result.variants.map((variant) => [outcome(variant), variant.reasons.includes('not begun')]),
      [
        ['ran', false],
        ['failed', false],
        ['failed', true],
      ],
    )
    assert.equal(result.variants[0]!.ledger.acked, 100)
    assert.match(result.notes.join(), /the fake cluster is dead/)
    assert.equal(exitCode, 3)
  })
})

describe('--resume', { concurrency: 2 }, () => {
  test('after kill -9: only the variant that was running is lost, and one result has all', async (t) => {
    const { profile, results } = await workspace(t, fourPartitions)
    const run = startRun([profile, '--results', results])
    await run.says('client=fake,topic.partitions=3')
    run.child.kill('SIGKILL')
    await run.ended
    const folder = onlyFolder(results)
    assert.ok(!existsSync(join(folder, 'result.json')))
    // A power cut tears lines.
    appendFileSync(join(folder, 'journal.ndjson'), '{"type":"variant","id":"client=fake,topic.pa')
    const { stdout, stderr, exitCode } = await kbench(['run', '--resume', folder])
    assert.ok(measured.includes(exitCode), stderr)
    assert.match(stderr, /2 runs left of 4/)
    const { result } = onlyResult(results)
    assert.deepEqual(outcomes(result), [
      [1, 'ran', 1],
      [2, 'ran', 1],
      [3, 'ran', 2],
      [4, 'ran', 2],
    ])
    assert.deepEqual(
      result.sessions!.map(({ session, environment }) => [session, environment.node]),
      [
        [1, process.versions.node],
        [2, process.versions.node],
      ],
    )
    assert.ok(result.sessions![0]!.startedAt < result.sessions![1]!.startedAt)
    assert.equal(result.startedAt, result.sessions![0]!.startedAt)
    assert.ok(existsSync(join(folder, 'report.html')))
    assert.match(stdout, /^(OK|INVALID)/)
  })

  test('after Ctrl-C: the interrupted variant is run again', async (t) => {
    const { profile, results } = await workspace(t, fourPartitions)
    const run = startRun([profile, '--results', results])
    await run.says('client=fake,topic.partitions=2')
    run.interrupt()
    assert.equal((await run.ended).exitCode, 130)
    const { result: partial, directory } = onlyResult(results)
    assert.equal(partial.variants[1]!.status, 'interrupted')
    const { exitCode } = await kbench(['run', '--resume', directory, ...quietly])
    assert.ok(measured.includes(exitCode), String(exitCode))
    const { result } = onlyResult(results)
    assert.deepEqual(
      outcomes(result).map(([, status, session]) => [status, session]),
      [
        ['ran', 1],
        ['ran', 2],
        ['ran', 2],
        ['ran', 2],
      ],
    )
    assert.ok(isClosed(result))
  })

  test('--limit leaves the rest to later sessions, and a run that is complete starts nothing', async (t) => {
    const { profile, results } = await workspace(t, fourPartitions)
    const first = await kbench(['run', profile, '--results', results, '--limit', '3'])
    assert.ok(measured.includes(first.exitCode), first.stderr)
    assert.match(first.stdout, /^INCOMPLETE/)
    const { result: partial, directory } = onlyResult(results)
    assert.equal(partial.status, 'interrupted')
    assert.ok(!partial.exitCodes.includes(130))
    assert.match(partial.notes.join(), /1 left for a later session: kbench run --resume/)
    const second = await kbench(['run', profile, '--resume', directory])
    assert.ok(measured.includes(second.exitCode), second.stderr)
    const whole = onlyResult(results).result
    assert.deepEqual(outcomes(whole).at(-1), [4, 'ran', 2])
    rmSync(join(directory, 'result.json'))
    const third = await kbench(['run', '--resume', directory])
    assert.equal(third.exitCode, second.exitCode)
    assert.doesNotMatch(third.stderr, / load /)
    const again = onlyResult(results).result
    assert.deepEqual(outcomes(again), outcomes(whole))
    assert.equal(again.sessions!.length, 2)
  })

  test('a variant that a threshold has ended is over, and its outcome is that of the session that saw it', async (t) => {
    const { profile, results } = await workspace(t, [
      'matrix: { topic.partitions: [1, 2] }',
      'thresholds:',
      '  - { threshold: ledger.failed == 0, variant: { topic.partitions: 1 }, abortOnFail: true }',
      '  - { threshold: produce.ackedPerSec > 1, window: 1s }',
    ])
    const sets = ['phases.measure=4s', 'producers.clientConfig.fake.failEvery=50'].flatMap((set) => ['--set', set])
    await kbench(['run', profile, '--results', results, ...quietly, '--limit', '1', ...sets])
    const first = onlyResult(results).result
    assert.ok(first.variants[0]!.reasons.some((reason) => reason.startsWith('ended early')))
    await kbench(['run', '--resume', onlyFolder(results), ...quietly])
    const { result } = onlyResult(results)
    assert.deepEqual(
      result.variants.map(({ session }) => session),
      [1, 2],
    )
    assert.deepEqual(result.variants[0], first.variants[0])
    const ofFirst = (run: RunResult) => run.thresholds.filter(({ variant }) => variant === first.variants[0]!.id)
    assert.deepEqual(ofFirst(result), ofFirst(first))
    assert.ok(ofFirst(result).some(({ aborted }) => aborted) && ofFirst(result).some(({ windows }) => windows! > 0))
  })

  test('what no client can do keeps no run from being complete', async (t) => {
    const { profile, results } = await workspace(t, [
      'matrix: { producers.compression: [none, zstd] }',
      'exclude: [ { client: kafkajs, producers.compression: none } ]',
    ])
    await kbench(['run', profile, '--results', results, ...quietly, '--set', 'clients=[kafkajs, fake]'])
    const { directory } = onlyResult(results)
    const { stderr } = await kbench(['run', '--resume', directory])
    assert.doesNotMatch(stderr, /s {2}cluster/)
    const { result } = onlyResult(results)
    assert.deepEqual(result.variants.map(outcome), ['unsupported', 'ran', 'ran'])
    assert.equal(result.sessions!.length, 1)
  })

  test('--for stops before a variant that would not fit, and refuses what not even one fits', async (t) => {
    const { profile, results } = await workspace(t, fourPartitions)
    const short = await kbench(['run', profile, '--results', results, '--for', '10s'])
    assert.equal(short.exitCode, 2)
    assert.match(short.stderr, /--for 10 s is too short: one variant takes about \d+ s/)
    const some = ['--for', '30s', '--set', 'phases.measure=8s']
    const { exitCode } = await kbench(['run', profile, '--results', results, ...quietly, ...some])
    assert.ok(measured.includes(exitCode), String(exitCode))
    const statuses = onlyResult(results).result.variants.map(outcome)
    assert.ok(statuses.includes('ran') && statuses.includes('interrupted'), statuses.join())
  })

  test('refuses what is not as it was, naming all of it', async (t) => {
    const { profile, results } = await workspace(t, fourPartitions)
    await kbench(['run', profile, '--results', results, ...quietly, '--limit', '1'])
    const { directory } = onlyResult(results)
    const changed = ['--set', 'load.rate=200']
    const other = await kbench(['run', profile, '--resume', directory, ...changed])
    assert.equal(other.exitCode, 2)
    assert.match(other.stderr, /profile\.load\.rate was 100 and is 200/)
    const journal = join(directory, 'journal.ndjson')
    const text = readFileSync(journal, 'utf8')
    writeFileSync(journal, text.replace(`"node":"${process.versions.node}"`, '"node":"18.0.0"'))
    const moved = await kbench(['run', '--resume', directory])
    assert.equal(moved.exitCode, 2)
    assert.match(moved.stderr, /environment\.node was "18\.0\.0" and is/)
    assert.equal((await kbench(['run', '--resume', join(results, 'nowhere')])).exitCode, 2)
  })

  test('R6: refuses a journal whose run id is a path, or that of another run; writes nothing', async (t) => {
    const { profile, results } = await workspace(t, fourPartitions)
    await kbench(['run', profile, '--results', results, '--quiet', '--limit', '1'])
    const { directory } = onlyResult(results)
    const journal = join(directory, 'journal.ndjson')
    const text = readFileSync(journal, 'utf8')
    const runId = basename(directory)
    for (const [id, expected] of [
      ['../../x', /does not say how the run began \(journal\.ndjson:1: run: runId: /],
      ['other', /journal\.ndjson is that of run other\n/],
    ] as const) {
      writeFileSync(journal, text.replace(`"runId":"${runId}"`, `"runId":${JSON.stringify(id)}`))
      const before = readdirSync(dirname(results), { recursive: true })
      for (const args of [
        ['run', '--resume', directory],
        ['report', directory, '--rebuild'],
      ]) {
        const { exitCode, stderr, stdout } = await kbench(args)
        assert.deepEqual([exitCode, stdout], [2, ''])
        assert.match(stderr, expected)
        assert.doesNotMatch(stderr, /\n {4}at /)
      }
      assert.deepEqual(readdirSync(dirname(results), { recursive: true }), before)
    }
    assert.ok(!existsSync(join(directory, '../../x')))
  })

  test('refuses a run that is still under way', async (t) => {
    const { profile, results } = await workspace(t, fourPartitions)
    const run = startRun([profile, '--results', results, '--set', 'phases.measure=60s'])
    await run.says('load  ')
    const { stderr, exitCode } = await kbench(['run', '--resume', onlyFolder(results)])
    run.interrupt()
    await run.ended
    assert.equal(exitCode, 2)
    assert.match(stderr, new RegExp(`still running \\(pid ${run.child.pid}\\)`))
  })
})
