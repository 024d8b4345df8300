import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plural } from '../../../src/base/plural.ts'

test('one is singular, none and several are plural', () => {
  assert.equal(plural(1, 'producer'), '1 producer')
  assert.equal(plural(0, 'producer'), '0 producers')
  assert.equal(plural(2, 'producer'), '2 producers')
  assert.equal(plural(1, 'latency', 'latencies'), '1 latency')
  assert.equal(plural(12_000, 'latency', 'latencies'), '12 000 latencies')
})
