import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'

// R18: what is installed is what was locked, under licences that are listed; docs/dependencies.md, "Supply chain".

interface Locked {
  version: string
  integrity?: string
  license?: string
  hasInstallScript?: boolean
  dev?: boolean
  link?: boolean
}

const { packages } = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>
}
// What lies in this repository (packages/) comes from nowhere.
const locked = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link)
const page = readFileSync(join(packageRoot, 'docs/dependencies.md'), 'utf8')
const section = page.slice(page.indexOf('## Supply chain'))

test('R18: every package of the lock file has its integrity hash', () => {
  assert.ok(locked.length > 100)
  for (const [path, { integrity }] of locked) assert.match(integrity ?? 'none', /^sha512-[A-Za-z0-9+/]{86}==$/, path)
})

test('the licences are those that are listed, each with its count of packages', () => {
  const counts = new Map<string, number>()
  for (const [, { license = 'none' }] of locked) counts.set(license, (counts.get(license) ?? 0) + 1)
  const listed = [...section.matchAll(/^\| `([^`]+)` \| (\d+) \|$/gm)].map(([, name, count]) => [name!, Number(count)])
  assert.deepEqual(new Map(listed as [string, number][]), new Map([...counts].sort(([, a], [, b]) => b - a)))
})

test('packages with an install script are named', () => {
  const scripts = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
  for (const name of scripts) assert.ok(section.includes(`- \`${name}\`:`), name)
  assert.equal([...section.matchAll(/^- `[^`]+`: /gm)].length, scripts.length)
})
