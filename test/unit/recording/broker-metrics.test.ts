import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../../../src/contracts/facts.ts'
import { assemble } from '../../../src/judge/assemble.ts'
import { evaluateThreshold, parseThreshold } from '../../../src/profile/threshold.ts'
import { decodeFact, encodeFact } from '../../../src/recording/codec.ts'
import { createSums } from '../../../src/recording/sums.ts'
import { numberSections } from '../../../src/reports/_rows.ts'
import { planOf } from '../../support/plans.ts'
import { audited, begin, cell, ended, frame, over, s } from '../judge/_facts.ts'

const plan = planOf({
  workload: 'produce',
  load: { rate: 100 },
  phases: { warmup: '1s', measure: '4s', drain: '1s' },
})

/** A look a second from before the start to after the end, at a broker whose counters grow by 1000 and 500 bytes a second. */
const looks = (idle: number | null, underReplicated: (atS: number) => number | null): Fact[] =>
  Array.from({ length: 8 }, (_, at) => at - 1).flatMap((atS): Fact[] => [
    { fact: 'scrape', atNs: s(atS), endpoint: 'b-1:11001', problem: null },
    { fact: 'scrape', atNs: s(atS), endpoint: 'b-1:11002', problem: 'no answer within 2 s' },
    {
      ...{ fact: 'metrics', atNs: s(atS), broker: 4, handlerIdle: idle, bytesIn: 9000 + 1000 * atS },
      ...{ bytesOut: 9000 + 500 * atS, underReplicated: underReplicated(atS) },
    },
    {
      ...{ fact: 'usage', of: 'broker', atNs: s(atS), broker: 4, cpuMs: 1000 * (atS + 1), cores: 2 },
      ...{ rssBytes: null, diskBytes: null, networkInBytes: null, networkOutBytes: null },
    },
  ])

function variantWith(...more: Fact[]) {
  const sums = createSums(plan)
  const frames = [0, 1, 2, 3, 4].map((row) =>
    frame(plan.workers[0]!, row + 1, { cells: [cell(row, { sent: 100, acked: 100 })] }),
  )
  for (const fact of [...begin(plan), ...frames, ...more, ended(5), audited, over(6)])
    sums.add(decodeFact(encodeFact(fact)))
  return assemble(plan, sums).variant
}

/** The drain left out. */
const measured = (column: readonly (number | null)[] | undefined) => column?.slice(0, 5)

describe('brokers by their own metrics', () => {
  const variant = variantWith(...looks(0.25, (atS) => (atS === 3 ? 2 : 0)))

  test('the result has them, over the measure phase', () => {
    assert.deepEqual(variant.brokers, [
      {
        ...{ id: 4, cpuPercent: 100, rssBytes: null, diskBytes: null, networkInBytes: null, networkOutBytes: null },
        ...{ handlerIdlePercent: 25, inBytesPerSec: 1000, outBytesPerSec: 500, underReplicated: 2 },
      },
    ])
    assert.deepEqual(measured(variant.series.columns.broker4UnderReplicated), [0, 0, 2, 0, 0])
    assert.deepEqual(measured(variant.series.columns.broker4HandlerIdlePercent), [25, 25, 25, 25, 25])
    assert.deepEqual(measured(variant.series.columns.broker4InBytesPerSec), [1000, 1000, 1000, 1000, 1000])
  })

  test('an endpoint that does not answer is a finding, one that does is none', () => {
    assert.deepEqual(
      variant.findings!.map(({ code, endpoint, attempts, failed }) => ({ code, endpoint, attempts, failed })),
      [{ code: 'metrics-silent', endpoint: 'b-1:11002', attempts: 8, failed: 8 }],
    )
    assert.equal(variant.status, 'ok')
  })

  test('thresholds', () => {
    const met = (text: string) => {
      const threshold = parseThreshold(text)
      assert.ok(typeof threshold !== 'string', String(threshold))
      return evaluateThreshold(threshold, variant).ok
    }
    assert.ok(met('brokers.handlerIdlePercent.min > 20'))
    assert.ok(!met('brokers.handlerIdlePercent.min > 30'))
    assert.ok(!met('brokers.underReplicated.sum == 0'))
    assert.ok(met('brokers.inBytesPerSec.max <= 1000B'))
    assert.ok(!met('produce.throttle.maxMs == 0'), 'unknown is missed')
  })

  test('the report has a row each', () => {
    const rows = numberSections([variant]).find(({ title }) => title === 'Brokers')!.rows
    const text = Object.fromEntries(rows.map(({ label, cells }) => [label, cells[0]!.text]))
    assert.equal(text['broker 4: request handlers idle, %'], '25')
    assert.equal(text['broker 4: bytes in/s'], '1000 B')
    assert.equal(text['broker 4: under-replicated partitions'], '2')
  })

  test('busy request handlers bound a run; disks of this machine are not those of such brokers', () => {
    const busy = variantWith(...looks(0.05, () => 0))
    assert.ok(busy.bound!.by.includes('request-handlers'), JSON.stringify(busy.bound))
    const [line] = busy.bound!.evidence.filter(({ by }) => by === 'request-handlers')
    assert.equal(line!.metric, 'broker4HandlerBusyShare')
    assert.ok(busy.bound!.evidence.every(({ by }) => by !== 'disk'))
    assert.ok(!variant.bound!.by.includes('request-handlers'))
  })

  test('without them there is nothing of them', () => {
    const none = variantWith()
    assert.equal(none.brokers, null)
    assert.ok(Object.keys(none.series.columns).every((name) => !name.startsWith('broker')))
  })

  test('unknown stays null', () => {
    const [broker] = variantWith(...looks(null, () => null)).brokers!
    assert.deepEqual([broker!.handlerIdlePercent, broker!.underReplicated], [null, null])
  })
})
