import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Driver } from '../../../../src/contracts/api.ts'
import { loadPlugin } from '../../../../src/registry.ts'
import { isolationOf } from '../../../../src/runners/variant/variant.ts'

test('with faults, workers whose library has threads of its own get a process each; others stay as their driver says', async () => {
  const driver = (more: Partial<Driver<unknown>>) => more as Driver<unknown>
  assert.equal(isolationOf(driver({ isolation: 'thread', ownThreads: true }), true), 'process')
  assert.equal(isolationOf(driver({ isolation: 'thread', ownThreads: true }), false), 'thread')
  assert.equal(isolationOf(driver({ isolation: 'thread' }), true), 'thread')
  assert.equal(isolationOf(driver({ isolation: 'process' }), false), 'process')
  assert.equal(isolationOf(await loadPlugin('drivers', 'librdkafka'), true), 'process')
})
