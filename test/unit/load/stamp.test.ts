import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  flags,
  prepareStamp,
  readDueNs,
  readStamp,
  runTag,
  type Stamp,
  stampBytes,
  stampFromHeader,
  stampHeaderBytes,
  writeStamp,
} from '../../../src/load/stamp.ts'

const blank = (): Stamp => ({ flags: -1, run: -1, producer: -1, sequence: -1, dueNs: -1, bodyChecksum: -1 })

function stamped(
  run: number,
  producer: number,
  flag: number,
  bodyChecksum: number,
  sequence: number,
  dueNs: number,
): Buffer {
  const bytes = Buffer.alloc(stampBytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, stampBytes)
  prepareStamp(view, run, producer, flag, bodyChecksum)
  writeStamp(view, sequence, dueNs)
  return bytes
}

describe('stamp', () => {
  test('fits the 40 bytes that a record may give up', () => assert.ok(stampBytes <= 40))

  for (const [run, producer, flag, bodyChecksum, sequence, dueNs] of [
    [0, 0, flags.none, 0, 0, 0],
    [0xffffffff, 255, flags.prefill, -1, 4_294_967_295, 8_640_000_000_000_000],
    [1, 65_535, flags.probe, 1, 4_294_967_296, 123_456_789.5],
    [7, 3, flags.none, 9, 2 ** 48 - 1, 1e15],
    [7, 3, flags.none, 9, 5_000_000_001, 0.25],
  ] as const) {
    test(`comes back whole: sequence ${sequence}`, () => {
      const into = blank()
      const bytes = stamped(run, producer, flag, bodyChecksum, sequence, dueNs)
      assert.equal(readStamp(bytes, into), 'ok')
      assert.deepEqual(into, { flags: flag, run, producer, sequence, dueNs, bodyChecksum })
      // A prefill's or a probe's due time is no latency of the load.
      assert.equal(readDueNs(bytes, run), flag === flags.none ? dueNs : Number.NaN)
    })
  }

  test('any flipped bit is caught', () => {
    const bytes = stamped(77, 2, flags.none, 4711, 123_456, 5e12)
    for (let bit = 0; bit < stampBytes * 8; bit++) {
      const bad = Buffer.from(bytes)
      bad[bit >> 3]! ^= 1 << (bit & 7)
      assert.notEqual(readStamp(bad, blank()), 'ok', `bit ${bit}`)
    }
  })

  test('a stamp is written over the one before: nothing of it remains', () => {
    const bytes = Buffer.alloc(stampBytes)
    const view = new DataView(bytes.buffer, bytes.byteOffset, stampBytes)
    prepareStamp(view, 1, 1, 0, 0)
    writeStamp(view, 2 ** 47, 1)
    writeStamp(view, 5, 2)
    const into = blank()
    assert.equal(readStamp(bytes, into), 'ok')
    assert.equal(into.sequence, 5)
    assert.equal(into.dueNs, 2)
  })

  test('what is no stamp is foreign', () => {
    for (const value of [Buffer.alloc(0), Buffer.alloc(31), Buffer.alloc(64), Buffer.from('{"id":1}'.repeat(8))]) {
      assert.equal(readStamp(value, blank()), 'foreign')
      assert.ok(Number.isNaN(readDueNs(value, 0)))
    }
  })

  test('the due time of another run is not read', () => {
    const bytes = stamped(7, 0, 0, 0, 1, 1e12)
    assert.ok(Number.isNaN(readDueNs(bytes, 8)))
  })

  test('comes back out of a header as bytes and as text', () => {
    const bytes = stamped(7, 3, 0, 9, 12, 1e15)
    const text = bytes.toString('base64')
    assert.equal(text.length, stampHeaderBytes)
    assert.deepEqual(stampFromHeader(text), bytes)
    assert.deepEqual(stampFromHeader(Buffer.from(text, 'latin1')), bytes)
  })

  test('run tags are 32 bits and differ', () => {
    const tags = new Set(Array.from({ length: 10_000 }, (_, i) => runTag(`run-2026/${i}/client=kafkajs`)))
    for (const tag of tags) assert.ok(Number.isInteger(tag) && tag >= 0 && tag <= 0xffffffff)
    assert.equal(tags.size, 10_000)
  })
})
