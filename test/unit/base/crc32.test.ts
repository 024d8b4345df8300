import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import zlib from 'node:zlib'
import { crc32 } from '../../../src/base/crc32.ts'
import { createRng } from '../../../src/base/rng.ts'

/** node:zlib has crc32 from 20.15 on, which is older than what kbench asks for; its types here are older still. */
const reference = (zlib as unknown as { crc32(data: Uint8Array): number }).crc32

describe('crc32', () => {
  for (const [text, expected] of [
    ['', 0],
    ['a', 0xe8b7be43],
    ['abc', 0x352441c2],
    ['123456789', 0xcbf43926],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ] as const) {
    test(`of ${JSON.stringify(text)}`, () => assert.equal(crc32(Buffer.from(text)), expected))
  }

  test('equals zlib for every length and every part of a buffer', () => {
    const rng = createRng(5)
    const data = Buffer.from(Array.from({ length: 300 }, () => rng.uint32() & 0xff))
    for (let start = 0; start < 9; start++) {
      for (let end = start; end <= data.length; end++) {
        assert.equal(crc32(data, start, end), reference(data.subarray(start, end)))
      }
    }
  })
})
