import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../../src/base/root.ts'

/** What a file imports before anything runs: types and `import()` are left out. */
function importsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8')
  const statements = source.matchAll(/^(?:import|export)\s+(?!type\b)([^;'"]*?from\s*)?'([^']+)'/gm)
  return [...statements].flatMap(([, names = '', specifier]) => {
    const isTypesAlone = /^\{(\s*type\s[^,}]+,?)+\s*\}\s*from\s*$/.test(names.trim())
    return isTypesAlone ? [] : [specifier!]
  })
}

test('every command starts without the schema of profiles, the reader of YAML and the clients', () => {
  const packages = new Set<string>()
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) visit(resolve(dirname(file), specifier))
      else if (!specifier.startsWith('node:')) packages.add(specifier)
    }
  }
  visit(join(packageRoot, 'src/cli/main.ts'))
  assert.ok(seen.size > 30, `${seen.size} files`)
  assert.deepEqual([...packages].sort(), ['commander', 'fastest-levenshtein', 'write-file-atomic'])
})
