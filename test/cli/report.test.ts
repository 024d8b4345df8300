import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { packageRoot } from '../../src/root.ts'
import { interrupted, single } from '../fixtures/result.ts'

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
  assert.deepEqual((await readdir(run)).sort(), ['charts', 'report.html', 'result.json', 'summary.txt'])
  assert.ok((await readdir(join(run, 'charts'))).includes('latency-percentiles.png'))
  assert.match(await readFile(join(run, 'report.html'), 'utf8'), /^<!doctype html>/)
})

test('several runs, by id, go into a folder each under --out; an interrupted one is no error', async (t) => {
  const folder = await runs(t)
  const { code, stdout } = await kbench(['report', 'a', 'b', '--out', 'out'], folder)
  assert.equal(code, 0)
  assert.match(stdout, /OK[\s\S]*INTERRUPTED/)
  assert.deepEqual((await readdir(join(folder, 'out'))).sort(), ['a', 'b'])
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
