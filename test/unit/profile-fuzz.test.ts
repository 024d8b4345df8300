import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { problemText, tryParseProfile } from '../../src/profile/parse.ts'

const rounds = Number(process.env.FUZZ_ROUNDS ?? 120)

/** mulberry32: the same texts in every run. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below)
  }
}

const pieces = [
  ...[
    '\n',
    ' ',
    '\t',
    ':',
    ': ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '#',
    '&a ',
    '*a',
    '!x ',
    '!!int ',
    '"',
    "'",
    '|',
    '>',
    '%',
  ],
  ...[
    '---',
    '...',
    '<<: ',
    'null',
    '~',
    'true',
    'yes',
    '-1',
    '0',
    '1e99',
    '.inf',
    '.nan',
    '10s',
    '1KiB',
    '? ',
    '\\',
    '\u0000',
    '😀',
  ],
  ...['name', 'consumers', 'thresholds: [ x ]', '__proto__: 1\n', 'constructor: 1\n', '\r\n', '\uFEFF', ''],
]

test('whatever the text, there is a profile or there are problems in the file, and never an exception', () => {
  const folder = join(packageRoot, 'profiles')
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8'))
  const below = random(20)
  let invalid = 0
  for (let round = 0; round < rounds; round++) {
    let text = texts[below(texts.length)]!
    for (let edits = 1 + below(3); edits > 0; edits--) {
      const at = below(text.length + 1)
      text = text.slice(0, at) + pieces[below(pieces.length)] + text.slice(at + below(3) * below(12))
    }
    const result = tryParseProfile(text, { file: 'f.yaml', sets: [], env: {} })
    if (!('problems' in result)) continue
    invalid++
    const lines = text.split('\n').length + 1
    assert.ok(result.problems.length > 0, text)
    for (const problem of result.problems) {
      assert.ok(problem.line !== null && problem.line >= 1 && problem.line <= lines, `${problemText(problem)}\n${text}`)
      assert.ok(!problemText(problem).includes('\n') && !problem.message.includes('undefined'), problemText(problem))
      assert.ok(!/Invalid|Too (small|big)|Unrecognized|received/.test(problem.message), problemText(problem))
    }
  }
  assert.ok(invalid > rounds / 4, `${invalid} of ${rounds} were invalid`)
})
