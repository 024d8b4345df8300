import assert from 'node:assert/strict'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Repeated, repeatedRun } from '../fixtures/repeated.ts'
import { kbench, scratch } from './_kbench.ts'

/** A folder whose results/ holds a run by each name. */
async function stored(t: TestContext, runs: Record<string, Omit<Repeated, 'runId'>>): Promise<string> {
  const folder = await scratch(t)
  for (const [runId, options] of Object.entries(runs)) {
    await mkdir(join(folder, 'results', runId), { recursive: true })
    await writeFile(join(folder, 'results', runId, 'result.json'), JSON.stringify(repeatedRun({ runId, ...options })))
  }
  return folder
}

const slower = { slower: 1.25, seed: 7 }

test('a regression makes --gate exit 98, and says which metric; without --gate it is only shown', async (t) => {
  const cwd = await stored(t, { a: {}, b: slower, same: { seed: 3 } })
  const gated = await kbench(['compare', 'a', 'results/b', '--gate'], { cwd })
  assert.equal(gated.exitCode, 98)
  assert.match(gated.stdout, /response p99\*.*worse/)
  assert.match(gated.stderr, /gate: b: response p99 worse: \+2/)
  assert.equal((await kbench(['compare', 'a', 'b'], { cwd })).exitCode, 0)
  assert.equal((await kbench(['compare', 'a', 'same', '--gate'], { cwd })).exitCode, 0)
  const other = await kbench(['compare', 'a', 'b', '--gate', 'produce.ackedPerSec'], { cwd })
  assert.deepEqual([other.exitCode, other.stderr], [0, ''])
  assert.equal((await kbench(['compare', 'a', 'b', '--gate', '--noise', '40%'], { cwd })).exitCode, 0)
})

test('three repetitions are inconclusive: a gate cannot pass on them', async (t) => {
  const cwd = await stored(t, { a: { repetitions: 3 }, b: { ...slower, repetitions: 3 } })
  const { stdout, stderr, exitCode } = await kbench(['compare', 'a', 'b', '--gate'], { cwd })
  assert.equal(exitCode, 4)
  assert.match(stdout, /response p99\*.*inconclusive/)
  assert.match(stderr, /3 and 3 repetitions cannot show a difference/)
})

test('nor can it pass on a variant that is gone, or a metric that was not measured', async (t) => {
  const cwd = await stored(t, { a: {}, one: { clients: ['kafkajs'], seed: 3 } })
  const gone = await kbench(['compare', 'a', 'one', '--gate'], { cwd })
  assert.deepEqual([gone.exitCode, gone.stderr], [4, 'kbench: gate: node-rdkafka is only in a\n'])
  const unmeasured = await kbench(['compare', 'one', 'a', '--gate', 'faults.unavailableMs.max'], { cwd })
  assert.equal(unmeasured.exitCode, 4)
  assert.match(unmeasured.stderr, /unavailable max was not measured/)
})

test('every format to stdout or by the ending of a file', async (t) => {
  const cwd = await stored(t, { a: {}, b: slower })
  const { stdout, exitCode } = await kbench(
    ['compare', 'a', 'b', '--json', '--out', 'o/c.md', '--out', 'o/c.xml,o/c.csv,o/c.txt,o/c.json', '--html', 'o/page'],
    { cwd },
  )
  assert.equal(exitCode, 0)
  assert.equal(JSON.parse(stdout).pairs.length, 2)
  const begins = async (file: string) => (await readFile(join(cwd, 'o', file), 'utf8')).slice(0, 9)
  assert.deepEqual(await Promise.all(['c.md', 'c.xml', 'c.csv', 'c.txt', 'page'].map(begins)), [
    '### b aga',
    '<?xml ver',
    'base,othe',
    'base    a',
    '<!doctype',
  ])
  assert.equal(await readFile(join(cwd, 'o/c.json'), 'utf8'), stdout)
  assert.match(await readFile(join(cwd, 'o/page'), 'utf8'), /href="\.\.\/results\/a\/report\.html"/)
})

