import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import type { QuotaFact, UsageFact } from '../../../src/contracts/facts.ts'
import {
  brokerColumns,
  brokerLoads,
  brokerUsage,
  throttleMs,
  throttleSummary,
} from '../../../src/recording/broker-usage.ts'
import { hostColumns, hostUsage } from '../../../src/recording/host-usage.ts'
import { machineUsage } from '../../../src/recording/machine-usage.ts'
import { createUsage, type Usage } from '../../../src/recording/usage.ts'

const s = 1e9
const unknown = {
  cpuMs: null,
  rssBytes: null,
  diskBytes: null,
  networkInBytes: null,
  networkOutBytes: null,
  cores: null,
}
type BrokerValues = Partial<Omit<Extract<UsageFact, { of: 'broker' }>, 'fact' | 'of' | 'atNs' | 'broker'>>
type MachineValues = Partial<Omit<Extract<UsageFact, { of: 'machine' }>, 'fact' | 'of' | 'atNs'>>

const broker = (atS: number, values: BrokerValues, id = 1): UsageFact => ({
  ...{ fact: 'usage', of: 'broker', broker: id, atNs: atS * s },
  ...unknown,
  ...values,
})
const host = (atS: number, cpuMs: number, rssBytes = 100, id = 0): UsageFact => ({
  ...{ fact: 'usage', of: 'host', host: id, atNs: atS * s, cpuMs, rssBytes },
})
const quota = (atS: number, values: Partial<QuotaFact>, id = 1): QuotaFact => ({
  ...{ fact: 'quota', atNs: atS * s, broker: id, produceMs: null, fetchMs: null, requestMs: null, produceBytes: null },
  ...values,
})
const machine = (atS: number, values: MachineValues): UsageFact => ({
  ...{ fact: 'usage', of: 'machine', atNs: atS * s, busyMs: null, totalMs: null, cpuStallMs: null, ioStallMs: null },
  ...{ diskBusyMs: null, networkBytes: null, linkBytesPerSec: null },
  ...values,
})
const span = (fromS: number, toS: number) => ({ fromNs: fromS * s, toNs: toS * s })
const usageOf = (facts: readonly (UsageFact | QuotaFact)[]): Usage => {
  const usage = createUsage()
  for (const fact of facts) usage.add(Object.freeze(fact))
  return usage
}
const seconds = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step)

describe('N10: broker counters at the edges of measure', () => {
  // 1000 bytes and 500 ms a second up to 10 s, then ten times that: samples half-way between the edges.
  const bytesAt = (atS: number) => (atS <= 10 ? 1000 * atS : 10_000 + 10_000 * (atS - 10))
  const facts = seconds(0.5, 30.5).map((atS) =>
    broker(atS, { cpuMs: 500 * atS, diskBytes: bytesAt(atS), rssBytes: atS }),
  )

  test('N10: bytes and CPU are those of [from, to) alone, not of a second more on each side', () => {
    const [usage] = brokerUsage(usageOf(facts), span(20, 30))!
    assert.equal(usage!.diskBytes, 100_000)
    assert.ok(Math.abs(usage!.cpuPercent! - 50) < 1e-9)
    assert.equal(usage!.rssBytes, 29.5)
  })

  test('N10: an edge between two samples is on the line between them', () => {
    const [usage] = brokerUsage(usageOf(facts), span(2.25, 4.75))!
    assert.equal(usage!.diskBytes, 2500)
  })

  test('N10: spans next to each other add up to the whole, wherever they are cut', () => {
    const usage = usageOf(facts)
    const rng = createRng(10)
    for (let round = 0; round < 200; round++) {
      const cuts = [1, 30, ...Array.from({ length: 4 }, () => 1 + rng.float() * 29)].sort((a, b) => a - b)
      const parts = cuts.slice(1).map((to, index) => brokerUsage(usage, span(cuts[index]!, to))![0]!.diskBytes!)
      const sum = parts.reduce((total, each) => total + each, 0)
      assert.ok(Math.abs(sum - (bytesAt(30) - bytesAt(1))) <= parts.length, `${sum}`)
    }
  })

  test('N10: nothing is made up before the first and after the last sample', () => {
    const usage = usageOf(facts)
    assert.equal(brokerUsage(usage, span(0, 10))![0]!.diskBytes, null)
    assert.equal(brokerUsage(usage, span(20, 31))![0]!.diskBytes, null)
    // A mean is one of what is covered, if that is nearly all.
    assert.ok(Math.abs(brokerUsage(usage, span(21, 31))![0]!.cpuPercent! - 50) < 1e-9)
    assert.equal(brokerUsage(usage, span(29, 33))![0]!.cpuPercent, null)
  })

  test('N10: produce bytes per second of measure alone; delays of its second half', () => {
    const facts = seconds(0.25, 40.25).map((atS) =>
      quota(atS, { produceBytes: atS < 10 ? 5000 * atS : 50_000 + 100 * (atS - 10), produceMs: atS < 20 ? 300 : 40 }),
    )
    const [summary] = throttleSummary(usageOf(facts), span(12, 30))!
    assert.ok(Math.abs(summary!.produceBytesPerSec! - 100) < 1e-6, String(summary!.produceBytesPerSec))
    assert.equal(summary!.produceMs, 40)
    assert.equal(summary!.fetchMs, null)
    // A sample after the end is about the time after it.
    const later = [...facts, quota(30.5, { produceMs: 9000 })].sort((a, b) => a.atNs - b.atNs)
    assert.equal(throttleSummary(usageOf(later), span(12, 30))![0]!.produceMs, 40)
    assert.equal(throttleSummary(usageOf(later), span(12, 31))![0]!.produceMs, 9000)
  })
})

