import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { finding } from '../../../../src/contracts/findings.ts'
import { emptyVariant } from '../../../../src/judge/empty-variant.ts'
import { withText } from '../../../../src/judge/finding-texts.ts'
import { verdictOf } from '../../../../src/reports/_verdict.ts'
import { runBench } from '../../../../src/runners/run/bench.ts'
import type { VariantJob } from '../../../../src/runners/variant/variant.ts'
import { createFakeRun, healthy, idOf, type RunScene, variantOf } from '../../../support/fake-run.ts'

/** Each variant writes 10 s × 1000 records/s × 100 bytes, and each client's warm-up as much. */
const each = 1_000_000
const profile = (bytes: number, clusterWarmup = '0s'): NonNullable<RunScene['profile']> => ({
  load: { rate: 1000, record: { size: 100 } },
  phases: { clusterWarmup, measure: '10s', coolDown: '0s' },
  limits: { bytes },
})

async function bytesLeft(t: TestContext, scene: RunScene['profile'], more: Partial<RunScene> = {}) {
  const jobs: VariantJob[] = []
  const fake = createFakeRun(t, {
    profile: scene!,
    variant(job) {
      jobs.push(job)
      return (more.variant ?? healthy)(job)
    },
  })
  const result = await runBench(fake.job)
  return { result, jobs, left: jobs.map((job) => job.bytesLeft), ...fake }
}

describe('limits.bytes over a run', () => {
  test('each variant gets what the ones before it left', async (t) => {
    const { left, result } = await bytesLeft(t, profile(5 * each))
    assert.deepEqual(left, [5 * each, 4 * each])
    assert.deepEqual([result.status, result.exitCode], ['ok', 0])
  })

  test('of which the warm-up of the cluster is part', async (t) => {
    const { left, jobs } = await bytesLeft(t, profile(5 * each, '10s'))
    assert.deepEqual(
      jobs.map(({ rehearsal }) => rehearsal),
      [true, true, false, false],
    )
    assert.deepEqual(left.slice(2), [3 * each, 2 * each])
  })

  test('a variant for which nothing is left is not begun, and the exit code is that of a threshold', async (t) => {
    const { result, done } = await bytesLeft(t, profile(each))
    const [first, second] = result.variants
    assert.deepEqual([first!.status, second!.status], ['ok', 'interrupted'])
    const [{ code, limit, value, atS }] = second!.findings! as unknown as [Record<string, unknown>]
    assert.deepEqual([code, limit, value, atS], ['limit-reached', 'bytes', each, null])
    assert.ok(!done.includes(`run ${idOf('b')}`))
    assert.deepEqual([result.exitCode, result.exitCodes], [99, [99]])
  })

  test('a profile without it says nothing of bytes', async (t) => {
    const { left } = await bytesLeft(t, { ...profile(1), limits: {} })
    assert.deepEqual(left, [undefined, undefined])
  })
})

describe('a variant that a limit ended', () => {
  const limited = ({ variant }: VariantJob) => {
    const why = finding('limit-reached', { limit: 'foreignLag', value: 6, most: 5, group: 'g', atS: 3 })
    const ended = { ...variantOf(variant, 1000), status: 'interrupted' as const, findings: [withText(why)] }
    return { variant: ended, thresholds: [] }
  }

  test('is whole: it is kept, the others run, and --resume has nothing to do', async (t) => {
    const { result, facts, done } = await bytesLeft(t, profile(50 * each), { variant: limited })
    assert.equal(done.filter((line) => line.startsWith('run ')).length, 2)
    const kept = facts.flatMap((fact) => (fact.type === 'variant' ? [fact] : []))
    assert.ok(kept.every(({ result: whole, partial }) => whole !== undefined && partial === undefined))
    assert.deepEqual([result.exitCode, result.status, verdictOf(result).exit], [99, 'failed', 'limit reached'])
  })

  test('one that the user interrupted is not', async (t) => {
    const interrupted = ({ variant }: VariantJob) => ({
      variant: emptyVariant(variant, 'interrupted', [finding('interrupted', { atS: 1 })]),
      thresholds: [],
    })
    const { facts } = await bytesLeft(t, profile(50 * each), { variant: interrupted })
    const kept = facts.flatMap((fact) => (fact.type === 'variant' ? [fact] : []))
    assert.ok(kept.every(({ partial }) => partial !== undefined))
  })
})

test('limits.rate slows the warm-up of the cluster down, all clients together, and no variant', async (t) => {
  const { jobs } = await bytesLeft(t, {
    ...profile(1),
    limits: { rate: 1500 },
    phases: { clusterWarmup: '10s', measure: '10s' },
  })
  assert.deepEqual(
    jobs.map(({ rehearsal, variant }) => [rehearsal, variant.profile.load.rate]),
    [
      [true, 750],
      [true, 750],
      [false, 1000],
      [false, 1000],
    ],
  )
})
