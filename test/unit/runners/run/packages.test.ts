import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { installCommand } from '../../../../src/base/npm-command.ts'
import { packageRoot } from '../../../../src/base/root.ts'
import type { Driver } from '../../../../src/contracts/api.ts'
import { pluginNames } from '../../../../src/registry.ts'
import { describeEnvironment } from '../../../../src/runners/run/environment.ts'
import { absentClients, canLoad, packageVersion } from '../../../../src/runners/run/packages.ts'

const versionIn = (folder: string): string =>
  (JSON.parse(readFileSync(join(packageRoot, folder, 'package.json'), 'utf8')) as { version: string }).version

describe('the version of a package', () => {
  test('that is installed, scoped and such that export no package.json too', async () => {
    for (const name of ['kafkajs', 'yaml', '@types/node']) {
      assert.equal(await packageVersion(name), versionIn(`node_modules/${name}`))
    }
  })

  test('that is not is null, whatever the name', async () => {
    for (const name of ['kbench-no-such-package', '@kbench/none', 'kafkajs/none']) {
      assert.equal(await packageVersion(name), null)
    }
  })
})

describe('clients that cannot run here', () => {
  const driver = (more: Partial<Driver<unknown>>) => ({ isolation: 'thread', ...more }) as Driver<unknown>
  // Types alone: it is installed, and there is nothing in it to load. As native code that was never built.
  const unloadable = '@types/node'

  test('none, where a client needs no package or its package is there', async () => {
    assert.equal((await absentClients(new Map())).size, 0)
    const drivers = new Map([
      ['own', driver({ isolation: 'process' })],
      ['there', driver({ package: 'kafkajs' })],
      ['there, loaded', driver({ package: 'kafkajs', isolation: 'process' })],
      // What is loaded into a thread needs no compiler: it is not tried, which takes a process.
      ['not tried', driver({ package: unloadable })],
    ])
    assert.deepEqual([...(await absentClients(drivers)).keys()], [])
  })

  test('each with what to do about it', async () => {
    const absent = await absentClients(
      new Map([
        ['one', driver({ package: 'kbench-no-such-package' })],
        ['two', driver({ package: 'kbench-none', install: 'npm i kbench-none; it needs python3' })],
        ['three', driver({ package: unloadable, isolation: 'process' })],
      ]),
    )
    assert.deepEqual(
      Object.fromEntries([...absent].map(([client, { code, message, hint }]) => [client, [code, message, hint]])),
      {
        one: [
          'environment',
          'client one: the package kbench-no-such-package is not installed',
          installCommand('kbench-no-such-package'),
        ],
        two: [
          'environment',
          'client two: the package kbench-none is not installed',
          'npm i kbench-none; it needs python3',
        ],
        three: [
          'environment',
          'client three: the package @types/node is there but cannot be loaded',
          // Nothing of it is compiled.
          installCommand('@types/node'),
        ],
      },
    )
  })

  test('a name is no code: what is quoted in it stays a name', async () => {
    for (const quote of [`"`, `'`]) assert.equal(await canLoad(`${quote}); process.exit(0); (${quote}`), false)
  })
})

test('the environment of a run: this machine, kbench, and every client, installed or not', async () => {
  const { kbench, node, cpus: processors, memoryBytes, os, clients } = await describeEnvironment()
  assert.deepEqual(
    [kbench, node, processors, memoryBytes],
    [versionIn('.'), process.versions.node, cpus().length, totalmem()],
  )
  assert.match(os, /^\w+ \d/)
  assert.equal(clients.kafkajs, versionIn('node_modules/kafkajs'))
  for (const version of Object.values(clients)) assert.match(version, /^(\d+\.\d+\.\d+|not installed$)/)
  // The fake driver has no package.
  assert.equal(Object.keys(clients).length, (await pluginNames('drivers')).length - 1)
})

test('a client that is not installed is named all the same', async () => {
  const { clients } = await describeEnvironment(
    async (name) => (name === 'kafkajs' ? '2.2.4' : null),
    async () => null,
  )
  const { kafkajs, ...others } = clients
  assert.equal(kafkajs, '2.2.4')
  assert.deepEqual([...new Set(Object.values(others))], ['not installed'])
})
