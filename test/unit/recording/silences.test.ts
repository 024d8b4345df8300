import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { createSilence } from '../../../src/recording/silence.ts'
import { createSilences } from '../../../src/recording/silences.ts'

const s = (seconds: number) => Math.round(seconds * 1e9)
const ms = (millis: number) => Math.round(millis * 1e6)

/** What a producer of one partition does: due and acknowledged at these moments, ns, with a frame every second up to `endNs`. */
function told(
  into: ReturnType<typeof createSilences>,
  worker: number,
  acks: readonly number[],
  options: { firstDueNs?: number; endNs: number; fromNs?: number },
): void {
  const silence = createSilence(1)
  const { firstDueNs, endNs, fromNs = 0 } = options
  let frameNs = fromNs + s(1)
  if (firstDueNs !== undefined) silence.due(0, firstDueNs)
  for (const atNs of acks) {
    while (frameNs < atNs) {
      into.add(worker, silence.take(), frameNs)
      frameNs += s(1)
    }
    silence.acknowledged(0, atNs, atNs)
  }
  for (; frameNs < endNs; frameNs += s(1)) into.add(worker, silence.take(), frameNs)
  into.add(worker, silence.take(), endNs)
}

const every = (periodMs: number, fromS: number, toS: number) =>
  Array.from({ length: Math.round(((toS - fromS) * 1000) / periodMs) }, (_, n) => s(fromS) + ms(n * periodMs))

/** The longest gap that reaches into the window, by looking at every acknowledgement of every producer. */
function brute(acks: readonly number[], firstDueNs: number, fromNs: number, toNs: number): number {
  const all = [firstDueNs, ...acks.toSorted((a, b) => a - b), Number.POSITIVE_INFINITY]
  const gaps = all.slice(1).flatMap((to, at) => {
    const from = all[at]!
    return to > fromNs && from < toNs ? [Math.min(to, toNs) - from] : []
  })
  return Math.max(...gaps)
}

describe('silence of the measured client', () => {
  test('silent is when all producers are: gaps are intersected', () => {
    const silences = createSilences()
    told(silences, 0, [...every(10, 0, 30), ...every(10, 41, 99)], { firstDueNs: 0, endNs: s(99) })
    told(silences, 1, [...every(10, 0, 20), ...every(10, 21, 31), ...every(10, 43, 98)], {
      firstDueNs: 0,
      endNs: s(99),
    })
    // Silent together from 30.99 s, the last of producer 1, to 41 s, the first of producer 0.
    assert.equal(silences.longest(0, s(30), s(97)), s(41) - s(30.99))
  })

  test('the end of the window cuts what lasts; frames add up', () => {
    const silences = createSilences()
    told(silences, 0, [s(29), s(30), s(31)], { firstDueNs: s(29), endNs: s(70) })
    assert.equal(silences.longest(0, s(30.5), s(60)), s(29))
    assert.equal(silences.longest(0, s(29.5), s(30.8)), s(1))
  })

  test('a partition that nobody wrote to is unknown', () => {
    const silences = createSilences()
    const silence = createSilence(2)
    silence.due(1, s(4))
    silence.acknowledged(1, s(5), s(4))
    silences.add(0, silence.take(), s(70))
    assert.equal(silences.longest(0, s(1), s(60)), null)
    assert.equal(silences.longest(1, s(1), s(60)), s(55))
    assert.equal(silences.longest(7, s(1), s(60)), null, 'a partition that is not watched')
    assert.equal(createSilences().longest(0, s(1), s(60)), null, 'no producer')
  })
})

