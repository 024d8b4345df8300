import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { blockLength, createHistory, type Spill } from '../../../src/recording/history.ts'

interface Value {
  n: number
  map: Map<string, number>
}

const sample = (n: number): Value => ({ n, map: new Map([['a', n * 1.5]]) })

/** Keeps what is written; `isFull` refuses more. */
function memorySpill(isFull = () => false) {
  const written: Uint8Array[] = []
  let size = 0
  const spill: Spill = {
    write(bytes) {
      if (isFull()) return null
      written.push(bytes)
      size += bytes.length
      return size - bytes.length
    },
    read: (at, length) => new Uint8Array(Buffer.concat(written)).subarray(at, at + length),
  }
  return { spill, blocks: () => written.length }
}

const count = 5 * blockLength + 7

for (const [what, spill] of [
  ['in memory', null],
  ['in a spill', memorySpill().spill],
  ['in a spill that is full', memorySpill(() => true).spill],
] as const) {
  describe(`a history, packed ${what}`, () => {
    test('reads what was pushed, in any order, and iterates over it', () => {
      const history = createHistory<Value>(spill)
      for (let n = 0; n < count; n++) history.push(sample(n))
      assert.equal(history.length, count)
      assert.deepEqual(
        [...history],
        Array.from({ length: count }, (_, n) => sample(n)),
      )
      for (const n of [count - 1, 0, blockLength, blockLength - 1, 3 * blockLength + 8, 1])
        assert.deepEqual(history.read(n), sample(n))
      assert.deepEqual(history.last(), sample(count - 1))
      assert.equal(history.read(count), undefined)
    })

    test('takes changes of what was packed long ago, again and again', () => {
      const history = createHistory<Value>(spill)
      for (let n = 0; n < count; n++) {
        history.push(sample(n))
        if (n > 0 && n % 50 === 0) history.edit(3, () => assert.fail('it is there')).n += 1000
        if (n > 0 && n % 70 === 0) assert.equal(history.read(3)!.n % 1000, 3)
      }
      assert.equal(history.read(3)!.n, 3 + 1000 * Math.floor((count - 1) / 50))
    })
  })
}

test('holes are read as nothing, and are no values', () => {
  const history = createHistory<Value>()
  history.edit(2, () => sample(2))
  history.edit(5 * blockLength, () => sample(9))
  assert.deepEqual([history.read(0), history.read(blockLength), history.read(2)], [undefined, undefined, sample(2)])
  assert.deepEqual([...history], [sample(2), sample(9)])
})

test('of nothing', () => {
  const history = createHistory<Value>()
  assert.deepEqual([history.length, history.last(), history.read(0), [...history]], [0, undefined, undefined, []])
})

test('what is over goes to the spill, each block once', () => {
  const { spill, blocks } = memorySpill()
  const history = createHistory<Value>(spill)
  for (let n = 0; n < count; n++) history.push(sample(n))
  // The newest and the one before it may still be written to.
  assert.equal(blocks(), 4)
})

test('values are shrunk before they are packed, once', () => {
  const history = createHistory<{ list: number[] }>(null, ({ list }) => ({ list: [list.reduce((a, b) => a + b, 0)] }))
  for (let n = 0; n < count; n++) history.push({ list: [n, 1] })
  assert.deepEqual([history.read(4), history.last()], [{ list: [5] }, { list: [count - 1, 1] }])
})
