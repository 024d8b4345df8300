import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settledEnds } from '../../src/runners/settled-ends.ts'

/** Ends of one partition that begins at 10, one after the other, the last for ever. */
async function settle(ends: readonly number[], expected: number) {
  let reads = 0
  const read = async () => new Map([[0, ends[Math.min(reads++, ends.length - 1)]!]])
  const found = await settledEnds(read, new Map([[0, 10]]), expected, async () => undefined)
  return { end: found.get(0), reads }
}

test('a log that is complete is taken when nothing more comes', async () => {
  assert.deepEqual(await settle([110], 100), { end: 110, reads: 2 })
})

test('what followers have not read yet is waited for, also when it stands still for a second', async () => {
  assert.equal((await settle([40, 60, 60, 60, 60, 100, 110], 100)).end, 110)
})

test('records beyond those expected are waited for as well', async () => {
  assert.equal((await settle([110, 120, 130], 100)).end, 130)
})

test('what does not come is given up after 3 s', async () => {
  assert.deepEqual(await settle([60], 100), { end: 60, reads: 11 })
})

test('a log that grows for ever is given up after a minute', async () => {
  let end = 10
  const read = async () => new Map([[0, end++]])
  const found = await settledEnds(read, new Map([[0, 10]]), 1e9, async () => undefined)
  assert.equal(found.get(0), 210)
})
