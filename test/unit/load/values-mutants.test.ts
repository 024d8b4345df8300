import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { createKeys } from '../../../src/load/keys.ts'
import { createValues, largestSize, meanSize, type ValueOptions } from '../../../src/load/values.ts'

const options: ValueOptions = {
  ...{ size: 200, compressibility: 0.5, stampIn: 'header', seed: 5, run: 9, producer: 2, prefill: false },
  distinctBytes: 1e6,
}
const digest = (values: readonly { value: Buffer }[]) => {
  const hash = createHash('sha256')
  for (const { value } of values) hash.update(value)
  return hash.digest('hex').slice(0, 16)
}

describe('sizes', () => {
  test('mean and largest, of each way to say them', () => {
    assert.deepEqual([meanSize(100), largestSize(100)], [100, 100])
    assert.deepEqual([meanSize({ uniform: [10, 30] }), largestSize({ uniform: [10, 30] })], [20, 30])
    assert.deepEqual([meanSize({ list: [10, 50, 30] }), largestSize({ list: [10, 50, 30] })], [30, 50])
  })

  test('are drawn within their bounds, all of them', () => {
    const sizes = (size: ValueOptions['size']) =>
      new Set(createValues(200, { ...options, size }).map(({ value }) => value.length))
    assert.deepEqual([...sizes({ uniform: [40, 42] })].sort(), [40, 41, 42])
    assert.deepEqual([...sizes({ list: [40, 99] })].sort(), [40, 99])
    assert.deepEqual([...sizes(64)], [64])
  })
})

describe('bodies', () => {
  // Same seed, same records: a run can be repeated with a later version of kbench.
  test('of a seed are these', () => {
    assert.equal(digest(createValues(10, options)), '20980010340f5779')
    assert.equal(digest(createValues(10, { ...options, size: { uniform: [40, 400] } })), '88477f528d5f2d3e')
    assert.equal(digest(createValues(10, { ...options, distinctBytes: 500 })), '3b323ce5fbe573e3')
  })

  test('compressible ones are one text, in runs of 64 bytes, the last one cut', () => {
    const [{ value } = { value: Buffer.alloc(0) }] = createValues(1, { ...options, compressibility: 1, size: 150 })
    const text = 'kbench-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRS'
    assert.equal(text.length, 64)
    assert.equal(value!.toString('latin1'), text + text + text.slice(0, 22))
  })

  test('incompressible ones hold every byte', () => {
    const seen = new Set(createValues(20, { ...options, compressibility: 0 }).flatMap(({ value }) => [...value]))
    assert.equal(seen.size, 256)
  })

  test('what is drawn after distinctBytes goes on where the last one ended, over and over', () => {
    const values = createValues(7, { ...options, size: 100, distinctBytes: 250 }).map(({ value }) => value)
    const drawn = Buffer.concat(values.slice(0, 3))
    const repeated = Buffer.concat(values.slice(3))
    assert.ok(repeated.equals(Buffer.concat([drawn, drawn]).subarray(0, 400)))
  })

  test('a stamp in the value takes the place of the body’s first bytes; what is too small for one keeps its body', () => {
    const [stamped] = createValues(1, { ...options, stampIn: 'value', size: 32 })
    assert.deepEqual([stamped!.headers, stamped!.stamp(1, 2)], [undefined, true])
    const [small] = createValues(1, { ...options, stampIn: 'value', size: 31, compressibility: 0 })
    const before = Buffer.from(small!.value)
    assert.deepEqual([small!.headers, small!.stamp(1, 2)], [undefined, false])
    assert.ok(small!.value.equals(before) && before.some((byte) => byte !== 0))
  })
})

describe('keys of a seed are these', () => {
  const keys = (distribution: 'uniform' | 'zipf' | 'sequential', exponent = 1) => {
    const keyOf = createKeys({ cardinality: 1000, distribution, exponent }, 5, 1)
    return Array.from({ length: 8 }, (_, n) => keyOf(n)!.toString()).join(' ')
  }
  test('uniform', () => assert.equal(keys('uniform'), 'k753 k979 k17 k965 k203 k70 k122 k568'))
  test('zipf', () => assert.equal(keys('zipf'), 'k157 k858 k0 k771 k2 k0 k0 k39'))
  test('sequential', () => assert.equal(keys('sequential'), 'k0 k1 k2 k3 k4 k5 k6 k7'))
})
