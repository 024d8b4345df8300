import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { profileJsonSchema } from '../../src/profile/paths.ts'
import { thresholdPaths } from '../../src/profile/threshold.ts'
import { profileReference, referenceTable } from './_profile-reference.ts'

// UPDATE_GENERATED=1 writes the files instead of comparing them.
const update = process.env.UPDATE_GENERATED === '1'
const again = 'stale: UPDATE_GENERATED=1 node --test dist/test/unit/profile-generated.test.js writes it again'

function compare(file: string, expected: (now: string) => string): void {
  const path = join(packageRoot, file)
  const now = readFileSync(path, 'utf8')
  if (update) writeFileSync(path, expected(now))
  else assert.equal(now, expected(now), `${file} is ${again}`)
}

test('schema/profile.schema.json is what the zod definition says', () => {
  compare('schema/profile.schema.json', () => `${JSON.stringify(profileJsonSchema(), null, 2)}\n`)
})

test('docs/profiles.md has every key, with the schema’s own words', () => {
  compare('docs/profiles.md', (now) =>
    now.replace(
      /(<!-- generated[^\n]*\n)[\s\S]*?(<!-- end -->)/,
      (_, start, end) => `${start}\n${referenceTable()}\n\n${end}`,
    ),
  )
})

test('every key has a meaning, and one that fits a line of an editor', () => {
  for (const { path, meaning } of profileReference()) {
    assert.ok(meaning.length > 0 && meaning.length <= 130, `${path}: "${meaning}"`)
  }
})

test('docs/profiles.md names every number that a threshold may name', () => {
  const text = readFileSync(join(packageRoot, 'docs', 'profiles.md'), 'utf8')
  for (const path of thresholdPaths(['g1'])) {
    assert.ok(text.includes(`\`${path.split('.').at(-1)}\``), `${path} is not in docs/profiles.md`)
  }
})
