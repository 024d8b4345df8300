import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'

// R1: a wait has a deadline that names its stage, or its file is one of ten kinds that are listed here with the reason.

const rule = 'lint/waits-have-a-deadline.grit'

/** As biome.json excludes them. */
const exceptions: Readonly<Record<string, string>> = {
  'src/base/within.ts': 'the deadline itself',
  'src/drivers/**': 'in a load host, which its supervisor ends',
  'src/workloads/**': 'in a load host, which its supervisor ends',
  'src/runners/hosts/**': 'in a host, which its supervisor ends',
  'src/runners/variant/{audit,canary}.ts': 'processes whose every answer and end bounded-world.ts waits for',
  'src/runners/standing/standing.ts': 'a start that is told line by line to a user who may end it',
  'src/operations/consume.ts': 'reads until its user ends it',
  'src/cli/actions/input-records.ts': 'what a user types',
  'src/cli/actions/run-cluster.ts': 'a log that a user follows',
  'src/store/**': 'the disk, which ends or fails a write',
}

const refused = [
  'new Promise((resolve) => socket.once("data", resolve))',
  'new Promise<void>((resolve) => { wake = resolve })',
  'once(child, "exit")',
  'once(child, "exit", { signal })',
  'async () => { await new Promise((resolve) => child.once("exit", resolve)) }',
]
const taken = [
  'within(10, "x", () => new Promise((resolve) => socket.once("data", resolve)))',
  'within(10, "x", async () => { await once(child, "exit") })',
  'new Promise((resolve) => setTimeout(resolve, 10))',
  'once(async () => {})',
]

test('the linter refuses a wait without a deadline', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kbench-lint-'))
  try {
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ plugins: [join(packageRoot, rule)] }))
    const lines = [...refused, ...taken].map((line, at) => `export const a${at} = ${line}\n`)
    writeFileSync(join(folder, 'planted.ts'), lines.join(''))
    const biome = join(packageRoot, 'node_modules/@biomejs/biome/bin/biome')
    const args = [biome, 'lint', '--max-diagnostics=none', 'planted.ts']
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    const found = (stdout + stderr).matchAll(/planted\.ts:(\d+):\d+ plugin/g)
    assert.deepEqual(
      [...new Set([...found].map(([, line]) => Number(line)))].sort((a, b) => a - b),
      refused.map((_, at) => at + 1),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('it is on for all of src but ten kinds of file, which are there', () => {
  const { plugins } = JSON.parse(readFileSync(join(packageRoot, 'biome.json'), 'utf8')) as {
    plugins: { path: string; includes: string[] }[]
  }
  const { includes } = plugins.find(({ path }) => path === `./${rule}`)!
  assert.deepEqual(includes, ['src/**', ...Object.keys(exceptions).map((pattern) => `!${pattern}`)])
  assert.ok(Object.keys(exceptions).length <= 10)
  for (const pattern of Object.keys(exceptions)) {
    const files = pattern.endsWith('**') ? [pattern.slice(0, -3)] : expand(pattern)
    for (const file of files) assert.ok(existsSync(join(packageRoot, file)), file)
  }
  const off = spawnSync('grep', ['-rl', 'biome-ignore lint/plugin', 'src'], { cwd: packageRoot, encoding: 'utf8' })
  assert.deepEqual(off.stdout.trim().split('\n'), ['src/judge/upgrade.ts'])
})

const expand = (pattern: string): string[] => {
  const [, before, names, after] = /^(.*)\{(.*)\}(.*)$/.exec(pattern) ?? []
  return names === undefined ? [pattern] : names.split(',').map((name) => `${before}${name}${after}`)
}
