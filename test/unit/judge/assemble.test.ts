import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { assemble } from '../../../src/judge/assemble.ts'
import { decodeFact } from '../../../src/recording/codec.ts'
import { createSums } from '../../../src/recording/sums.ts'
import { fakeFault } from '../../support/fake-world.ts'
import { measure } from '../../support/measure.ts'
import { freezeDeep, planOf } from '../../support/plans.ts'

const plan = planOf({
  topic: { partitions: 4 },
  load: { rate: 100 },
  producers: { count: 2 },
  consumers: [{ group: 'g2', members: 2 }],
  phases: { warmup: '1s', measure: '4s', drain: '2s' },
  faults: [{ use: 'f', at: '1s', for: '1s' }],
  thresholds: ['lag.g2.maxRecords < 5', { threshold: 'produce.ackedPerSec > 4', window: '2s' }],
})
const recorded = measure({
  plan,
  faults: { f: fakeFault() },
  isDown: (partition, atS) => partition === 1 && atS > 2 && atS < 2.5,
})

/** The fold of these lines, those left out that are no facts. */
function sumsOf(lines: readonly string[]) {
  const sums = createSums(plan)
  for (const line of lines) {
    try {
      sums.add(freezeDeep(decodeFact(line)))
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'usage', String(error))
    }
  }
  return sums
}

describe('a recording that somebody has changed is assembled into something, and never crashes', () => {
  const names = [
    'topic',
    'worker',
    'started',
    'frame',
    'leaders',
    'fault',
    'load-ended',
    'canary',
    'lag',
    'audited',
    'over',
  ]
  for (const name of names) {
    test(`without a fact ${name}`, async () => {
      const { lines } = await recorded
      const { variant } = assemble(plan, sumsOf(lines.filter((line) => !line.startsWith(`{"fact":"${name}"`))))
      const { scheduled, acked, failed, unknown, unsent } = variant.ledger
      assert.equal(scheduled, acked + failed + unknown + unsent)
    })
  }

  test('with lines missing, in disorder, twice, or with other numbers', async () => {
    const { lines } = await recorded
    const rng = createRng(3)
    const changes: ((line: string) => string[])[] = [
      (line) => (rng.below(10) > 0 ? [line] : []),
      (line) => (rng.below(10) > 0 ? [line] : [line, line]),
      (line) => (rng.below(10) > 0 ? [line] : [lines[rng.below(lines.length)]!]),
      (line) => [line.replace(/\d+/g, (digits) => (rng.below(20) > 0 ? digits : String(rng.below(1000))))],
      (line) => [line.replace(/\d+/g, (digits) => (rng.below(20) > 0 ? digits : `${digits}000`))],
    ]
    for (let round = 0; round < 60; round++) {
      const sums = sumsOf(lines.flatMap(changes[round % changes.length]!))
      const { scheduled, acked, failed, unknown, unsent } = assemble(plan, sums).variant.ledger
      assert.equal(scheduled, acked + failed + unknown + unsent, `round ${round}`)
    }
  })
})

test('no window of a fault reaches past its evidence, wherever the recording ends', async () => {
  const { lines } = await recorded
  const sums = createSums(plan)
  for (const line of lines) {
    sums.add(freezeDeep(decodeFact(line)))
    const { variant } = assemble(plan, sums)
    const untilS = Number(variant.findings!.find(({ code }) => code === 'known-until')?.untilS ?? 5)
    for (const fault of variant.faults) {
      const leftMs = Math.max(0, (Math.min(untilS, 5) - fault.injectedAtS) * 1000)
      for (const { unavailableMs, clientGapMs } of fault.partitions) {
        // A gap may have begun before the fault, by the canary's period.
        if (unavailableMs !== null) assert.ok(unavailableMs <= leftMs + 100, `${unavailableMs} ms of ${leftMs}`)
        if (clientGapMs !== null) assert.ok(clientGapMs <= leftMs + 1100, `${clientGapMs} ms of ${leftMs}`)
      }
    }
  }
})

test('the ledger closes wherever a load is cut', async () => {
  const rng = createRng(9)
  const { lines } = await recorded
  const before = lines.filter((line) => !line.startsWith('{"fact":"load-ended"'))
  for (let round = 0; round < 50; round++) {
    const loadEndNs = [0, 1, 5e9, 1e18, rng.below(5e9)][round % 5]!
    const end = JSON.stringify({ fact: 'load-ended', atNs: 1e12, loadEndNs, by: 'interrupt', why: null })
    const { ledger } = assemble(plan, sumsOf([...before.slice(0, 8), end, ...before.slice(8)])).variant
    const { scheduled, acked, failed, unknown, unsent } = ledger
    assert.equal(scheduled, acked + failed + unknown + unsent, `cut at ${loadEndNs}`)
    assert.ok([acked, failed, unknown, unsent].every((count) => count >= 0))
  }
})
