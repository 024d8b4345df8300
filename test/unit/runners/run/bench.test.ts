import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KbenchError } from '../../../../src/base/errors.ts'
import type { RunFact } from '../../../../src/contracts/run-facts.ts'
import { nextRecording, runBench } from '../../../../src/runners/run/bench.ts'
import { begunFact, createFakeRun, healthy, idOf, variantOf } from '../../../support/fake-run.ts'

const [a, b] = [idOf('a'), idOf('b')]
const ran = (done: readonly string[]) => done.filter((each) => each.startsWith('run '))
const kept = (facts: readonly RunFact[]) => facts.flatMap((fact) => (fact.type === 'variant' ? [fact] : []))
const noWarmUp = { phases: { clusterWarmup: '0s', measure: '10s', coolDown: '0s' } } as const

describe('a run', () => {
  test('starts its cluster, warms every client up, runs the variants in order and takes the cluster down', async (t) => {
    const { job, done, facts, recordings } = createFakeRun(t, { profile: { repeat: 2 } })
    const result = await runBench(job)
    assert.deepEqual(done, [
      'start fake',
      'rehearse warm-up of a',
      'rehearse warm-up of b',
      // Mirrored, so that drift hits both alike.
      `run ${a}#1`,
      `run ${b}#1`,
      `run ${b}#2`,
      `run ${a}#2`,
      'stop fake',
    ])
    assert.deepEqual(recordings, [0, 1, 2, 3])
    assert.deepEqual([result.status, result.exitCode, result.variants.length], ['ok', 0, 4])
    assert.equal(result.cluster?.provider, 'fake')
    assert.deepEqual(
      kept(facts).map(({ recording, session, partial }) => [recording, session, partial]),
      [0, 1, 2, 3].map((at) => [at, 1, undefined]),
    )
    assert.equal(facts.at(-1)!.type, 'over')
    assert.ok(!result.notes.some((note) => note.startsWith('order not balanced')))
  })

  test('of one repetition notes that its order is not balanced; of one variant there is no order', async (t) => {
    const unbalanced = async (clients: string[]) =>
      (await runBench(createFakeRun(t, { profile: { clients } }).job)).notes.some((note) => /not balanced/.test(note))
    assert.deepEqual([await unbalanced(['a', 'b']), await unbalanced(['a'])], [true, false])
  })

  test('goes on without a client that cannot warm up, and says so', async (t) => {
    const { job, done, logs } = createFakeRun(t, {
      variant(variant) {
        if (variant.rehearsal && variant.variant.client === 'a') throw new Error('no connection')
        return healthy(variant)
      },
    })
    await runBench(job)
    assert.deepEqual([logs, ran(done).length], [['warm-up of a: no connection'], 2])
  })

  test('asks for a paced cluster only where every variant has due times', async (t) => {
    for (const [rate, paced] of [
      [1000, true],
      ['max', false],
    ] as const) {
      const { job, contexts } = createFakeRun(t, { profile: { load: { rate } } })
      await runBench(job)
      assert.deepEqual([contexts[0]!.paced, [...contexts[0]!.features!]], [paced, ['metrics']])
    }
  })

  test('asks for what its faults need, and refuses a provider that cannot have them, each with its reason', async (t) => {
    const { job, contexts } = createFakeRun(t, {
      profile: {
        faults: [
          { use: 'isolate-broker', at: '1s' },
          { use: 'kill-broker', at: '2s' },
        ] as never,
      },
    })
    await runBench(job)
    const { features, refuse } = contexts[0]!
    assert.deepEqual([...features!], ['isolation', 'metrics'])
    assert.deepEqual(refuse!('local'), [])
    assert.match(refuse!('mock').join('; '), /^isolate-broker: .*mock.*; kill-broker: .*mock/)
  })

  test('a variant that throws has failed, with its hint as a note, and the others run', async (t) => {
    const { job, done, facts } = createFakeRun(t, {
      variant(variant) {
        if (variant.variant.id === a) throw new KbenchError('environment', 'no partition is led', { hint: 'wait' })
        return healthy(variant)
      },
    })
    const result = await runBench(job)
    assert.deepEqual(
      result.variants.map(({ status, reasons }) => [status, reasons]),
      [
        ['failed', ['no partition is led']],
        ['ok', []],
      ],
    )
    assert.ok(result.notes.includes('wait'))
    assert.deepEqual([ran(done).length, kept(facts).length, result.exitCode], [2, 2, 3])
  })

  test('a cluster that is gone after a variant ends the run; what was measured is reported, the cluster taken down', async (t) => {
    const { job, done, sums } = createFakeRun(t, {
      variant: (variant) => ({
        ...healthy(variant),
        variant: { ...variantOf(variant.variant, 1000), status: 'invalid' },
      }),
      cluster: {
        access: {
          answers: async () => {
            throw new KbenchError('environment', 'the cluster is dead')
          },
        } as never,
      },
    })
    const result = await runBench(job)
    assert.deepEqual([ran(done), done.at(-1)], [[`run ${a}`], 'stop fake'])
    assert.deepEqual(
      sums.errors.map(({ code, message }) => [code, message]),
      [['environment', 'the cluster is dead']],
    )
    assert.deepEqual([result.variants[0]!.status, result.exitCode], ['invalid', 3])
  })

  test('after the last variant nobody waits for brokers: there is nothing that needs them', async (t) => {
    let asked = 0
    const scene = (clients: string[]) =>
      createFakeRun(t, {
        profile: { clients },
        variant: (variant) => ({
          ...healthy(variant),
          variant: { ...variantOf(variant.variant, 1000), status: 'invalid' },
        }),
        cluster: { access: { answers: async () => void asked++ } as never },
      })
    assert.equal((await runBench(scene(['a']).job)).exitCode, 4)
    assert.equal(asked, 0)
    await runBench(scene(['a', 'b']).job)
    assert.equal(asked, 1)
  })

  test('the cluster that cannot be started is the error, and nothing is left to take down', async (t) => {
    const { job, done, facts } = createFakeRun(t, {
      start() {
        throw new KbenchError('environment', 'no Docker')
      },
    })
    await assert.rejects(runBench(job), /no Docker/)
    assert.deepEqual([done, facts.filter(({ type }) => type === 'over')], [[], []])
  })

  test('a cluster that cannot be described, and one that cannot be taken down, are errors too', async (t) => {
    const mute = createFakeRun(t, { cluster: { describe: () => Promise.reject(new Error('no answer')) } })
    await assert.rejects(runBench(mute.job), /no answer/)
    assert.deepEqual(mute.done, ['start fake', 'stop fake'])
    const stuck = createFakeRun(t, {
      cluster: { [Symbol.asyncDispose]: () => Promise.reject(new Error('a container is left')) },
    })
    const result = await runBench(stuck.job)
    assert.deepEqual([result.variants.length, result.exitCode], [2, 1])
  })

  test('a journal that takes no more ends it, with the cluster taken down', async (t) => {
    const { job, done } = createFakeRun(t, {
      keep(fact) {
        if (fact.type === 'variant') throw new Error('ENOSPC: no space left on device')
      },
    })
    await assert.rejects(runBench(job), /ENOSPC/)
    assert.deepEqual([ran(done), done.at(-1)], [[`run ${a}`], 'stop fake'])
  })

  test('what a client cannot do is not run, and one whose package is missing has failed', async (t) => {
    const { job, done, logs, facts } = createFakeRun(t, {
      profile: { clients: ['a', 'b', 'c'] },
      plan: {
        unsupported: new Map([[a, 'no transactions']]),
        absent: new Map([['b', new KbenchError('environment', 'client b: not installed', { hint: 'npm i b' })]]),
      },
    })
    const result = await runBench(job)
    assert.deepEqual(done, ['start fake', 'rehearse warm-up of c', `run ${idOf('c')}`, 'stop fake'])
    assert.deepEqual(logs, ['client b: not installed: npm i b'])
    assert.deepEqual(
      result.variants.map(({ id, status }) => [id, status]),
      [
        [a, 'unsupported'],
        [b, 'failed'],
        [idOf('c'), 'ok'],
      ],
    )
    // Run again by --resume, once it is installed.
    assert.deepEqual(
      kept(facts).map(({ id, result: whole, recording }) => [id, whole !== undefined, recording]),
      [
        [b, false, null],
        [idOf('c'), true, 0],
      ],
    )
  })

  test('with every client missing nothing is started', async (t) => {
    const { job, done } = createFakeRun(t, {
      profile: { clients: ['a'] },
      plan: {
        absent: new Map([['a', new KbenchError('environment', 'client a: not installed', { hint: 'npm i a' })]]),
      },
    })
    await assert.rejects(runBench(job), { message: 'client a: not installed', hint: 'npm i a' })
    assert.deepEqual(done, [])
  })

  test('a reference tool runs where a client would, without a warm-up', async (t) => {
    const scene = createFakeRun(t, {
      profile: { clients: ['a'] },
      cells: ([cell]) => [cell!, { ...cell!, params: { client: 'tool' } }],
      plan: { reference: { summary: '', unsupported: () => null, run: () => Promise.reject(new Error('never')) } },
    })
    await runBench(scene.job)
    assert.deepEqual(scene.done, [
      'start fake',
      'rehearse warm-up of a',
      `run ${a}`,
      `refer ${idOf('tool')}`,
      'stop fake',
    ])
  })
})

