import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  decodeDoubles,
  decodePairs,
  decodeVarints,
  encodeDoubles,
  encodePairs,
  encodeVarints,
} from '../../../src/recording/varints.ts'

const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64')

describe('numbers as LEB128', () => {
  for (const [value, bytes] of [
    [0, [0]],
    [127, [127]],
    [128, [128, 1]],
    [300, [172, 2]],
    [16_383, [255, 127]],
    [16_384, [128, 128, 1]],
    [2 ** 32, [128, 128, 128, 128, 16]],
    [Number.MAX_SAFE_INTEGER, [255, 255, 255, 255, 255, 255, 255, 15]],
  ] as const) {
    test(`${value} is ${bytes.length} bytes, and back`, () => {
      assert.equal(encodeVarints([value]), base64(...bytes))
      assert.deepEqual(decodeVarints(base64(...bytes)), [value])
    })
  }

  test('several lie one after the other', () => {
    assert.equal(encodeVarints([1, 300, 0]), base64(1, 172, 2, 0))
    assert.deepEqual(decodeVarints(base64(1, 172, 2, 0)), [1, 300, 0])
    assert.deepEqual(decodeVarints(''), [])
  })

  test('one that is torn or out of range is refused, and what is wrong is said', () => {
    assert.throws(() => decodeVarints(base64(128)), { name: 'RangeError', message: 'the last number is torn' })
    assert.throws(() => decodeVarints(base64(1, 200)), { name: 'RangeError', message: 'the last number is torn' })
    const beyond = base64(255, 255, 255, 255, 255, 255, 255, 16)
    assert.throws(() => decodeVarints(beyond), { name: 'RangeError', message: 'a number is out of range' })
  })
})

describe('pairs with ascending indexes', () => {
  test('indexes are written as differences, counts as they are', () => {
    const pairs = Float64Array.of(3, 10, 5, 20, 500, 1)
    assert.equal(encodePairs(pairs), encodeVarints([3, 10, 2, 20, 495, 1]))
    assert.deepEqual(decodePairs(encodePairs(pairs)), pairs)
    assert.deepEqual(decodePairs(''), new Float64Array(0))
  })

  test('an index without a count is refused', () => {
    assert.throws(() => decodePairs(base64(1, 2, 3)), { name: 'RangeError', message: 'an index has no count' })
  })
})

describe('doubles', () => {
  test('are 8 bytes each, little-endian', () => {
    assert.equal(encodeDoubles(Float64Array.of(1, -2)), base64(0, 0, 0, 0, 0, 0, 240, 63, 0, 0, 0, 0, 0, 0, 0, 192))
    assert.deepEqual(decodeDoubles(encodeDoubles(Float64Array.of(1, -2, 0.1))), Float64Array.of(1, -2, 0.1))
  })

  test('a torn one is refused', () => {
    assert.throws(() => decodeDoubles(base64(1, 2, 3)), { name: 'RangeError', message: 'the last number is torn' })
  })
})
