import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'

const rule = 'lint/no-decision-from-text.grit'

const refused = [
  "(finding: { text: string }) => finding.text.startsWith('saturated')",
  "(reason: string) => reason.endsWith('was the limit')",
  'function first(reasons: string[]) { return reasons.some((one) => one.length > 3) }',
  "(v: { reasons: string[] }) => v.reasons.find((one) => one === 'x')",
  "(v: { reasons: string[] }) => v.reasons[0].includes('late')",
  'function late(finding: { text: string }) { return /late/.test(finding.text) }',
  "(finding: { text: string }) => finding.text !== 'interrupted'",
  '(one: { reason: string }) => one.reason.match(/x/)',
]
const taken = [
  "(finding: { code: string }) => finding.code === 'saturated'",
  '(finding: { text: string }) => finding.text.toUpperCase()',
  '(reason: string | null) => reason !== null',
  "(cell: { text: string }) => cell.text !== '–'",
]

/** Lines (from 1) of a source text that the rule refuses. */
function refusedLines(lines: readonly string[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'kbench-lint-'))
  try {
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ plugins: [join(packageRoot, rule)] }))
    writeFileSync(join(folder, 'planted.ts'), lines.map((line, at) => `export const a${at} = ${line}\n`).join(''))
    const biome = join(packageRoot, 'node_modules/@biomejs/biome/bin/biome')
    const args = [biome, 'lint', '--max-diagnostics=none', 'planted.ts']
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    const found = (stdout + stderr).matchAll(/planted\.ts:(\d+):\d+ plugin/g)
    return [...new Set([...found].map(([, line]) => Number(line)))].sort((a, b) => a - b)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('V9: the linter refuses code that makes a decision from the text of a finding', () => {
  assert.deepEqual(
    refusedLines([...refused, ...taken]),
    refused.map((_, at) => at + 1),
  )
})

test('the rule is on for all of src, and only the reader of old sentences is let off', () => {
  const { plugins } = JSON.parse(readFileSync(join(packageRoot, 'biome.json'), 'utf8')) as { plugins: unknown }
  assert.deepEqual(
    (plugins as { path: string }[]).filter(({ path }) => path === `./${rule}`),
    [{ path: `./${rule}`, includes: ['src/**'] }],
  )
  const scan = spawnSync('grep', ['-rl', 'biome-ignore lint/plugin', 'src'], { cwd: packageRoot, encoding: 'utf8' })
  assert.deepEqual(scan.stdout.trim().split('\n'), ['src/judge/upgrade.ts'])
})
