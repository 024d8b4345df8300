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

/** Packages that a file needs before anything runs, by itself or by what it imports. */
function packagesOf(entry: string): { packages: string[]; files: number } {
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
  visit(join(packageRoot, entry))
  return { packages: [...packages].sort(), files: seen.size }
}

test('every command starts without the schema of profiles, the reader of YAML and the clients', () => {
  const { packages, files } = packagesOf('src/cli/main.ts')
  assert.ok(files > 30, `${files} files`)
  assert.deepEqual(packages, ['commander', 'fastest-levenshtein', 'write-file-atomic'])
})

test('a run and its audit talk to brokers without what only some logins need', () => {
  assert.deepEqual(packagesOf('src/runners/hosts/audit-host.ts').packages, ['kafkajs', 'lz4-napi'])
  assert.ok(!packagesOf('src/cli/actions/run-profiles.ts').packages.includes('execa'))
})

test('a plan needs no package that the start does not need', () => {
  const { packages, files } = packagesOf('src/cli/actions/run-plan.ts')
  assert.ok(files > 20, `${files} files`)
  assert.deepEqual(packages, ['fastest-levenshtein', 'write-file-atomic'])
})
