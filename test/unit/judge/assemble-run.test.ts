import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ClusterInfo, Environment, Variant } from '../../../src/contracts/result.ts'
import type { PlannedRef, RunBegun, RunFact, VariantEnded } from '../../../src/contracts/run-facts.ts'
import { assembleRun } from '../../../src/judge/assemble-run.ts'
import { emptyVariant } from '../../../src/judge/empty-variant.ts'
import { createRunSums } from '../../../src/judge/run-sums.ts'

const environment = { kbench: '0.1.0' } as unknown as Environment
const ref = (id: string, more: Partial<PlannedRef> = {}): PlannedRef => ({
  ...{ id, client: 'kafkajs', params: { client: 'kafkajs' }, repeat: 1, unsupported: null },
  ...more,
})
const run = (variants: PlannedRef[] | undefined, more: Partial<RunBegun> = {}): RunBegun => ({
  ...{ type: 'run', runId: 'run1', startedAt: '2026-01-01T00:00:00.000Z', environment, layout: 'l' },
  supervisor: { pid: 1, started: null },
  profile: { name: 'p', thresholds: [], cluster: { provider: 'auto', layout: 'kraft-1' } },
  ...(variants ? { variants } : {}),
  ...more,
})
const measured = (id: string, more: Partial<Variant> = {}): Variant => {
  const base = emptyVariant(ref(id), 'ok', [])
  return { ...base, integrity: { ...base.integrity, verdict: 'ok' }, ...more }
}
const ended = (result: Variant, more: Partial<VariantEnded> = {}): VariantEnded => ({
  ...{ type: 'variant', id: result.id, status: result.status, session: 1, at: '2026-01-01T00:01:00.000Z', result },
  ...more,
})
const over = (durationS = 90, interrupted = false): RunFact => ({
  ...{ type: 'over', at: '2026-01-01T00:01:30.000Z', durationS, interrupted },
})
const cluster = (layout: string): ClusterInfo => ({
  ...{ provider: 'local', layout, kafkaVersion: '4.1.0', transferable: 't', brokers: [] },
})
const resultOf = (...facts: RunFact[]) => {
  const sums = createRunSums()
  for (const fact of facts) sums.add(fact)
  return assembleRun(sums)
}
const codes = (...facts: RunFact[]) => {
  const { status, exitCode, exitCodes } = resultOf(...facts)
  return { status, exitCode, exitCodes }
}
const findings = ({ findings }: Variant) => findings!.map(({ code }) => code)

describe('the result of a run', () => {
  test('of one that went well', () => {
    const result = resultOf(run([ref('a'), ref('b')]), ended(measured('a')), ended(measured('b')), over())
    assert.deepEqual([result.status, result.exitCode, result.exitCodes], ['ok', 0, []])
    assert.deepEqual([result.runId, result.name, result.durationS], ['run1', 'p', 90])
    assert.deepEqual([result.startedAt, result.environment], ['2026-01-01T00:00:00.000Z', environment])
    assert.deepEqual([result.thresholds, result.notes], [[], []])
    assert.deepEqual(
      result.variants.map(({ id, session }) => [id, session]),
      [
        ['a', 1],
        ['b', 1],
      ],
    )
  })

  test('variants are in the order of the plan, whatever the order in which they were measured', () => {
    const result = resultOf(run([ref('a'), ref('b')]), ended(measured('b')), ended(measured('a')), over())
    assert.deepEqual(
      result.variants.map(({ id }) => id),
      ['a', 'b'],
    )
  })

  test('of a journal that does not say what was planned: what there is', () => {
    const begun: RunFact = { type: 'begun', id: 'x', session: 1, at: '2026-01-01T00:00:30.000Z', recording: 0 }
    const { variants } = resultOf(run(undefined), ended(measured('a')), begun, over())
    assert.deepEqual(
      variants.map(({ id, params, repeat }) => ({ id, params, repeat })),
      [{ id: 'a', params: { client: 'kafkajs' }, repeat: 1 }],
    )
  })
})

