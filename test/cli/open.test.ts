import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { browser } from '../../src/cli/actions/open-report.ts'
import { kbench, scratch } from './_kbench.ts'

async function run(folder: string, id: string, withReport = true): Promise<string> {
  const directory = join(folder, 'results', id)
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'journal.ndjson'), '')
  if (withReport) await writeFile(join(directory, 'report.html'), '')
  return join(directory, 'report.html')
}

const noDisplay = { DISPLAY: '', WAYLAND_DISPLAY: '', BROWSER: '' }

test('without a display: the path of the newest run on stdout, why on stderr, exit 0', async (t) => {
  const cwd = await scratch(t)
  await run(cwd, '20261121-093312-a-0001')
  const newest = await run(cwd, '20261122-093312-b-0001')
  const { stdout, stderr, exitCode } = await kbench(['open'], { cwd, env: noDisplay })
  assert.deepEqual([exitCode, stdout], [0, `${newest}\n`])
  assert.match(stderr, /no display/)
})

test('a run by its id, by its folder, of another folder of results, and a page', async (t) => {
  const cwd = await scratch(t)
  const page = await run(cwd, '20261121-093312-a-0001')
  await run(cwd, '20261122-093312-b-0001')
  for (const args of [
    ['20261121-093312-a-0001'],
    ['results/20261121-093312-a-0001'],
    ['results/20261121-093312-a-0001/report.html'],
  ]) {
    assert.equal((await kbench(['open', ...args], { cwd, env: noDisplay })).stdout, `${page}\n`, args.join())
  }
  const elsewhere = await scratch(t)
  const args = ['open', '20261121-093312-a-0001', '--results', join(cwd, 'results')]
  assert.equal((await kbench(args, { cwd: elsewhere, env: noDisplay })).stdout, `${page}\n`)
})

test('with a display: xdg-open gets the path as one argument, whatever its name', async (t) => {
  const cwd = await scratch(t)
  const page = await run(cwd, '20261121-093312-a; touch planted')
  const bin = await scratch(t)
  await writeFile(join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s|' "$@" > "${join(bin, 'called')}"\n`)
  await chmod(join(bin, 'xdg-open'), 0o755)
  const env = { DISPLAY: ':9', PATH: `${bin}${delimiter}${process.env.PATH}` }
  const { exitCode, stderr } = await kbench(['open'], { cwd, env })
  assert.deepEqual([exitCode, stderr], [0, ''])
  assert.equal(await readFile(join(bin, 'called'), 'utf8'), `${page}|`)
})

test('a browser that does not start: the path, a line, exit 0', async (t) => {
  const cwd = await scratch(t)
  const page = await run(cwd, '20261121-093312-a-0001')
  const { stdout, stderr, exitCode } = await kbench(['open'], { cwd, env: { DISPLAY: ':9', PATH: '/nowhere' } })
  assert.deepEqual([exitCode, stdout], [0, `${page}\n`])
  assert.match(stderr, /xdg-open opened no browser/)
})

test('no run, and a run without a report: exit 2, with what to do', async (t) => {
  const cwd = await scratch(t)
  const none = await kbench(['open'], { cwd })
  assert.deepEqual([none.exitCode, /no run in results\n {2}kbench run quickstart/.test(none.stderr)], [2, true])
  await run(cwd, '20261121-093312-a-0001', false)
  const bare = await kbench(['open'], { cwd })
  assert.deepEqual([bare.exitCode, /has no report\.html\n {2}kbench report /.test(bare.stderr)], [2, true])
})

test('which program opens a page', () => {
  assert.equal(browser('darwin', {}), 'open')
  assert.equal(browser('linux', {}), null)
  assert.equal(browser('linux', { WAYLAND_DISPLAY: 'wayland-0' }), 'xdg-open')
  assert.equal(browser('linux', { BROWSER: 'code --open' }), 'xdg-open')
})