test('a baseline is small and takes the place of its run', async (t) => {
  const cwd = await stored(t, { a: {}, b: slower })
  const saved = await kbench(['compare', '--save-baseline', 'base.json', 'a'], { cwd })
  assert.deepEqual([saved.exitCode, saved.stdout], [0, ''])
  assert.ok((await stat(join(cwd, 'base.json'))).size < 100_000)
  const { stdout, exitCode } = await kbench(['compare', 'base.json', 'b', '--gate'], { cwd })
  assert.equal(exitCode, 98)
  const whole = await kbench(['compare', 'a', 'b'], { cwd })
  assert.equal(stdout.replaceAll('base    base,', 'base    a,'), whole.stdout)
})

test('variants of one run', async (t) => {
  const cwd = await stored(t, { a: {} })
  const { stdout, exitCode } = await kbench(['compare', 'a', '--across', 'client'], { cwd })
  assert.equal(exitCode, 0)
  assert.match(stdout, /^base {4}kafkajs, 6 repetitions\nother {3}node-rdkafka, 6 repetitions\n/)
  const alone = await kbench(['compare', 'a'], { cwd })
  assert.deepEqual([alone.exitCode, alone.stdout], [2, ''])
  assert.match(alone.stderr, /--across client/)
})

test('what cannot be compared, and what is no metric, is a usage error that says what to do', async (t) => {
  const { profile } = repeatedRun({ runId: 'x', repetitions: 1 })
  const cwd = await stored(t, { a: {}, b: { changes: { profile: { ...profile, seed: 9 } } } })
  const expected: [string[], RegExp][] = [
    [['a', 'b'], /not alike[\s\S]*seed[\s\S]*--across seed/],
    [['a', 'b', '--across', 'seed', '--metrics', 'produce.ackedPerSek'], /did you mean "produce\.ackedPerSec"/],
    [['a', 'b', '--out', 'c.pdf'], /\.html, \.json/],
    [['a', 'nowhere'], /nowhere: no result\.json/],
    [['a', 'b', '--noise', 'lots'], /percentage/],
    [['a', 'b', '--json', '--csv'], /stdout takes one/],
  ]
  for (const [args, words] of expected) {
    const { stderr, stdout, exitCode } = await kbench(['compare', ...args], { cwd })
    assert.deepEqual([exitCode, stdout], [2, ''], args.join(' '))
    assert.match(stderr, words)
  }
})

test('calibrate: the noise of a stored run, and compare judges by it', async (t) => {
  const { environment } = repeatedRun({ runId: 'x', repetitions: 1 })
  const cwd = await stored(t, {
    a: { repetitions: 12 },
    b: { slower: 1.045, seed: 4, repetitions: 12 },
    away: { changes: { environment: { ...environment, cpu: 'another' } } },
    few: { repetitions: 4 },
  })
  const made = await kbench(['calibrate', '--from', 'a', '--out', 'noise.json'], { cwd })
  assert.equal(made.exitCode, 0, made.stderr)
  assert.match(made.stdout, /^kafkajs, 12 repetitions\n.*n=4 +n=5 +n=6 +n=10\n/)
  assert.match(made.stdout, /^response p99 +\d/m)
  for (const line of made.stdout.split('\n')) assert.ok([...line].length <= 80, line)
  // 4.5 % is beyond what these A/A runs differ by, and within 10 %.
  const calibrated = ['compare', 'a', 'b', '--gate', 'produce.responseUs.p99', '--calibration', 'noise.json']
  assert.equal((await kbench(calibrated, { cwd })).exitCode, 98)
  assert.equal((await kbench([...calibrated, '--noise', '10'], { cwd })).exitCode, 0)
  const elsewhere = await kbench(['compare', 'away', 'away', '--calibration', 'noise.json'], { cwd })
  assert.equal(elsewhere.exitCode, 2)
  assert.match(elsewhere.stderr, /another machine[\s\S]*environment\.cpu/)
  const few = await kbench(['calibrate', '--from', 'few'], { cwd })
  assert.equal(few.exitCode, 4)
  assert.match(few.stderr, /6 valid repetitions/)
  assert.equal((await kbench(['calibrate'], { cwd })).exitCode, 2)
  assert.match(
    (await kbench(['compare', 'a', 'b', '--calibration', 'results/a/result.json'], { cwd })).stderr,
    /no calibration/,
  )
})
