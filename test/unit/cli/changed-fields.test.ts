import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedFields } from '../../../src/cli/text/changed-fields.ts'

test('every field that is not the same is named with both values', () => {
  const cases: [unknown, unknown, string[]][] = [
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1 }, { a: 2 }, ['a: 1 → 2']],
    [{ a: { b: null } }, { a: { b: 0 } }, ['a.b: null → 0']],
    [{}, { definitions: 2 }, ['definitions: absent → 2']],
    [{ a: 'x' }, {}, ['a: x → absent']],
    [{ a: { b: 1 } }, { a: null }, ['a: {"b":1} → null']],
    [
      { variants: [{ id: 'client=a', n: 1 }] },
      { variants: [{ id: 'client=a', n: 2 }] },
      ['variants[client=a].n: 1 → 2'],
    ],
    [{ notes: ['x'] }, { notes: ['x', 'y'] }, ['notes[1]: absent → y']],
    [{ t: [1, 2, null] }, { t: [1, 3, 4] }, ['t: 2 of 3 numbers, the first 2 → 3']],
    [{ t: [1, 2] }, { t: [1, 2, 3] }, ['t: 2 numbers → 3 numbers']],
    [{ t: [] }, { t: [] }, []],
    [{ 'a\u001b[31m': 1 }, { 'a\u001b[31m': 2 }, ['a\\u001b[31m: 1 → 2']],
    [JSON.parse('{"__proto__":1}'), {}, ['__proto__: 1 → absent']],
  ]
  for (const [before, after, expected] of cases) assert.deepEqual(changedFields(before, after), expected)
})

test('long values are cut, and of more than 200 fields the rest is counted', () => {
  const [line] = changedFields({ h: 'a'.repeat(1000) }, { h: 'b' })
  assert.equal(line, `h: ${'a'.repeat(59)}… → b`)
  const many = (value: number) => Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`f${at}`, value]))
  const lines = changedFields(many(1), many(2))
  assert.deepEqual([lines.length, lines[200]], [201, 'and 50 more fields'])
})
