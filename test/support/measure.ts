import assert from 'node:assert/strict'
import type { VariantPlan } from '../../src/contracts/plan.ts'
import type { ThresholdOutcome, Variant } from '../../src/contracts/result.ts'
import { assemble } from '../../src/judge/assemble.ts'
import { createSchedule } from '../../src/load/schedule.ts'
import { decodeFact } from '../../src/recording/codec.ts'
import { createSums, type Sums } from '../../src/recording/sums.ts'
import type { RevisedRow, Tick } from '../../src/runners/variant/progress.ts'
import { measureVariant } from '../../src/runners/variant/variant.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { createFakeWorld, type FakeWorld, type WorldOptions } from './fake-world.ts'
import { freezeDeep } from './plans.ts'

export interface Scene extends Omit<WorldOptions, 'clock' | 'plan'> {
  plan: VariantPlan
  /** The user's Ctrl-C: at a stage as it begins, so many s from the start of the load, or from the beginning of all. */
  interrupt?: { stage: string } | { atS: number } | { afterS: number }
  /** With everything in place, before anything begins. */
  prepare?(clock: FakeClock, world: FakeWorld): void
  /** Some faults end hosts that are expected to be there: their ticks differ. */
  ticks?: 'as-stored' | 'unlike'
}

export interface Outcome {
  plan: VariantPlan
  variant: Variant
  thresholds: ThresholdOutcome[]
  sums: Sums
  lines: string[]
  ticks: Tick[]
  /** What was shown, in order. */
  shown: (Tick | RevisedRow)[]
  stages: string[]
  logs: string[]
  world: FakeWorld
  /** Virtual time that it took. */
  tookS: number
  /** Actions of the clock that were still to come when it was over. */
  pending: number
  codes: string[]
}

/** Measures a variant in virtual time, and checks what holds of every variant. */
export async function measure(scene: Scene): Promise<Outcome> {
  const played = await run(scene)
  if (played.error !== null) throw played.error
  const { measured, ...rest } = played
  const sums = fold(scene.plan, rest.lines)
  const outcome = { ...rest, ...measured!, sums, codes: measured!.variant.findings!.map(({ code }) => code) }
  assertSound(outcome, scene)
  return outcome
}

/** The same of one that is expected to throw. */
export async function fails(
  scene: Scene,
): Promise<Omit<Outcome, 'variant' | 'thresholds' | 'codes'> & { error: Error }> {
  const { measured, error, ...rest } = await run(scene)
  assert.ok(error, `nothing was thrown, status ${measured?.variant.status}`)
  assert.equal(rest.world.open(), 0, 'everything that was opened is closed')
  assert.equal(rest.pending, 0, 'nothing is left to come')
  return { ...rest, sums: fold(scene.plan, rest.lines), error }
}

async function run(scene: Scene) {
  const { plan, interrupt, prepare, ...options } = scene
  const clock = createFakeClock()
  const world = createFakeWorld({ ...options, clock, plan })
  const lines: string[] = []
  const ticks: Tick[] = []
  const shown: (Tick | RevisedRow)[] = []
  const stages: string[] = []
  const logs: string[] = []
  const user = new AbortController()
  const beganNs = clock.nowNs()
  prepare?.(clock, world)
  if (interrupt && 'afterS' in interrupt) clock.at(beganNs + interrupt.afterS * 1e9, () => user.abort())
  const progress = {
    stage(stage: string) {
      stages.push(stage)
      if (interrupt && 'stage' in interrupt && interrupt.stage === stage) user.abort()
    },
    tick(tick: Tick) {
      ticks.push(tick)
      shown.push(tick)
    },
    revise: (row: RevisedRow) => void shown.push(row),
    log: (line: string) => void logs.push(line),
  }
  const write = (line: string) => {
    lines.push(line)
    if (interrupt && 'atS' in interrupt && line.startsWith('{"fact":"started"')) {
      clock.at(clock.nowNs() + 300e6 + interrupt.atS * 1e9, () => user.abort())
    }
  }
  const work = measureVariant(plan, world, { isolation: 'thread', progress, signal: user.signal, write })
  const [result] = await clock.run(Promise.allSettled([work]))
  const error = result.status === 'rejected' ? (result.reason as Error) : null
  const measured = result.status === 'fulfilled' ? result.value : null
  const tookS = (clock.nowNs() - beganNs) / 1e9
  return { plan, lines, ticks, shown, stages, logs, world, measured, error, tookS, pending: clock.pending() }
}

