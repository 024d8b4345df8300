import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { buildCommand, installCommand, packageFolder } from '../../../src/base/npm-command.ts'
import { packageRoot } from '../../../src/base/root.ts'

const base = mkdtempSync(join(tmpdir(), 'kbench-npm-'))
after(() => rmSync(base, { recursive: true, force: true }))

const own = JSON.stringify({
  optionalDependencies: { native: '3.6.1' },
  peerDependencies: { '@scope/peer': '^1.2.0' },
})

/** A kbench in this folder; with `project` the folder above its node_modules is a project's. */
function kbenchIn(folder: string, { project = false } = {}): string {
  const root = join(base, folder)
  mkdirSync(root, { recursive: true })
  writeFileSync(join(root, 'package.json'), own)
  if (project) writeFileSync(join(root, '..', '..', 'package.json'), '{}')
  return root
}

describe('what installs an optional package', () => {
  const cases: readonly [what: string, root: string, name: string, command: string][] = [
    [
      'a global kbench',
      kbenchIn('usr/lib/node_modules/kbench'),
      'native',
      `npm install --global --prefix ${base}/usr native@3.6.1`,
    ],
    [
      'a global one on Windows',
      kbenchIn('win/node_modules/kbench'),
      'native',
      `npm install --global --prefix ${base}/win native@3.6.1`,
    ],
    [
      'one in a project',
      kbenchIn('app/node_modules/kbench', { project: true }),
      'native',
      `npm install --prefix ${base}/app native@3.6.1`,
    ],
    [
      'a range, and a folder with a space',
      kbenchIn('my app/node_modules/kbench', { project: true }),
      '@scope/peer',
      `npm install --prefix '${base}/my app' '@scope/peer@^1.2.0'`,
    ],
    ['a checkout', kbenchIn('checkout'), 'native', `npm install --no-save --prefix ${base}/checkout native@3.6.1`],
    ['pnpm', kbenchIn('p/node_modules/.pnpm/kbench@1/node_modules/kbench'), 'native', 'pnpm add native@3.6.1'],
    [
      'a package that package.json does not name',
      kbenchIn('other'),
      'kafka',
      `npm install --no-save --prefix ${base}/other kafka`,
    ],
  ]
  for (const [what, root, name, command] of cases) {
    test(what, () => {
      assert.equal(installCommand(name, root), command)
      // As fileURLToPath gives it, with a slash at its end.
      assert.equal(installCommand(name, `${root}/`), command)
    })
  }

  test('names the version that kbench was tested with', () => {
    const { optionalDependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>
    }
    assert.ok(installCommand('node-rdkafka').endsWith(` node-rdkafka@${optionalDependencies['node-rdkafka']}`))
  })
})

describe('what builds a package that is there', () => {
  test('its own install script, in its folder', () => {
    const folder = packageFolder('node-rdkafka')
    assert.ok(folder !== null)
    assert.equal(buildCommand('node-rdkafka'), `npm run install --prefix ${folder}`)
  })

  test('nothing, where it has none or is not there', () => {
    assert.equal(buildCommand('kafkajs'), null)
    assert.equal(packageFolder('kbench-no-such-package'), null)
    assert.equal(buildCommand('kbench-no-such-package'), null)
  })
})
