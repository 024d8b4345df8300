import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checksumOf } from '../../../src/base/checksum.ts'
import { createRng } from '../../../src/base/rng.ts'

const rng = createRng(1)
const bytes = (length: number) => Buffer.from(Array.from({ length }, () => rng.below(256)))

describe('checksum', () => {
  test('any single bit, at any place and length: another sum', () => {
    for (const length of [1, 3, 4, 7, 8, 12, 28, 68, 100]) {
      const data = bytes(length)
      const sum = checksumOf(data)
      for (let bit = 0; bit < length * 8; bit++) {
        data[bit >> 3]! ^= 1 << (bit & 7)
        assert.notEqual(checksumOf(data), sum, `${length} bytes, bit ${bit}`)
        data[bit >> 3]! ^= 1 << (bit & 7)
      }
      assert.equal(checksumOf(data), sum)
    }
  })

  test('words swapped, a byte more or less, all zeros of other lengths: other sums', () => {
    const data = bytes(64)
    for (let word = 0; word + 8 <= 64; word += 4) {
      const swapped = Buffer.from(data)
      data.copy(swapped, word, word + 4, word + 8)
      data.copy(swapped, word + 4, word, word + 4)
      assert.notEqual(checksumOf(swapped), checksumOf(data), `words at ${word}`)
    }
    const sums = Array.from({ length: 200 }, (_, length) => checksumOf(Buffer.alloc(length)))
    assert.equal(new Set(sums).size, 200)
  })

  test('many random bodies that differ in two words collide no more often than chance', () => {
    const data = bytes(100)
    const seen = new Map<number, number>()
    let collisions = 0
    for (let n = 0; n < 200_000; n++) {
      data.writeUInt32LE(rng.uint32(), 8)
      data.writeUInt32LE(rng.uint32(), 60)
      const sum = checksumOf(data)
      if (seen.has(sum)) collisions++
      seen.set(sum, n)
    }
    // 200 000 draws out of 2³²: 4.7 pairs are expected, 20 or more once in ten million seeds.
    assert.ok(collisions < 20, `${collisions}`)
  })

  test('where the bytes lie does not matter', () => {
    const data = bytes(77)
    const sum = checksumOf(data)
    for (let offset = 0; offset < 9; offset++) {
      const slab = Buffer.alloc(100, 255)
      data.copy(slab, offset)
      assert.equal(checksumOf(slab.subarray(offset, offset + 77)), sum)
    }
    assert.equal(checksumOf(Buffer.concat([Buffer.alloc(5, 1), data]), 5), sum)
  })
})