describe('exit codes of a run', () => {
  const planned = run([ref('a'), ref('b')])
  const beside = (bad: Variant) => codes(planned, ended(measured('a')), ended(bad), over())

  test('one of several variants that failed, is invalid or lost records is enough', () => {
    const violated = { ...measured('b').integrity, verdict: 'violated' as const }
    assert.deepEqual(beside(measured('b', { status: 'failed' })), { status: 'failed', exitCode: 3, exitCodes: [3] })
    assert.deepEqual(beside(measured('b', { status: 'invalid' })), { status: 'invalid', exitCode: 4, exitCodes: [4] })
    assert.deepEqual(beside(measured('b', { integrity: violated })), {
      ...{ status: 'failed', exitCode: 97, exitCodes: [97] },
    })
  })

  test('several are listed in order, and the most important one is the exit code', () => {
    const violated = { ...measured('a').integrity, verdict: 'violated' as const }
    const facts = [ended(measured('a', { integrity: violated })), ended(measured('b', { status: 'invalid' }))]
    assert.deepEqual(codes(planned, ...facts, over()), { status: 'failed', exitCode: 97, exitCodes: [4, 97] })
  })

  test('an error of the run', () => {
    const error: RunFact = { type: 'error', code: 'environment', message: 'port taken' }
    const result = resultOf(planned, ended(measured('a')), error, over())
    assert.deepEqual([result.exitCode, result.notes], [3, ['error: port taken']])
    assert.deepEqual([result.variants[1]!.status, findings(result.variants[1]!)], ['failed', ['variant-failed']])
  })

  test('a missed threshold, unless the run was interrupted', () => {
    const missed = ended(measured('a'), { thresholds: [{ expression: 'a < 1', variant: 'a', value: 2, ok: false }] })
    const met = ended(measured('b'), { thresholds: [{ expression: 'a < 1', variant: 'b', value: 0, ok: true }] })
    assert.deepEqual(codes(planned, missed, met, over()), { status: 'failed', exitCode: 99, exitCodes: [99] })
    assert.deepEqual(codes(planned, ended(measured('a')), met, over()).exitCodes, [])
    assert.deepEqual(codes(planned, missed, met, over(90, true)), {
      ...{ status: 'interrupted', exitCode: 130, exitCodes: [130] },
    })
  })
})

describe('what was not measured', () => {
  const plan = [ref('a'), ref('b'), ref('c', { unsupported: 'no such client' })]

  test('after an interruption it was not begun; a client that cannot run it is told as such', () => {
    const { variants, notes } = resultOf(run(plan), ended(measured('a')), over(90, true))
    assert.deepEqual(
      variants.map((each) => [each.status, findings(each)]),
      [
        ['ok', []],
        ['interrupted', ['not-begun']],
        ['unsupported', ['unsupported']],
      ],
    )
    assert.deepEqual(notes, [])
  })

  test('after a session that was told to stop before, it is left, and the command that goes on is named', () => {
    const { status, exitCode, variants, notes } = resultOf(run(plan), ended(measured('a')), over())
    assert.deepEqual([status, exitCode, variants[1]!.status], ['interrupted', 0, 'interrupted'])
    assert.deepEqual(findings(variants[1]!), ['left-for-later'])
    assert.deepEqual(notes, ['1 left for a later session: kbench run --resume run1'])
  })

  test('after the death of the supervisor, the run is interrupted and says that it was rebuilt', () => {
    const { status, exitCode, notes, durationS } = resultOf(run([ref('a')]), ended(measured('a')))
    assert.deepEqual([status, exitCode, durationS], ['interrupted', 130, 60])
    assert.deepEqual(notes, [
      'rebuilt from the journal and the recordings: the process that ran it did not come to its end',
    ])
  })
})

describe('thresholds of a run', () => {
  const profile = {
    ...{ name: 'p', cluster: { provider: 'auto', layout: 'l' }, reference: 'kafka-perf' },
    thresholds: [
      { threshold: 'integrity.lost == 0', variant: {} },
      { threshold: 'produce.ackedPerSec > 5', variant: {}, window: 2000 },
    ],
  }
  const begun = (variants: PlannedRef[]) => run(variants, { profile })

  test('of a variant that was never measured are taken from what there is; one by windows is missed', () => {
    const { thresholds } = resultOf(begun([ref('a')]), over(1, true))
    assert.deepEqual(
      thresholds.map(({ variant, ok }) => [variant, ok]),
      thresholds.map(() => ['a', false]),
    )
    const byWindows = thresholds.find(({ windowS }) => windowS !== undefined)!
    assert.deepEqual([byWindows.value, byWindows.windows, byWindows.windowsMissed], [null, 0, 0])
  })

  test('are not asked of what cannot run, of what is left for later, and of the reference tool', () => {
    const variants = [
      ref('a', { unsupported: 'no such client' }),
      ref('b', { params: { client: 'kafka-perf' } }),
      ref('c'),
      ref('d'),
    ]
    const reference = measured('b', { params: { client: 'kafka-perf' } })
    const { thresholds } = resultOf(begun(variants), ended(reference), ended(measured('c'), { thresholds: [] }), over())
    assert.deepEqual(thresholds, [])
    const twice = resultOf(begun(variants), ended(reference), ended(measured('c')), over()).thresholds
    assert.deepEqual([...new Set(twice.map(({ variant }) => variant))], ['c'])
  })
})