/** The fold of these lines, of facts that cannot be changed any more. */
export function fold(plan: VariantPlan, lines: readonly string[]): Sums {
  const sums = createSums(plan)
  for (const line of lines) sums.add(freezeDeep(decodeFact(line)))
  return sums
}

function assertSound(outcome: Outcome, scene: Scene): void {
  const { plan, variant, thresholds, sums, world, pending } = outcome
  assert.equal(world.open(), 0, 'everything that was opened is closed')
  assert.equal(pending, 0, 'nothing is left to come')
  assertClosed(plan, variant, sums)
  const again = assemble(plan, sums)
  assert.equal(JSON.stringify(again), JSON.stringify({ variant, thresholds }), 'assembled again, the same bytes')
  if (scene.ticks !== 'unlike') assertTicks(outcome)
}

/** scheduled = the sum of what became of the records = what was due before the cut. */
export function assertClosed(plan: VariantPlan, variant: Variant, sums: Sums): void {
  const { scheduled, acked, failed, unknown, unsent } = variant.ledger
  const text = JSON.stringify(variant.ledger)
  assert.equal(scheduled, acked + failed + unknown + unsent, `closed: ${text}`)
  for (const [name, count] of Object.entries(variant.ledger)) {
    assert.ok(Number.isInteger(count) && count >= 0, `${name}: ${text}`)
  }
  const schedule = createSchedule(plan.load)
  if (!schedule.paced || plan.fill || sums.overNs === null) return
  const { loadEndNs } = sums.loadEnded!
  assert.equal(scheduled, schedule.dueIn(0, loadEndNs), `due before the cut at ${loadEndNs} ns: ${text}`)
}

/** N28: what is shown live is what is stored. */
function assertTicks({ ticks, variant }: Outcome): void {
  const { tickS, columns } = variant.series
  const near = (a: number, b: number | null | undefined) => Math.abs(a - (b ?? 0)) <= 0.0500001
  for (const tick of ticks) {
    const row = tickS.indexOf(tick.atS)
    if (row < 0) continue
    for (const key of ['sentPerSec', 'ackedPerSec', 'receivedPerSec'] as const) {
      assert.ok(
        near(tick[key], columns[key]?.[row] ?? 0),
        `${key} at ${tick.atS} s: ${tick[key]} live, ${columns[key]?.[row]} stored`,
      )
    }
  }
  assert.deepEqual(
    ticks.map(({ atS }) => atS),
    tickS.slice(0, ticks.length),
    'each second once, in order',
  )
}

/** What can be told of the beginnings of a recording, as after a kill -9 of the supervisor: of every one, or of every n-th. */
export function checkEveryKill({ plan, lines, variant }: Outcome, every = 1): { known: number[] } {
  const sums = createSums(plan)
  const known: number[] = []
  const schedule = createSchedule(plan.load)
  for (const [at, line] of lines.slice(0, -1).entries()) {
    sums.add(freezeDeep(decodeFact(line)))
    if (at % every !== 0) continue
    const killed = assemble(plan, sums).variant
    const where = `after line ${at + 1} of ${lines.length}`
    assert.equal(killed.status, 'interrupted', where)
    assert.equal(killed.integrity.verdict, 'not-audited', where)
    const { scheduled, acked, failed, unknown, unsent } = killed.ledger
    assert.equal(scheduled, acked + failed + unknown + unsent, `${where}: ${JSON.stringify(killed.ledger)}`)
    assert.ok(
      [acked, failed, unknown, unsent].every((count) => count >= 0),
      `${where}: ${JSON.stringify(killed.ledger)}`,
    )
    const untilNs = killed.findings!.find(({ code }) => code === 'known-until')?.untilS
    if (untilNs !== undefined && schedule.paced && !plan.fill) {
      const cutNs = Math.min(Number(untilNs) * 1e9, sums.loadEnded?.loadEndNs ?? sums.axis.loadEndNs)
      assert.equal(scheduled, schedule.dueIn(0, cutNs), where)
    }
    if (untilNs !== undefined) known.push(Number(untilNs))
    // What is known is what the whole recording says of the same seconds.
    const rows = killed.series.tickS.length
    for (const name of ['sentPerSec', 'ackedPerSec', 'failedPerSec', 'offeredPerSec', 'receivedPerSec']) {
      const whole = (variant.series.columns[name] ?? []).slice(0, rows)
      assert.deepEqual((killed.series.columns[name] ?? []).slice(0, whole.length), whole, `${where}: ${name}`)
    }
  }
  return { known }
}
