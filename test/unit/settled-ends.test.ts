import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settledEnds } from '../../src/runners/variant/settled-ends.ts'

/** Answers of one partition, poll by poll, the last for ever; null = it has no leader. */
async function settle(
  seen: readonly (number | null)[],
  written: readonly (number | null)[],
  { unacknowledged = false } = {},
) {
  const asked = { latest: 0, written: 0 }
  const answers = { latest: seen, written }
  let nowMs = 0
  const ends = await settledEnds(
    async (at) => {
      const offset = answers[at][Math.min(asked[at]++, answers[at].length - 1)]!
      return new Map(offset === null ? [] : [[0, offset]])
    },
    unacknowledged,
    {
      nowMs: () => nowMs,
      async pause(ms) {
        nowMs += ms
      },
    },
  )
  return { end: ends.get(0), reads: asked.latest }
}

test('a log that all followers have is taken at once', async () => {
  assert.deepEqual(await settle([110], [110]), { end: 110, reads: 1 })
})

test('what followers have not read yet is waited for, also when it stands still for long', async () => {
  const standstill = Array<number>(50).fill(60)
  assert.equal((await settle([40, ...standstill, 100, 110], [110])).end, 110)
})

test('what others write meanwhile is not waited for', async () => {
  const growing = Array.from({ length: 500 }, (_, i) => 110 + 7 * i)
  assert.deepEqual(await settle([100, 112], growing), { end: 112, reads: 2 })
})

test('what a leader had and its successor has not is not waited for', async () => {
  assert.deepEqual(await settle([60], [110, 110, 60]), { end: 60, reads: 3 })
})

test('a partition without a leader is not waited for; one that gets its leader back is', async () => {
  assert.deepEqual(await settle([null], [null]), { end: undefined, reads: 1 })
  assert.equal((await settle([null, 50, 60], [60])).end, undefined)
})

test('what nobody has confirmed may still be on its way', async () => {
  assert.equal((await settle([70, 90], [70, 80, 90, 90], { unacknowledged: true })).end, 90)
  // Others write for ever.
  const growing = Array.from({ length: 500 }, (_, i) => 110 + 7 * i)
  assert.equal((await settle([110 + 7 * 10], growing, { unacknowledged: true })).reads, 1)
})

test('what does not come is given up after a minute', async () => {
  assert.deepEqual(await settle([60], [110]), { end: 60, reads: 201 })
})
