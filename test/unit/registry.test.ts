import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { KbenchError } from '../../src/base/errors.ts'
import { nearest, suggestion } from '../../src/base/suggest.ts'
import { type Kinds, loadPlugin, pluginNames } from '../../src/registry.ts'

const kinds: readonly (keyof Kinds)[] = ['clusters', 'drivers', 'faults', 'reports', 'workloads']

/** Names that profiles and the docs speak of: a renamed file would break them. */
const published: Partial<Record<keyof Kinds, readonly string[]>> = {
  clusters: ['compose', 'external', 'local', 'mock'],
  drivers: ['kafkajs', 'node-rdkafka'],
  workloads: ['consume', 'produce', 'produce-consume'],
}

describe('plugins are the files of a folder', () => {
  for (const kind of kinds) {
    test(`${kind}: sorted names, no helpers`, async () => {
      const names = await pluginNames(kind)
      assert.ok(names.length > 0)
      assert.deepEqual(names, [...names].sort())
      for (const name of names) assert.match(name, /^[a-z0-9][a-z0-9-]*$/)
      for (const name of published[kind] ?? []) assert.ok(names.includes(name), `${kind} lacks ${name}`)
    })
  }
})

describe('contract of every plugin', async () => {
  for (const kind of kinds) {
    for (const name of await pluginNames(kind)) {
      test(`${kind}/${name}`, async () => {
        const plugin: unknown = await loadPlugin(kind, name)
        assert.ok(typeof plugin === 'object' && plugin !== null, 'has a default export made by defineX')
        const { summary, options } = plugin as { summary?: unknown; options?: unknown }
        assert.ok(typeof summary === 'string' && summary.length > 10, 'has a summary for kbench list')
        assert.ok(!summary.includes('\n') && summary.length <= 120, `its summary is one line: ${summary}`)
        if (kind === 'clusters' || kind === 'drivers' || kind === 'faults')
          assert.ok(options instanceof z.ZodType, 'has zod options')
      })
    }
  }
})

test('a name that is not there is a profile error with a suggestion', async () => {
  await assert.rejects(loadPlugin('drivers', 'kafkjas'), (error) => {
    assert.ok(error instanceof KbenchError)
    assert.equal(error.code, 'profile')
    assert.match(error.message, /there is no "kafkjas" in drivers/)
    assert.equal(error.hint, 'did you mean "kafkajs"?')
    return true
  })
})

test('names cannot lead out of the folder, nor to a helper', async () => {
  for (const name of ['../registry', '_client', 'kafkajs.js', '', '.', 'kafkajs/../kafkajs']) {
    await assert.rejects(loadPlugin('drivers', name), KbenchError, name)
  }
})

describe('suggestions', () => {
  const words = ['acks', 'partitioner', 'compression', 'retries', 'retryBackoff']
  const cases: readonly [string, string | undefined][] = [
    ['ack', 'acks'],
    ['akcs', 'acks'],
    ['ACKS', 'acks'],
    ['partitoner', 'partitioner'],
    ['Compresion', 'compression'],
    ['retrys', 'retries'],
    ['retrybackoff', 'retryBackoff'],
    ['zzz', undefined],
    ['a', undefined],
    ['', undefined],
    ['xy', undefined],
  ]
  for (const [typo, expected] of cases) {
    test(`${typo || '(empty)'} → ${expected ?? 'none'}`, () => assert.equal(nearest(typo, words), expected))
  }

  test('the list where nothing is near', () => {
    assert.equal(suggestion('zzz', ['a1', 'b2']), 'one of: a1, b2')
    assert.equal(suggestion('ack', words), 'did you mean "acks"?')
    assert.equal(suggestion('x', []), 'one of: nothing')
  })
})
