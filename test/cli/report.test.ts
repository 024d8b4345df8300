import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { interrupted, single } from '../fixtures/result.ts'
import { begun, begunRun, ids, linesOf, runId, storedRun } from '../unit/store/_stored-run.ts'

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

function kbench(args: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(packageRoot, 'bin/kbench.js'), ...args], { cwd }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

/** A folder with two runs in results/. */
async function runs(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kbench-report-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [id, result] of [
    ['a', single()],
    ['b', interrupted()],
  ] as const) {
    await mkdir(join(folder, 'results', id), { recursive: true })
    await writeFile(join(folder, 'results', id, 'result.json'), JSON.stringify({ ...result, runId: id }))
  }
  return folder
}

test('report renders everything into the run’s folder, from result.json alone', async (t) => {
  const folder = await runs(t)
  const { code, stdout, stderr } = await kbench(['report', 'results/a'], folder)
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  assert.match(stdout, /^OK {2}3broker-acks-all/)
  assert.match(stdout, /report {2}results\/a\/report\.html\n$/)
  const run = join(folder, 'results/a')
  assert.deepEqual((await readdir(run)).sort(), [
    'charts',
    'hdr',
    'junit.xml',
    'report.html',
    'result.json',
    'series.csv',
    'summary.md',
    'summary.txt',
    'variants.csv',
  ])
  assert.ok((await readdir(join(run, 'charts'))).includes('latency-percentiles.png'))
  assert.match(await readFile(join(run, 'report.html'), 'utf8'), /^<!doctype html>/)
})

test('several runs, by id, go into a folder each under --out; an interrupted one is no error', async (t) => {
  const folder = await runs(t)
  const { code, stdout } = await kbench(['report', 'a', 'b', '--out', 'out'], folder)
  assert.equal(code, 0)
  assert.match(stdout, /OK[\s\S]*INTERRUPTED/)
  assert.deepEqual((await readdir(join(folder, 'out'))).sort(), ['a', 'b', 'trend.html'])
  assert.deepEqual(await readdir(join(folder, 'results/a')), ['result.json'])
})

test('what is no run, or a newer one, is a usage error and nothing is written', async (t) => {
  const folder = await runs(t)
  await writeFile(join(folder, 'new.json'), '{"schemaVersion":2}')
  for (const [path, expected] of [
    ['nowhere', /nowhere: no result\.json there/],
    ['new.json', /schemaVersion 2; this kbench reads up to 1/],
  ] as const) {
    const { code, stdout, stderr } = await kbench(['report', 'a', path], folder)
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
    assert.match(stderr, expected)
  }
  assert.deepEqual(await readdir(join(folder, 'results/a')), ['result.json'])
})

