import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checksumOf } from '../../../src/base/checksum.ts'
import { createBodyCheck, load } from '../../../src/judge/body-check.ts'
import { createComparedMemory, scratchBytes } from '../../../src/judge/same-bytes.ts'

const bytes = (length: number, seed = 1) =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 17 + (at >> 8)) & 255))

function checker() {
  const memory = createComparedMemory()
  const isWhole = createBodyCheck(memory)
  return (value: Buffer, start: number, expected: number) => {
    assert.equal(load(memory, value), value.length)
    return isWhole(value, start, expected)
  }
}

describe('whether a body is what its checksum says', () => {
  for (const length of [0, 32, 100, 287, 288, 289, 1000, scratchBytes - 1, scratchBytes, scratchBytes + 1])
    for (const start of [0, 32].filter((each) => each <= length))
      test(`${length} bytes from ${start}: whole, broken at either end, and whole again`, () => {
        const check = checker()
        const value = bytes(length)
        const expected = checksumOf(value, start)
        for (let times = 0; times < 3; times++) assert.equal(check(value, start, expected), true)
        if (length > start) {
          for (const at of [start, length - 1]) {
            const broken = Buffer.from(value)
            broken[at]! ^= 1
            assert.equal(check(broken, start, expected), false, `byte ${at}`)
            assert.equal(check(broken, start, checksumOf(broken, start)), true)
          }
        }
        assert.equal(check(value, start, expected), true)
        assert.equal(check(value, start, expected ^ 1), false)
      })

  test('a body of another length with the checksum of a known one is broken', () => {
    const check = checker()
    const value = bytes(600)
    const expected = checksumOf(value, 32)
    assert.equal(check(value, 32, expected), true)
    assert.equal(check(value.subarray(0, 500), 32, expected), false)
    assert.equal(check(bytes(700), 32, expected), false)
  })

  test('what comes before the body does not matter', () => {
    const check = checker()
    const value = bytes(600)
    const expected = checksumOf(value, 32)
    assert.equal(check(value, 32, expected), true)
    const other = Buffer.from(value)
    other.fill(9, 0, 32)
    assert.equal(check(other, 32, expected), true)
  })

  test('more distinct bodies than are kept are told apart all the same', () => {
    const check = checker()
    for (let seed = 0; seed < 4200; seed++) {
      const value = bytes(256, 0)
      value.writeUInt32LE(seed, 0)
      assert.equal(check(value, 0, checksumOf(value)), true)
    }
    const last = bytes(256, 0)
    last.writeUInt32LE(4199, 0)
    assert.equal(check(last, 0, checksumOf(last)), true)
    last[100]! ^= 1
    last.writeUInt32LE(4199, 0)
    assert.equal(check(last, 0, checksumOf(bytes(256, 0))), false)
  })
})
