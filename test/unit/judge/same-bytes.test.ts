import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checksum, checksumOfWords } from '../../../src/base/checksum.ts'
import { createRng } from '../../../src/base/rng.ts'
import { createComparedMemory, scratchBytes } from '../../../src/judge/same-bytes.ts'
import { prepareStamp, readStamp, readStampWords, stampBytes, writeStamp } from '../../../src/load/stamp.ts'

const memory = createComparedMemory()
const { scratch } = memory

function fill(length: number, seed: number): void {
  const rng = createRng(seed)
  for (let at = 0; at < length; at++) scratch.bytes[at] = rng.uint32()
}

test('any flipped bit is found, wherever it is and however long the stretch', () => {
  for (const length of [16, 17, 31, 32, 33, 47, 224, 992, 993, 1007]) {
    fill(1100, length)
    const start = 32
    const twin = memory.keep(scratch.bytes.slice(start, start + length))
    assert.ok(memory.same(start, twin, length))
    for (let bit = 0; bit < length * 8; bit++) {
      scratch.bytes[start + (bit >> 3)]! ^= 1 << (bit & 7)
      assert.equal(memory.same(start, twin, length), false, `bit ${bit} of ${length} bytes`)
      scratch.bytes[start + (bit >> 3)]! ^= 1 << (bit & 7)
    }
    for (const outside of [start - 1, start + length]) {
      scratch.bytes[outside]! ^= 255
      assert.ok(memory.same(start, twin, length), 'what is outside does not matter')
    }
  }
})

test('what is kept stays, and where there is no room nothing is kept', () => {
  const full = createComparedMemory()
  const large = new Uint8Array(scratchBytes).fill(7)
  const places: number[] = []
  for (;;) {
    const at = full.keep(large)
    if (at < 0) break
    places.push(at)
  }
  assert.equal(places.length, 63)
  full.scratch.bytes.set(large)
  for (const at of places) assert.ok(full.same(0, at, scratchBytes))
})

test('a checksum over words is the one over a view, for every length', () => {
  const view = new DataView(scratch.bytes.buffer)
  fill(300, 1)
  for (const start of [0, 4, 32]) {
    for (let end = start; end < 300; end++) {
      assert.equal(checksumOfWords(scratch, start, end), checksum(view, start, end), `${start} to ${end}`)
    }
  }
})

test('a stamp is read from words as it is from a value, broken ones too', () => {
  const rng = createRng(1)
  for (let round = 0; round < 2000; round++) {
    const value = Buffer.alloc(stampBytes + rng.below(20))
    const view = new DataView(value.buffer, value.byteOffset, value.length)
    prepareStamp(view, rng.uint32(), rng.below(65_536), rng.below(8), rng.uint32() | 0)
    writeStamp(view, rng.below(65_536) * 2 ** 32 + rng.uint32(), rng.float() * 1e15)
    if (rng.below(3) === 0) value[rng.below(stampBytes)]! ^= 1 << rng.below(8)
    const cut = rng.below(10) === 0 ? value.subarray(0, rng.below(stampBytes)) : value
    const empty = () => ({ flags: 0, run: 0, producer: 0, sequence: 0, dueNs: 0, bodyChecksum: 0 })
    const [expected, found] = [empty(), empty()]
    scratch.bytes.set(cut)
    assert.equal(readStampWords(scratch, cut.length, found), readStamp(cut, expected))
    assert.deepEqual(found, expected)
  }
})
