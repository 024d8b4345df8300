import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { isCollection, isMap, isScalar, parse, parseDocument, visit } from 'yaml'
import { packageRoot } from '../../src/base/root.ts'
import { starterProfile } from '../../src/cli/actions/starter-profile.ts'
import { parseProfile } from '../../src/profile/parse.ts'
import { profileJsonSchema } from '../../src/profile/paths.ts'
import { profileReference } from './_profile-reference.ts'

const folder = join(packageRoot, 'profiles')
const profiles = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
const texts = new Map([
  ['(kbench init)', starterProfile],
  ...profiles.map((file): [string, string] => [file, readFileSync(join(folder, file), 'utf8')]),
])
const validate = new Ajv2020({ strict: false }).compile(profileJsonSchema())

describe('profiles that come with kbench', () => {
  for (const [file, text] of texts) {
    test(`${file} is valid, for kbench and for editors, and says what it is for`, () => {
      const { profile, notes } = parseProfile(text, { file, sets: [], env: {} })
      assert.deepEqual(notes, [])
      assert.ok(validate(parse(text)), JSON.stringify(validate.errors))
      assert.match(text, /^# yaml-language-server: \$schema=\.\.\/schema\/profile\.schema\.json\n/)
      if (file.endsWith('.yaml')) assert.equal(`${profile.name}.yaml`, file)
      if (file !== '3broker-acks-all.yaml') assert.match(text, /^.*\n# [^\n]*(\?|What this profile answers)/)
      for (const line of text.split('\n')) assert.ok([...line].length <= 130, `longer than 130: ${line}`)
    })
  }
})

test('the JSON Schema refuses what kbench refuses', () => {
  const wrong = [
    { consumers: [] },
    { name: 'x', nam: 1 },
    { name: 'x', producers: { acks: 2 } },
    { name: 'x', phases: { measure: 10 } },
    { name: 'x', phases: { measure: '10' } },
    { name: 'x', load: { rate: 'fast' } },
    { name: 'x', load: { record: { size: { unform: [1, 2] } } } },
    { name: 'x', producers: { idempotence: 'yes' } },
    { name: 'x', cluster: { security: { sasl: { mechanism: 'plain', username: 'a', password: 'b' } } } },
  ]
  for (const profile of wrong) assert.ok(!validate(profile), JSON.stringify(profile))
})

test('full-example.yaml shows every key, those that exclude another one in a comment', () => {
  const text = texts.get('full-example.yaml')!
  // A commented line that reads like "key: value" is an example of that key.
  const shown = text.replace(/^( *)# ( *[A-Za-z]+:( .*)?)$/gm, (line, indent: string, rest: string) =>
    /^ *[A-Za-z]+:( |$)/.test(rest) && !/^ *The rest/.test(rest) ? indent + rest : line,
  )
  const document = parseDocument(shown, { uniqueKeys: false })
  assert.deepEqual(document.errors, [])
  const paths = new Set<string>()
  visit(document, {
    Pair: (_, pair, ancestors) => {
      const parents = ancestors.flatMap((node, index) => {
        if ('key' in node && isScalar(node.key)) return [String(node.key.value)]
        return isCollection(node) && !isMap(node) && isMap(ancestors[index + 1]) ? ['[]'] : []
      })
      const key = isScalar(pair.key) ? String(pair.key.value) : ''
      paths.add([...parents, key].join('.').replaceAll('.[]', '[]'))
    },
  })
  const missing = profileReference().filter(({ path }) => !paths.has(path))
  assert.deepEqual(
    missing.map(({ path }) => path),
    [],
  )
})

test('full-example.yaml tells the defaults that the schema has', () => {
  const lines = texts.get('full-example.yaml')!.split('\n')
  for (const { path, default: value } of profileReference()) {
    const bare = value.replaceAll('`', '')
    if (bare === '–' || bare === 'required' || bare.includes('[')) continue
    const key = path.split('.').at(-1)!
    const candidates = lines.filter((line) => new RegExp(`(^|[\\s{#])${key}:`).test(line))
    const escaped = bare.replaceAll('.', '\\.')
    const tells = new RegExp(`default ${escaped}|\\b${escaped} [^|]*\\(default|\\(${escaped}, default\\)`)
    const told = candidates.some((line) => tells.test(line))
    assert.ok(told, `${path}: the default is ${bare}, and full-example.yaml says\n${candidates.join('\n')}`)
  }
})
