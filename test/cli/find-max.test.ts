import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { RunResult } from '../../src/contracts/result.ts'
import { kbench, scratch } from './_kbench.ts'
import { descendants, onlyResult, startRun } from './_live.ts'

// `kbench find-max` with the fake cluster and driver: everything but Kafka.

async function workspace(t: TestContext, lines: readonly string[] = []) {
  const folder = await scratch(t)
  const profile = join(folder, 'profile.yaml')
  const base = [
    'name: fake-max',
    'workload: produce',
    'cluster: { provider: fake }',
    'clients: [fake]',
    'load: { rate: 200 }',
    'producers: { count: 1, clientConfig: { fake: { perSec: 1000 } } }',
    'consumers: []',
    'phases: { clusterWarmup: 0s, warmup: 2s, drain: 1s }',
    'thresholds: [ "ledger.failed == 0" ]',
  ]
  writeFileSync(profile, `${[...base, ...lines].join('\n')}\n`)
  return { profile, results: join(folder, 'results') }
}

/** Other work on the machine may disturb a step; then there is a verdict that says so, and nothing more to expect. */
const undisturbed = (result: RunResult) =>
  result.findMax!.searches.every(({ steps }) => steps.every(({ failed }) => !failed.includes('CLIENT_BOUND')))

test('confirms the highest rate asked for, tells it in a table, and report tells the same again', async (t) => {
  const { profile, results } = await workspace(t)
  const args = ['find-max', profile, '--results', results, '--step', '4s', '--slo', '2s', '--max', '200']
  const { stdout, stderr, exitCode } = await kbench(args)
  const { result, directory } = onlyResult(results)
  assert.equal(exitCode, result.exitCode)
  const [search] = result.findMax!.searches
  assert.ok(search && search.steps.length >= 2)
  assert.deepEqual(
    result.variants.map(({ id }) => id),
    search.steps.map(({ variant }) => variant),
  )
  assert.equal(new Set(search.steps.map(({ variant }) => variant)).size, search.steps.length)
  assert.equal(search.steps[0]!.ratePerSec, 200)
  if (undisturbed(result)) {
    assert.equal(exitCode, 0)
    assert.equal(search.confirmedPerSec, 200)
    assert.equal(search.verdict, 'SUSTAINED')
    assert.deepEqual(
      result.thresholds.map(({ variant }) => variant),
      search.steps.filter(({ kind, verdict }) => kind === 'confirm' && verdict === 'SUSTAINED').map((s) => s.variant),
    )
  }
  assert.match(stderr, /step {5}fake 200\/s double/)
  for (const line of stdout.trimEnd().split('\n')) assert.ok([...line].length <= 80, line)
  for (const { verdict } of search.steps) assert.ok(stdout.includes(verdict))
  assert.match(stdout, /no self-test of the generator: provider fake is no cluster/)
  assert.ok(existsSync(join(directory, 'report.html')))
  const again = await kbench(['report', directory])
  assert.equal(again.stdout.replace(/^report .*$/m, ''), stdout.replace(/^report .*$/m, ''))
})

test('--json prints the result, Ctrl-C leaves one that says how far it came, and no process', async (t) => {
  const { profile, results } = await workspace(t)
  const run = startRun([profile, '--results', results, '--step', '4s', '--json'], {}, 'find-max')
  await run.says('step  ')
  const children = descendants(run.child.pid!)
  run.interrupt()
  const { exitCode } = await run.ended
  assert.equal(exitCode, 130)
  const { result, directory } = onlyResult(results)
  assert.deepEqual(JSON.parse(run.stdout()), result)
  assert.equal(result.status, 'interrupted')
  const [search] = result.findMax!.searches
  assert.equal(search!.verdict, 'INCONCLUSIVE')
  assert.match(search!.reasons[0]!, /^the search was interrupted/)
  assert.ok(search!.steps.length >= 1)
  assert.match(readFileSync(join(directory, 'summary.txt'), 'utf8'), /INTERRUPTED/)
  for (const pid of children) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

describe('what cannot be searched is told before anything starts', () => {
  const table: [string, string[], string[], RegExp][] = [
    ['a matrix of rates', ['matrix: { load.rate: [1, 2] }'], [], /load.rate is what is searched for/],
    ['a shape', [], ['--set', 'load.rate={ poisson: { mean: 5 } }'], /from a number or from max, not from a shape/],
    ['no acknowledgements', [], ['--set', 'producers.acks=0'], /what is not acknowledged cannot be judged/],
    ['a start above the end', [], ['--start', '900', '--max', '800'], /--start 900 is above --max 800/],
    ['steps of a moment', [], ['--step', '1s'], /--step is at least 4 s/],
    ['a time without a unit', [], ['--slo', '50'], /Expected a time like 50ms/],
    ['no rate', [], ['--max', 'much'], /Expected records\/s/],
    ['an unknown client', [], ['--clients', 'kafkjs'], /did you mean "kafkajs"/],
  ]
  for (const [name, lines, args, message] of table) {
    test(name, async (t) => {
      const { profile, results } = await workspace(t, lines)
      const { stderr, exitCode } = await kbench(['find-max', profile, '--results', results, ...args])
      assert.equal(exitCode, 2)
      assert.match(stderr, message)
      assert.ok(!existsSync(results))
    })
  }
})