test('--format prints one report of all runs together, and nothing else', async (t) => {
  const folder = await runs(t)
  const junit = await kbench(['report', 'a', 'b', '--format', 'junit'], folder)
  assert.equal(junit.code, 0)
  assert.match(junit.stdout, /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites /)
  assert.equal([...junit.stdout.matchAll(/<testsuite /g)].length, 2)
  const variants = await kbench(['report', 'a', 'b', '--format', 'csv'], folder)
  assert.match(variants.stdout, /^run,variant,client,repeat,status,integrity,ledger\.scheduled,.*\na,client=kafkajs,/)
  assert.equal(variants.stdout.trimEnd().split('\n').length, 3)
  const series = await kbench(['report', 'a', '--format', 'csv', '--series'], folder)
  assert.match(series.stdout, /^run,variant,phase,tickS,offeredPerSec,.*\na,client=kafkajs,warmup,0,/)
  assert.match((await kbench(['report', 'a', '--format', 'markdown'], folder)).stdout, /^### ✅ 3broker-acks-all: OK/)
  assert.deepEqual(await readdir(join(folder, 'results/a')), ['result.json'])
})

test('--format with --out writes the files; what makes no sense is a usage error', async (t) => {
  const folder = await runs(t)
  const { code, stdout } = await kbench(['report', 'a', '--format', 'csv', '--out', 'out'], folder)
  assert.deepEqual({ code, stdout }, { code: 0, stdout: 'out/variants.csv\nout/series.csv\n' })
  for (const [args, expected] of [
    [['--format', 'junti'], /there is no report "junti"\n.*did you mean "junit"\?/],
    [['--format', 'png'], /report png is no text/],
    [['--format', 'junit', '--series'], /--series needs --format csv/],
    [['--series'], /--series needs --format csv/],
  ] as const) {
    const wrong = await kbench(['report', 'a', ...args], folder)
    assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
    assert.match(wrong.stderr, expected)
  }
})

/** A folder with a run as it is stored, its result.json rebuilt. */
async function storedInResults(t: TestContext) {
  const { root, directory } = await storedRun(t, {
    'journal.ndjson': [begunRun(), begun(0)],
    'recordings/0.ndjson': linesOf(ids[0]),
  })
  const { code, stderr } = await kbench(['report', directory, '--format', 'junit'], root)
  assert.deepEqual(
    [code, stderr],
    [0, `kbench: ${runId}: result.json rebuilt from the journal and the recordings: it was missing\n`],
  )
  return { root, directory, file: join(directory, 'result.json') }
}

test('a result.json that is torn is rebuilt, and what was there is kept', async (t) => {
  const { root, directory, file } = await storedInResults(t)
  const whole = await readFile(file, 'utf8')
  for (const [torn, kept] of [
    [whole.slice(0, 1000), 'result.unreadable.json'],
    ['', 'result.unreadable-2.json'],
  ] as const) {
    await writeFile(file, torn)
    const { code, stdout, stderr } = await kbench(['report', directory, '--out', join(root, 'out')], root)
    assert.equal(code, 0)
    assert.match(stdout, /^INTERRUPTED/)
    assert.match(
      stderr,
      /^kbench: \S+: result\.json rebuilt from the journal and the recordings: it was not JSON \(.+\); .*\n$/,
    )
    assert.equal(await readFile(file, 'utf8'), whole)
    assert.equal(await readFile(join(directory, kept), 'utf8'), torn)
  }
})

test('one of other definitions is rendered as it is; --rebuild replaces it, keeps it and prints what changed', async (t) => {
  const { root, directory, file } = await storedInResults(t)
  const whole = await readFile(file, 'utf8')
  const { definitions, ...result } = JSON.parse(whole)
  result.variants[0].ledger.acked = 7
  for (const kept of ['result.definitions-1.json', 'result.definitions-1-2.json']) {
    const old = JSON.stringify(result)
    await writeFile(file, old)
    const plain = await kbench(['report', directory, '--format', 'csv'], root)
    assert.equal(plain.code, 0)
    assert.match(
      plain.stderr,
      /^kbench: \S+: its numbers follow definitions 1, those of this kbench are 2: .*--rebuild.*\n$/,
    )
    assert.equal(await readFile(file, 'utf8'), old)
    const { code, stderr } = await kbench(['report', directory, '--format', 'csv', '--rebuild'], root)
    assert.equal(code, 0)
    assert.deepEqual(stderr.split('\n').slice(0, 3), [
      `kbench: ${runId}: result.json rebuilt; the one before is kept as ${kept}`,
      'kbench: variants[client=a].ledger.acked: 7 → 40',
      `kbench: definitions: absent → ${definitions}`,
    ])
    assert.equal(await readFile(file, 'utf8'), whole)
    assert.equal(await readFile(join(directory, kept), 'utf8'), old)
  }
  const { stderr } = await kbench(['report', directory, '--format', 'csv', '--rebuild'], root)
  assert.equal(stderr, `kbench: ${runId}: rebuilt, no field changed\n`)
})

test('--rebuild of a run without recordings changes nothing; a torn result without a journal is an error', async (t) => {
  const folder = await runs(t)
  const before = await readFile(join(folder, 'results/a/result.json'), 'utf8')
  const anew = await kbench(['report', 'a', '--rebuild'], folder)
  assert.deepEqual([anew.code, anew.stdout], [2, ''])
  assert.match(anew.stderr, /no journal\.ndjson there\n/)
  assert.equal(await readFile(join(folder, 'results/a/result.json'), 'utf8'), before)
  await writeFile(join(folder, 'results/a/result.json'), before.slice(0, 100))
  const torn = await kbench(['report', 'a'], folder)
  assert.deepEqual([torn.code, torn.stdout], [2, ''])
  assert.match(torn.stderr, /result\.json is not JSON/)
})
