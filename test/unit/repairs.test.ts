import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { reverts, rows } from '../long/_reverts.ts'

// test/long/reverts.test.ts makes the changes; here is what can be known of them without a build.

const read = (file: string) => readFileSync(join(packageRoot, file), 'utf8')

function table(): string {
  const cell = (text: string) => text.replace(/[|<>*_]/g, '\\$&')
  const lines = reverts.map(
    ({ id, change, file, test: testFile, red }) =>
      `| ${id} | ${cell(rows[id])} | ${cell(change)} (\`${file}\`) | ${cell(red)} (\`${testFile}\`) |`,
  )
  const head = [
    '| row | what was wrong | change that restores it | test that fails then |',
    '| --- | --- | --- | --- |',
  ]
  return [...head, ...lines].join('\n')
}

test('docs/repairs.md has the table of test/long/_reverts.ts', () => {
  const now = read('docs/repairs.md')
  const expected = now.replace(
    /(<!-- generated[^\n]*\n)[\s\S]*?(<!-- end -->)/,
    (_, start, end) => `${start}\n${table()}\n\n${end}`,
  )
  if (process.env.UPDATE_GENERATED === '1') writeFileSync(join(packageRoot, 'docs/repairs.md'), expected)
  else assert.equal(now, expected, 'UPDATE_GENERATED=1 node --test dist/test/unit/repairs.test.js writes it again')
})

test('every change can still be made, and every test file is there', () => {
  for (const { id, change, file, find, replace, test: testFile } of reverts) {
    assert.equal(read(file).split(find).length, 2, `${id}: ${change} ${file} has this once: ${find}`)
    assert.notEqual(find, replace)
    assert.ok(existsSync(join(packageRoot, testFile)), testFile)
  }
})

test('the table is in the order of the rows', () => {
  const order = Object.keys(rows)
  const found = reverts.map(({ id }) => order.indexOf(id))
  assert.deepEqual(
    found,
    found.toSorted((a, b) => a - b),
  )
  assert.deepEqual(new Set(found).size, order.length, 'each row has a change')
})