describe('sessions of a run', () => {
  test('lengths add up, to the ms; the cluster is the last that there was', () => {
    const result = resultOf(
      run([ref('a')]),
      { type: 'cluster', cluster: cluster('first') },
      over(1.0004),
      run([ref('a')], { startedAt: '2026-01-02T00:00:00.000Z' }),
      { type: 'cluster', cluster: cluster('second') },
      ended(measured('a'), { session: 2 }),
      over(2.0004),
      run([ref('a')], { startedAt: '2026-01-03T00:00:00.000Z' }),
      over(0),
    )
    assert.deepEqual([result.durationS, result.cluster.layout], [3.001, 'second'])
    assert.equal(result.startedAt, '2026-01-01T00:00:00.000Z')
    assert.deepEqual(
      result.sessions!.map(({ session, durationS, cluster }) => [session, durationS, cluster?.layout ?? null]),
      [
        [1, 1.0004, 'first'],
        [2, 2.0004, 'second'],
        [3, 0, null],
      ],
    )
    assert.equal(result.variants[0]!.session, 2)
  })

  test('without a cluster, what was asked for', () => {
    assert.deepEqual(resultOf(run([ref('a')]), over()).cluster, {
      ...{ provider: 'auto', layout: 'kraft-1', kafkaVersion: null, transferable: 'nothing was started', brokers: [] },
    })
  })

  test('errors are those of the last session, notes those of all, each once', () => {
    const note = (text: string): RunFact => ({ type: 'note', text })
    const error: RunFact = { type: 'error', code: 'internal', message: 'm' }
    const first = [run([ref('a')]), note('n'), note('n'), error, over()]
    const { notes, exitCode } = resultOf(...first, run([ref('a')]), ended(measured('a')), note('o'), over())
    assert.deepEqual([notes, exitCode], [['n', 'o'], 0])
  })

  test('of one that was killed the length goes up to the last that is known, never below 0', () => {
    const begun: RunFact = { type: 'begun', id: 'a', session: 1, at: '2026-01-01T00:00:42.500Z', recording: 0 }
    assert.equal(resultOf(run([ref('a')]), begun).durationS, 42.5)
    assert.equal(resultOf(run([ref('a')], { startedAt: '2026-01-02T00:00:00.000Z' }), begun).durationS, 0)
  })
})

describe('the fold of a run’s facts', () => {
  test('a variant that begins again forgets what was known of it', () => {
    const sums = createRunSums()
    sums.add(run([ref('a')]))
    sums.add(ended(measured('a'), { recording: 3, definitions: 2, thresholds: [] }))
    assert.deepEqual(
      { ...sums.variants.get('a')!, variant: null },
      { variant: null, thresholds: [], isWhole: true, definitions: 2, session: 1, recording: 3 },
    )
    sums.add({ type: 'begun', id: 'a', session: 2, at: '2026-01-01T00:02:00.000Z', recording: 4 })
    assert.deepEqual(sums.variants.get('a'), {
      ...{ variant: null, thresholds: null, isWhole: false, definitions: null, session: 2, recording: 4 },
    })
  })

  test('one that was cut short is not whole; of a journal that does not say, definitions are 1', () => {
    const sums = createRunSums()
    const { result, ...cut } = ended(measured('a'))
    sums.add({ ...cut, partial: result! })
    assert.deepEqual(
      { ...sums.variants.get('a')!, variant: sums.variants.get('a')!.variant?.id },
      {
        ...{ variant: 'a', thresholds: null, isWhole: false, definitions: 1, session: 1, recording: null },
      },
    )
    const { partial: _, ...nothing } = { ...cut, partial: result! }
    sums.add(nothing)
    assert.equal(sums.variants.get('a')!.variant, null)
  })

  test('facts before any session change no session', () => {
    const sums = createRunSums()
    sums.add({ type: 'cluster', cluster: cluster('l') })
    sums.add({ type: 'begun', id: 'a', session: 1, at: '2026-01-01T00:00:00.000Z', recording: 0 })
    sums.add(over())
    assert.deepEqual([sums.sessions, sums.planned], [[], null])
  })

  test('the last state of each search counts', () => {
    const sums = createRunSums()
    const search = (state: string) => ({ state }) as never
    sums.add({ type: 'search', index: 0, search: search('first') })
    sums.add({ type: 'search', index: 0, search: search('second') })
    assert.deepEqual(sums.searches, [search('second')])
  })
})
