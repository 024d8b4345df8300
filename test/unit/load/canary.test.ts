import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acked, type Outcome, type OutRecord, type Producer } from '../../../src/contracts/api.ts'
import { mostUnderWay, type SongEnd, sing } from '../../../src/load/canary.ts'
import { isCanary } from '../../../src/load/stamp.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import type { Fate } from '../../support/fake-driver.ts'

const quick: Fate = { afterNs: 1e6, kind: 'acked' }

interface Sung extends SongEnd {
  startNs: number
  /** By partition, s from the start. */
  acksS: number[][]
  /** Of every report, s from the start, and how many acknowledgements it had. */
  reports: { atS: number; acks: number }[]
}

/** Sings for a while in virtual time; `fate` gets seconds from the start. */
async function play(options: {
  partitions: number
  forS: number
  recordsPerSec?: number
  fate?: (partition: number, atS: number) => Fate
  /** What happens on the way. */
  on?: (clock: ReturnType<typeof createFakeClock>, startNs: number) => void
}): Promise<Sung> {
  const { partitions, recordsPerSec = 20, forS } = options
  const clock = createFakeClock()
  const startNs = clock.nowNs()
  const sinceS = (atNs: number) => (atNs - startNs) / 1e9
  /** Those of a batch that have the same fate settle in one turn: this is half a million records in a few seconds. */
  const producer: Producer = {
    effectiveConfig: {},
    recordsPerBatch: () => null,
    send(batch, settled) {
      const together = new Map<number, OutRecord[]>()
      for (const record of batch) {
        assert.ok(isCanary(record.value))
        const fate = options.fate?.(record.partition, sinceS(clock.nowNs())) ?? quick
        if (fate === 'silence') continue
        const key = fate.kind === 'acked' ? fate.afterNs : -fate.afterNs
        together.set(key, [...(together.get(key) ?? []), record])
      }
      for (const [key, records] of together) {
        const outcome: Outcome = key > 0 ? acked : { kind: 'unknown', error: 'timed out' }
        clock.at(clock.nowNs() + Math.abs(key), () => {
          for (const record of records) settled(record, outcome, clock.nowNs())
        })
      }
    },
    async [Symbol.asyncDispose]() {},
  }
  const stop = new AbortController()
  clock.at(startNs + forS * 1e9, () => stop.abort())
  options.on?.(clock, startNs)
  const acksS: number[][] = Array.from({ length: partitions }, () => [])
  const reports: Sung['reports'] = []
  const song = { topic: 't', partitions, recordsPerSec, run: 1, clock, producer, stop: stop.signal }
  const end = await clock.run(
    sing({
      ...song,
      acks(acks, atNs) {
        reports.push({ atS: sinceS(atNs), acks: acks.length / 3 })
        for (let at = 0; at < acks.length; at += 3) acksS[acks[at]!]!.push(sinceS(acks[at + 2]!))
      },
    }),
  )
  return { ...end, startNs, acksS, reports }
}

const longestGap = (acks: readonly number[]) => Math.max(...acks.slice(1).map((at, before) => at - acks[before]!))
const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 2e-3, `${value}, ${expected}`)

describe('the canary', () => {
  test('N6: 48 partitions, 32 of them silent for 40 s: the healthy 16 show 50 ms', async () => {
    const isSilent = (partition: number) => partition < 32
    const { acksS, skipped } = await play({
      partitions: 48,
      forS: 60,
      fate: (partition, atS) =>
        isSilent(partition) && atS >= 10 && atS < 50 ? { afterNs: (50 - atS) * 1e9, kind: 'acked' } : quick,
    })
    for (const [partition, acks] of acksS.entries()) near(longestGap(acks), isSilent(partition) ? 40.049 : 0.05)
    assert.ok(skipped > 0, 'the silent ones have as many under way as they may have')
  })

  for (const [partitions, silent, recordsPerSec] of [
    [1, 0, 20],
    [2, 1, 100],
    [200, 199, 20],
    [48, 47, 1],
  ] as const) {
    test(`N6: ${silent} of ${partitions} silent for good, ${recordsPerSec} probes/s`, async () => {
      const { acksS } = await play({
        partitions,
        recordsPerSec,
        forS: 20,
        fate: (partition) => (partition < silent ? 'silence' : quick),
      })
      for (const acks of acksS.slice(silent)) near(longestGap(acks), 1 / recordsPerSec)
      for (const acks of acksS.slice(0, silent)) assert.deepEqual(acks, [])
    })
  }

  test('N6: the bound is each partition’s own: two seconds of probes at least, a delivery time-out of them at most', () => {
    assert.equal(mostUnderWay(48, 20), 416)
    assert.equal(mostUnderWay(1, 20), 1200)
    assert.equal(mostUnderWay(200, 20), 100)
    assert.equal(mostUnderWay(200, 1000), 2000)
    assert.equal(mostUnderWay(10_000, 1), 2)
  })

  test('N6: probes that fail make room for others', async () => {
    const { acksS, failed } = await play({
      partitions: 2,
      forS: 100,
      fate: (partition, atS) => (partition === 0 && atS < 70 ? { afterNs: 60e9, kind: 'unknown' } : quick),
    })
    assert.ok(failed >= 200, `${failed}`)
    near(acksS[0]![0]!, 70.001)
    near(longestGap(acksS[1]!), 0.05)
  })

  test('N12: reports its first probe when it sends it, and then every 250 ms, also nothing', async () => {
    const { reports } = await play({ partitions: 1, forS: 2, fate: () => 'silence' })
    assert.deepEqual(reports[0], { atS: 0, acks: 0 })
    assert.ok(reports.length >= 8)
    for (const [at, { atS }] of reports.slice(1, -1).entries()) near(atS - reports[at]!.atS, 0.25)
  })

  test('N1: reports when it stopped; what is under way then is waited for, for half a second', async () => {
    const late = await play({ partitions: 1, forS: 2.02, fate: () => ({ afterNs: 300e6, kind: 'acked' }) })
    near((late.stoppedNs - late.startNs) / 1e9, 2.02)
    assert.equal(late.acksS[0]!.length, late.sent)
    const never = await play({ partitions: 1, forS: 2.02, fate: () => 'silence' })
    near(never.reports.at(-1)!.atS, 2.52)
    near((never.stoppedNs - never.startNs) / 1e9, 2.02)
  })

  test('a tick that comes late is not made up for', async () => {
    const { sent } = await play({
      partitions: 1,
      forS: 4,
      on: (clock, startNs) => clock.at(startNs + 1e9, () => clock.advance(2e9)),
    })
    assert.ok(sent >= 39 && sent <= 42, `${sent}`)
  })
})