describe('Ctrl-C', () => {
  for (const [stage, runs] of [
    ['cluster', []],
    ['cluster warm-up', []],
    ['rest', [`run ${a}`]],
  ] as const) {
    test(`at stage ${stage}: no variant begins after it, the cluster is taken down, the run is interrupted`, async (t) => {
      const { job, done, facts } = createFakeRun(t, {
        // A rest of an hour: it is not sat out.
        profile: { phases: { measure: '10s', coolDown: '1h' } },
        interruptAt: stage,
      })
      const result = await runBench(job)
      assert.deepEqual([ran(done), done.at(-1)], [runs, 'stop fake'])
      assert.deepEqual([result.status, result.exitCode], ['interrupted', 130])
      const over = facts.at(-1)
      assert.equal(over?.type === 'over' && over.interrupted, true)
    })
  }

  test('in a variant: what there is of it is kept, and it is run again by --resume', async (t) => {
    const scene = createFakeRun(t, {
      profile: noWarmUp,
      variant(variant) {
        scene.user.abort()
        return { ...healthy(variant), variant: { ...variantOf(variant.variant, 1000), status: 'interrupted' } }
      },
    })
    const result = await runBench(scene.job)
    assert.deepEqual(
      kept(scene.facts).map(({ id, result: whole, partial }) => [id, whole, partial?.ledger.acked]),
      [[a, undefined, 10_000]],
    )
    assert.equal(result.status, 'interrupted')
  })

  test('before anything of it was measured: an interrupted variant, not a failed one, whatever it throws', async (t) => {
    const scene = createFakeRun(t, {
      profile: noWarmUp,
      variant() {
        scene.user.abort()
        throw new Error('socket closed')
      },
    })
    const result = await runBench(scene.job)
    assert.deepEqual([kept(scene.facts)[0]!.status, scene.logs, result.exitCode], ['interrupted', [], 130])
  })

  test('a variant that a threshold had ended is whole', async (t) => {
    const { job, facts } = createFakeRun(t, {
      profile: { ...noWarmUp, clients: ['a'] },
      variant: ({ variant }) => ({
        variant: { ...variantOf(variant, 1000), status: 'interrupted' },
        thresholds: [{ aborted: true, ok: false } as never],
      }),
    })
    await runBench(job)
    assert.deepEqual(
      kept(facts).map(({ result, partial }) => [result !== undefined, partial]),
      [[true, undefined]],
    )
  })
})