describe('counters that fall, and holes', () => {
  test('a broker whose counter was reset in the span: unknown there, known elsewhere', () => {
    const values = [100, 200, 300, 10, 20, 30, 40, 50]
    const usage = usageOf(values.map((diskBytes, atS) => broker(atS, { diskBytes, cpuMs: diskBytes })))
    assert.equal(brokerUsage(usage, span(0, 7))![0]!.diskBytes, null)
    assert.equal(brokerUsage(usage, span(0, 7))![0]!.cpuPercent, null)
    assert.equal(brokerUsage(usage, span(2.5, 6))![0]!.diskBytes, null)
    assert.equal(brokerUsage(usage, span(0, 2))![0]!.diskBytes, 200)
    assert.equal(brokerUsage(usage, span(3, 7))![0]!.diskBytes, 40)
  })

  test('a counter that falls by a rounding error has not fallen', () => {
    const usage = usageOf(
      [1e9, 1e9 + 5, 1e9 + 4.9999, 1e9 + 10].map((produceBytes, atS) => quota(atS, { produceBytes })),
    )
    assert.ok(Math.abs(throttleSummary(usage, span(0, 3))![0]!.produceBytesPerSec! - 10 / 3) < 1e-6)
  })

  test('an edge in a hole is unknown; a hole in between costs a counter nothing', () => {
    const usage = usageOf([0, 1, 2, 12, 13, 14].map((atS) => broker(atS, { diskBytes: 10 * atS, cpuMs: 10 * atS })))
    assert.equal(brokerUsage(usage, span(1, 13))![0]!.diskBytes, 120)
    assert.equal(brokerUsage(usage, span(1, 5))![0]!.diskBytes, null)
    assert.deepEqual(brokerColumns(usage, [span(0, 1), span(5, 6), span(12, 13)]).broker1CpuPercent, [1, null, 1])
    assert.deepEqual(brokerColumns(usage, [span(0, 1), span(5, 6)]).broker1RssBytes, [null, null])
  })

  test('unknown readings stay unknown, and no broker at all is null', () => {
    const usage = usageOf([0, 1, 2].map((atS) => broker(atS, { cpuMs: 100 * atS }, 3)))
    const { cpuPercent, ...rest } = brokerUsage(usage, span(0, 2))![0]!
    assert.equal(cpuPercent, 10)
    assert.deepEqual(rest, { id: 3, rssBytes: null, diskBytes: null, networkInBytes: null, networkOutBytes: null })
    assert.equal(brokerUsage(createUsage(), span(0, 2)), null)
    assert.equal(brokerLoads(createUsage(), span(0, 2)), null)
    assert.equal(throttleSummary(createUsage(), span(0, 2)), null)
  })

  test('a counter that stands still is 0, not unknown; brokers in order of their ids', () => {
    const usage = usageOf(
      [0, 1].flatMap((atS) => [broker(atS, { diskBytes: 7, cores: 2, cpuMs: 0 }, 2), broker(atS, {}, 1)]),
    )
    assert.deepEqual(
      brokerUsage(usage, span(0, 1))!.map(({ id, diskBytes }) => [id, diskBytes]),
      [
        [1, null],
        [2, 0],
      ],
    )
    assert.deepEqual(brokerLoads(usage, span(0, 1)), [
      { broker: 1, cpuPercent: null, cores: null },
      { broker: 2, cpuPercent: 0, cores: 2 },
    ])
  })

  test('facts that arrive twice or late change nothing', () => {
    const facts = [0, 1, 2].map((atS) => broker(atS, { diskBytes: 10 * atS }))
    const usage = usageOf([...facts, facts[1]!, broker(1.5, { diskBytes: 9e9 })])
    assert.equal(brokerUsage(usage, span(0, 2))![0]!.diskBytes, 20)
  })
})

