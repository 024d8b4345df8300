import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import type { OutRecord } from '../../../src/contracts/api.ts'
import { type AuditCounts, createAudit } from '../../../src/judge/audit.ts'
import { toLatency } from '../../../src/recording/histogram.ts'
import { type Played, play, run } from '../../support/crew.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeDriver, type Fate, type Handed } from '../../support/fake-driver.ts'
import { bookOf } from '../../support/log.ts'

interface Truth {
  handed: Handed
  fate: Fate
  /** Whether the cluster really has it, whatever it said. */
  isInLog: boolean
}

const partitions = 6

/** Producers, a cluster that does what `decide` says, and the audit of what it kept. */
async function runAndAudit(
  decide: (record: OutRecord) => { fate: Fate; isInLog: boolean },
  producers = 3,
): Promise<{ played: Played; truth: Truth[]; counts: AuditCounts }> {
  const clock = createFakeClock()
  const decisions: { fate: Fate; isInLog: boolean }[] = []
  const driver = createFakeDriver({
    clock,
    copiesValues: true,
    fate(record) {
      const decision = decide(record)
      decisions.push(decision)
      return decision.fate
    },
  })
  const scene = { ratePerSec: 3333.33, producers, warmupMs: 1000, measureMs: 2000, drainMs: 1000, partitions }
  const played = await play({ ...scene, clock, driver, settings: { maxInFlight: 200 } })
  const truth = driver.handed.map((handed, index) => ({ handed, ...decisions[index]! }))
  const ledgers = Array.from({ length: producers }, (_, producer) => {
    return played.outcomes(producer)
  })
  const audit = createAudit(bookOf(ledgers, partitions), {
    run,
    producers,
    exclusive: true,
    partitions,
    measure: [played.startNs + 1e9, played.startNs + 3e9],
  })
  const offsets = new Array<number>(partitions).fill(0)
  for (const { handed, isInLog } of truth) {
    if (isInLog) audit.record(handed.partition, offsets[handed.partition]!++, handed.value, null)
  }
  return { played, truth, counts: audit.finish(new Set()) }
}

const acked: Fate = { afterNs: 2e6, kind: 'acked' }

describe('from schedule to audit', () => {
  test('a cluster that keeps what it acknowledges: nothing to report', async () => {
    const { played, truth, counts } = await runAndAudit(() => ({ fate: acked, isInLog: true }))
    assert.deepEqual(played.ledger, { scheduled: 10_000, acked: 10_000, failed: 0, unknown: 0, unsent: 0 })
    const { audited, auditedMeasure, examples, skipped, groups: _, ...faults } = counts
    assert.deepEqual(faults, { lost: 0, duplicated: 0, reordered: 0, corrupt: 0, failedButRead: 0, unknownRead: 0 })
    assert.deepEqual([audited, skipped, examples.length], [10_000, 0, 0])
    const due = truth.filter(({ handed }) => handed.dueNs - played.startNs >= 1e9).length
    assert.equal(auditedMeasure, due)
    assert.equal(toLatency(played.latency('response', ['measure'])).count, due)
  })

  test('a cluster that lies: every lie is found, and the ledger is closed', async () => {
    const rng = createRng(7)
    const { played, truth, counts } = await runAndAudit(() => {
      const dice = rng.below(50)
      if (dice === 0) return { fate: acked, isInLog: false }
      if (dice === 1) return { fate: { afterNs: 1e6, kind: 'failed' }, isInLog: true }
      if (dice === 2) return { fate: { afterNs: 1e6, kind: 'failed' }, isInLog: false }
      if (dice === 3) return { fate: { afterNs: 1e6, kind: 'unknown' }, isInLog: true }
      if (dice === 4) return { fate: { afterNs: 1e6, kind: 'unknown' }, isInLog: false }
      return { fate: acked, isInLog: true }
    })
    const count = (kind: string, isInLog?: boolean) =>
      truth.filter(
        ({ fate, isInLog: there }) => fate !== 'silence' && fate.kind === kind && (isInLog ?? there) === there,
      ).length
    assert.deepEqual(played.ledger, {
      scheduled: 10_000,
      acked: count('acked'),
      failed: count('failed'),
      unknown: count('unknown'),
      unsent: 0,
    })
    assert.equal(counts.lost, count('acked', false))
    assert.equal(counts.failedButRead, count('failed', true))
    assert.equal(counts.unknownRead, count('unknown', true))
    assert.deepEqual([counts.duplicated, counts.reordered, counts.corrupt], [0, 0, 0])
    assert.equal(counts.audited, 10_000)
    assert.ok(counts.lost > 100 && counts.failedButRead > 100 && counts.unknownRead > 100)
  })

  test('a cluster that falls silent: unknown, read or not', async () => {
    const { played, counts } = await runAndAudit(({ sequence }) =>
      sequence < 2000 ? { fate: acked, isInLog: true } : { fate: 'silence', isInLog: sequence % 2 === 0 },
    )
    const { ledger } = played
    assert.equal(ledger.scheduled, ledger.acked + ledger.failed + ledger.unknown + ledger.unsent)
    assert.deepEqual([ledger.acked, ledger.unknown, ledger.failed], [6000, 600, 0])
    assert.equal(counts.unknownRead, 300)
    assert.equal(counts.lost, 0)
  })
})
