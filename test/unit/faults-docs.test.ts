import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { packageRoot } from '../../src/base/root.ts'
import type { FaultTarget } from '../../src/contracts/api.ts'
import { loadPlugin, pluginNames } from '../../src/registry.ts'
import { firstColumns } from './_markdown.ts'

const page = await readFile(join(packageRoot, 'docs/faults.md'), 'utf8')
const names = await pluginNames('faults')
const faults = await Promise.all(names.map(async (name) => [name, await loadPlugin('faults', name)] as const))

/** The text between a level-2 heading and the next one. */
function section(heading: string): string {
  const start = page.indexOf(`\n## ${heading}\n`)
  assert.ok(start >= 0, `there is no "## ${heading}"`)
  const end = page.indexOf('\n## ', start + 1)
  return page.slice(start, end < 0 ? undefined : end)
}

function targetText(target: FaultTarget | null): string {
  if (target === null) return 'none'
  if (typeof target === 'string') return `\`${target}\``
  const [[key, value] = []] = Object.entries(target)
  return value === '' ? `\`${key}\` the first group` : `\`{ ${key}: ${value} }\``
}

function requirementsTable(): string {
  const rows = faults.map(([name, { on, target, features, needs, refused }]) => {
    const works = ['local', 'compose', 'mock', 'fake', 'external'].filter((provider) => refused(provider) === null)
    const wants = features.length > 0 ? `\`${features.join('`, `')}\`` : '–'
    return `| \`${name}\` | ${on} | ${targetText(target)} | ${wants} | ${needs.join(', ') || '–'} | ${works.join(', ')} |`
  })
  const header = [
    '| fault | is for a | target unless named | feature | needs | works on |',
    '| --- | --- | --- | --- | --- | --- |',
  ]
  return [...header, ...rows].join('\n')
}

/** From the JSON Schema of what a profile may say, as in docs/profiles.md. */
function optionsTable(): string {
  const rows = faults.flatMap(([name, { options }]) => {
    const { properties = {}, required = [] } = z.toJSONSchema(options, { io: 'input' })
    return Object.entries(properties).map(([key, schema]) => {
      if (typeof schema === 'boolean') throw new Error(`${name}.${key} has no schema`)
      const fallback = required.includes(key)
        ? 'required'
        : schema.default === undefined
          ? '–'
          : `\`${schema.default}\``
      return `| \`${name}\` | \`${key}\` | ${fallback} | ${schema.description} |`
    })
  })
  return ['| fault | option | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

test('every fault is told about, and no other', () => {
  const rows = firstColumns(section('All faults')).filter((cell) => cell !== 'fault' && !cell.startsWith('---'))
  assert.deepEqual([...rows].sort(), names)
})

test('the deadline is told where it is not 2 s', () => {
  for (const [name, { verifyMs }] of faults) {
    const row =
      section('All faults')
        .split('\n')
        .find((line) => line.startsWith(`| \`${name}\``)) ?? ''
    const seconds = /\((\d+) s/.exec(row.split(' | ')[2] ?? '')?.[1]
    assert.equal(seconds === undefined ? 2000 : Number(seconds) * 1000, verifyMs ?? 2000, name)
  }
})

for (const [name, table] of [
  ['requirements', requirementsTable()],
  ['options', optionsTable()],
] as const) {
  test(`the table of ${name} is what the plugins say`, () => {
    const found = new RegExp(`<!-- generated: ${name} -->\\n([\\s\\S]*?)<!-- end -->`).exec(page)?.[1]
    assert.equal(found?.trim(), table, `put this into docs/faults.md:\n${table}`)
  })
}

test('every kind of target is told about', () => {
  const cells = firstColumns(section('Targets'))
  const words = [
    'broker',
    'leaderOf',
    'followerOf',
    'coordinatorOf',
    'member',
    'producer',
    'controller',
    'random',
    'all',
  ]
  for (const word of words)
    assert.ok(
      cells.some((cell) => cell === word || cell.startsWith(`{ ${word}:`)),
      word,
    )
})