describe('throttling as evidence', () => {
  test('0 = every broker was asked and delayed nobody; null = one was not', () => {
    const calm = seconds(0, 10).map((atS) => quota(atS, { produceBytes: atS }))
    assert.equal(throttleMs(usageOf(calm), span(0, 10), 1), 0)
    assert.equal(throttleMs(usageOf(calm), span(0, 10), 2), null)
    assert.equal(throttleMs(createUsage(), span(0, 10), 1), null)
    assert.equal(throttleMs(createUsage(), span(0, 10), 0), null)
    assert.equal(throttleMs(usageOf([...calm, quota(8, { fetchMs: 3 }, 2)]), span(0, 10), 3), 3)
  })
})

describe('load hosts', () => {
  test('CPU of all together over the span, each of them, and the largest sum of memory', () => {
    const usage = usageOf(
      seconds(0, 10).flatMap((atS) => [host(atS, 500 * atS, 100 + atS), host(atS, 250 * atS, 10, 1)]),
    )
    assert.deepEqual(hostUsage(usage, span(2.5, 8.5)), {
      cpuPercent: 75,
      rssBytes: 118,
      hosts: [
        { host: 0, cpuPercent: 50 },
        { host: 1, cpuPercent: 25 },
      ],
    })
    assert.deepEqual(hostColumns(usage, [span(0, 1), span(9, 10), span(20, 21)]), {
      generatorCpuPercent: [75, 75, null],
      generatorRssBytes: [111, 120, null],
    })
  })

  test('one that joined late counts from then on; its last reading may be a second old', () => {
    const usage = usageOf([
      ...seconds(0, 19.5, 0.5).map((atS) => host(atS, 100 * atS)),
      ...seconds(10, 19.5, 0.5).map((atS) => host(atS, 800 * (atS - 10), 1, 1)),
    ])
    const { cpuPercent, hosts } = hostUsage(usage, span(0, 20))
    assert.ok(Math.abs(cpuPercent! - (10 + 40)) < 1e-9, String(cpuPercent))
    assert.deepEqual(
      hosts.map(({ cpuPercent }) => Math.round(cpuPercent!)),
      [10, 80],
    )
  })

  test('none reported: unknown', () => {
    assert.deepEqual(hostUsage(createUsage(), span(0, 1)), { cpuPercent: null, rssBytes: null, hosts: [] })
  })
})

describe('the machine', () => {
  test('shares of the span; the busiest disk, and the interface closest to its speed', () => {
    const facts = seconds(0, 10).map((atS) =>
      machine(atS, {
        busyMs: 1500 * atS,
        totalMs: 2000 * atS,
        cpuStallMs: 100 * atS,
        ioStallMs: 0,
        diskBusyMs: { vda: 200 * atS, vdb: 900 * atS },
        networkBytes: { 'eth0 in': 10 * atS, 'eth0 out': 600 * atS, 'lo in': 1e9 * atS, 'eth1 in': 600 * atS },
        linkBytesPerSec: { eth0: 1000, eth1: 10_000 },
      }),
    )
    const shares = Object.entries(machineUsage(usageOf(facts), span(2.5, 9.5))!).map(([name, value]) => [
      name,
      typeof value === 'number' ? Math.round(value * 1e9) / 1e9 : value,
    ])
    assert.deepEqual(Object.fromEntries(shares), {
      busyShare: 0.75,
      cpuStallShare: 0.1,
      ioStallShare: 0,
      disk: 'vdb',
      diskBusyShare: 0.9,
      network: 'eth0 out',
      networkShare: 0.6,
    })
  })

  test('what was not reported is null; nothing at all: null', () => {
    const nothing = {
      busyShare: null,
      cpuStallShare: null,
      ioStallShare: null,
      disk: null,
      diskBusyShare: null,
      network: null,
      networkShare: null,
    }
    assert.equal(machineUsage(createUsage(), span(0, 1)), null)
    assert.deepEqual(machineUsage(usageOf([0, 1].map((atS) => machine(atS, {}))), span(0, 1)), nothing)
    // Traffic without a speed says nothing about a limit.
    assert.deepEqual(
      machineUsage(usageOf([0, 1].map((atS) => machine(atS, { networkBytes: { 'eth0 in': atS } }))), span(0, 1)),
      nothing,
    )
  })
})