describe('gaps that are too short to be told one by one', () => {
  test('N5: acknowledged every 12 ms: 12 ms, not unknown', () => {
    const silences = createSilences()
    told(silences, 0, every(12, 0, 60), { firstDueNs: 0, endNs: s(60) })
    assert.equal(silences.longest(0, s(20), s(40)), ms(12))
  })

  test('N5: the longest of them in the window, not one before or after it', () => {
    const acks = [...every(5, 0, 20), ...every(19, 20, 21.9), ...every(5, 21.9, 40), s(40.017), ...every(5, 40.02, 60)]
    const silences = createSilences()
    told(silences, 0, acks, { firstDueNs: 0, endNs: s(60) })
    assert.equal(silences.longest(0, s(25), s(35)), ms(5))
    assert.equal(Math.round(silences.longest(0, s(35), s(50))! / 1e5), 220, 'told: longer than 20 ms')
    assert.equal(silences.longest(0, s(19), s(23)), ms(19))
  })

  test('N5: of several producers at most that of the one with the shortest', () => {
    const silences = createSilences()
    told(silences, 0, every(6, 0, 60), { firstDueNs: 0, endNs: s(60) })
    told(silences, 1, every(15, 0, 60), { firstDueNs: 0, endNs: s(60) })
    told(silences, 2, [...every(15, 0, 10), s(50)], { firstDueNs: 0, endNs: s(60) })
    assert.equal(silences.longest(0, s(20), s(40)), ms(6))
  })

  test('N5: at random, one producer is exact, several never understated, nor above 20 ms and the true gap', () => {
    const rng = createRng(7)
    for (let round = 0; round < 200; round++) {
      const producers = 1 + rng.below(3)
      const silences = createSilences()
      const acks = Array.from({ length: producers }, () => {
        const mostMs = [4, 25, 60, 2000][rng.below(4)]!
        const mine: number[] = []
        for (let at = ms(rng.float() * mostMs); at < s(10); at += 1 + ms(rng.float() * mostMs)) mine.push(at)
        return mine
      })
      for (const [worker, mine] of acks.entries()) told(silences, worker, mine, { firstDueNs: 0, endNs: s(10) })
      const fromNs = s(rng.below(8))
      const toNs = fromNs + s(1 + rng.below(2))
      const found = silences.longest(0, fromNs, toNs)!
      const expected = brute(acks.flat(), 0, fromNs, toNs)
      const what = `${producers} producers, round ${round}: ${found} instead of ${expected}`
      // A window's edge may cut a short gap, of which only the length is told.
      if (expected > ms(20)) assert.equal(found, expected, what)
      else assert.ok(found >= expected - 2 && found <= ms(20), what)
    }
  })
})

describe('from the first record that was due, to the last that is known', () => {
  test('N12: nothing acknowledged between the start and the fault: counted from the first due record', () => {
    const silences = createSilences()
    told(silences, 0, every(10, 45, 60), { firstDueNs: s(2), endNs: s(60) })
    assert.equal(silences.longest(0, s(30), s(58)), s(43))
  })

  test('N12: due and never acknowledged at all: to the end of the window', () => {
    const silences = createSilences()
    told(silences, 0, [], { firstDueNs: s(2), endNs: s(60) })
    assert.equal(silences.longest(0, s(30), s(58)), s(56))
    assert.equal(silences.longest(0, s(1), s(10)), s(8), 'not from the window, from the record')
    assert.equal(silences.longest(0, s(0), s(2)), null, 'nothing was due yet')
  })

  test('N12: where the client chooses the partition, from the due time of what it acknowledged first', () => {
    const silences = createSilences()
    const silence = createSilence(1)
    silence.due(-1, s(1))
    silence.acknowledged(0, s(9), s(3))
    silences.add(0, silence.take(), s(20))
    assert.equal(silences.longest(0, s(5), s(9)), s(6))
  })

  test('N12: a producer whose first record comes late does not hide the silence of the other, nor lengthen it', () => {
    const silences = createSilences()
    told(silences, 0, every(10, 0, 30), { firstDueNs: 0, endNs: s(31) })
    told(silences, 1, every(10, 40, 60), { firstDueNs: s(39), fromNs: s(39), endNs: s(60) })
    assert.equal(silences.longest(0, s(20), s(58)), s(40) - s(29.99))
    const late = createSilences()
    told(late, 1, every(10, 40, 60), { firstDueNs: s(39), fromNs: s(39), endNs: s(60) })
    assert.equal(late.longest(0, s(20), s(58)), s(1))
  })

  test('N1: the window does not reach past the last frame of the last producer', () => {
    const silences = createSilences()
    told(silences, 0, every(10, 0, 30), { firstDueNs: 0, endNs: s(30) })
    assert.equal(silences.longest(0, s(20), s(42.5)), ms(10))
    assert.equal(silences.longest(0, s(30), s(42.5)), null, 'nothing is known of it')
  })

  test('N1: one producer of two is killed: the other goes on, and its gaps count', () => {
    const silences = createSilences()
    told(silences, 0, every(10, 0, 30), { firstDueNs: 0, endNs: s(30) })
    told(silences, 1, [...every(10, 0, 50), ...every(10, 53, 60)], { firstDueNs: 0, endNs: s(60) })
    assert.equal(silences.longest(0, s(31), s(45)), ms(10))
    assert.equal(silences.longest(0, s(31), s(60)), s(53) - s(49.99))
  })
})