describe('a budget', () => {
  test('of variants ends the session before the next one, and the run is not done', async (t) => {
    const { job, done } = createFakeRun(t, { budget: { variants: 1, seconds: null } })
    const result = await runBench(job)
    assert.deepEqual([ran(done), result.status], [[`run ${a}`], 'interrupted'])
  })

  test('in which no variant fits runs none', async (t) => {
    const { job, done } = createFakeRun(t, { budget: { variants: null, seconds: 5 } })
    await runBench(job)
    assert.deepEqual([ran(done), done.at(-1)], [[], 'stop fake'])
  })
})

describe('a run that goes on', () => {
  /** An earlier session that ran the first variant. */
  const earlier = (t: Parameters<typeof createFakeRun>[0], change: object = {}): RunFact[] => {
    const { job } = createFakeRun(t)
    const [first] = job.plan.variants
    return [
      begunFact(job.plan),
      {
        type: 'cluster',
        cluster: {
          ...{ provider: 'fake', layout: 'kraft-3', kafkaVersion: '4.1.0', transferable: 'nothing' },
          brokers: [{ id: 1, host: 'h', port: 1 }],
          ...change,
        },
      },
      { type: 'begun', id: a, session: 1, at: '2026-11-29T12:01:00.000Z', recording: 0 },
      {
        ...{ type: 'variant', id: a, status: 'ok', session: 1, at: '2026-11-29T12:02:00.000Z', recording: 0 },
        result: variantOf(first!, 1000),
      },
    ]
  }

  test('runs what is left, with names of its own, on the provider of before', async (t) => {
    const { job, done, facts, contexts } = createFakeRun(t, {
      // "auto" might choose another one today.
      profile: { cluster: { provider: 'auto' } },
      earlier: earlier(t),
    })
    const result = await runBench(job)
    assert.deepEqual(done, ['start fake', 'rehearse warm-up of b', `run ${b}`, 'stop fake'])
    assert.equal(contexts[0]!.runId, 'run1-s2')
    assert.match(contexts[0]!.directory, /logs\/s2$/)
    assert.deepEqual(
      kept(facts).map(({ id, session, recording }) => [id, session, recording]),
      [[b, 2, 10_000]],
    )
    assert.deepEqual([result.status, result.variants.length, result.sessions!.length], ['ok', 2, 2])
  })

  test('on another kind of cluster measures nothing, and takes that cluster down', async (t) => {
    const { job, done } = createFakeRun(t, { earlier: earlier(t, { kafkaVersion: '3.9.0' }) })
    const result = await runBench(job)
    assert.deepEqual([done, result.exitCode], [['start fake', 'stop fake'], 3])
  })

  test('whose plan has become longer runs what is new, whatever else is done', async (t) => {
    const { job, done } = createFakeRun(t, { profile: { repeat: 1, clients: ['a', 'b', 'c'] }, earlier: earlier(t) })
    await runBench(job)
    assert.deepEqual(ran(done), [`run ${b}`, `run ${idOf('c')}`])
  })

  test('and has nothing left to do starts nothing, and ends as the session before it would have', async (t) => {
    const { job, done, facts } = createFakeRun(t, { profile: { clients: ['a'] }, earlier: earlier(t) })
    const result = await runBench(job)
    assert.deepEqual([done, result.status, result.exitCode], [[], 'ok', 0])
    assert.deepEqual(
      facts.map(({ type }) => type),
      ['over'],
    )
  })

  test('numbers recordings of its own session only', (t) => {
    const { job, sums } = createFakeRun(t, { earlier: earlier(t) })
    assert.equal(nextRecording(job), 10_000)
    sums.add({ type: 'begun', id: b, session: 2, at: '2026-11-29T13:00:00.000Z', recording: 10_000 })
    assert.equal(nextRecording(job), 10_001)
  })
})
