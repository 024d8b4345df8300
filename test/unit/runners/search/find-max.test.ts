import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KbenchError } from '../../../../src/base/errors.ts'
import { finding } from '../../../../src/contracts/findings.ts'
import type { FindMaxSearch } from '../../../../src/contracts/result.ts'
import { emptyVariant } from '../../../../src/judge/empty-variant.ts'
import { type FindMaxJob, runFindMax } from '../../../../src/runners/search/find-max.ts'
import { testGenerator } from '../../../../src/runners/search/self-test.ts'
import type { VariantJob } from '../../../../src/runners/variant/variant.ts'
import type { FindMaxOptions } from '../../../../src/search/find-max-plan.ts'
import {
  createFakeRun,
  type FakeRun,
  healthy,
  idOf,
  type RunScene,
  rateOf,
  variantOf,
} from '../../../support/fake-run.ts'

const options: FindMaxOptions = { startPerSec: 1000, maxPerSec: null, sloMs: 100, stepMs: 10_000 }

/** A cluster that acknowledges so much and no more. */
const capacity =
  (perSec: number) =>
  ({ variant }: VariantJob) => ({
    variant: variantOf(variant, rateOf(variant), Math.min(perSec, rateOf(variant))),
    thresholds: [],
  })

interface Search extends FakeRun {
  find: FindMaxJob
  steps: string[]
  searched: FindMaxSearch[]
}

function searchIn(
  t: Parameters<typeof createFakeRun>[0],
  scene: RunScene,
  change: Partial<FindMaxOptions> = {},
): Search {
  const run = createFakeRun(t, { ...scene, profile: { clients: ['a'], ...scene.profile } })
  const steps: string[] = []
  const searched: FindMaxSearch[] = []
  const { sums } = run
  const { begun } = sums.sessions[0]!
  Object.assign(begun, { findMax: { sloMs: 100, stepMs: 10_000 } })
  // What a search will do is not planned.
  delete (begun as { variants?: unknown }).variants
  const find: FindMaxJob = {
    ...run.job,
    cells: run.cells,
    options: { ...options, ...change },
    stepped: (_search, { kind, ratePerSec, verdict }) => void steps.push(`${kind} ${ratePerSec} ${verdict}`),
    searched: (search) => void searched.push(search),
  }
  return { ...run, find, steps, searched }
}

describe('a search', () => {
  test('warms up, doubles, bisects and confirms; its state is in the journal after every step', async (t) => {
    const { find, steps, searched, facts, done } = searchIn(t, { variant: capacity(3000) })
    const result = await runFindMax(find)
    assert.deepEqual(steps.slice(0, 4), [
      'double 1000 SUSTAINED',
      'double 2000 SUSTAINED',
      'double 4000 UNDER_SEND',
      'double 4000 UNDER_SEND',
    ])
    const [found] = searched
    assert.match(steps.at(-1)!, /^confirm \d+ SUSTAINED$/)
    assert.ok(found!.confirmedPerSec! > 2800 && found!.confirmedPerSec! <= 3000, `${found!.confirmedPerSec}`)
    const states = facts.flatMap((fact) => (fact.type === 'search' ? [fact.search.steps.length] : []))
    assert.deepEqual(states, [...Array(steps.length + 1).keys(), steps.length])
    assert.deepEqual([done[0], done[1], done.at(-1)], ['start fake', 'rehearse warm-up of a', 'stop fake'])
    assert.deepEqual([result.status, result.findMax?.searches.length], ['ok', 1])
  })

  test('of several cells, one after the other, each with a self-test note of its own where there is none', async (t) => {
    const { find, searched, facts } = searchIn(t, { profile: { clients: ['a', 'b'] }, variant: capacity(1500) })
    await runFindMax(find)
    assert.deepEqual(
      searched.map(({ params }) => params.client),
      ['a', 'b'],
    )
    const recordings = facts.flatMap((fact) => (fact.type === 'begun' ? [fact.recording] : []))
    assert.deepEqual(recordings, [...recordings.keys()])
    const ids = facts.flatMap((fact) => (fact.type === 'variant' ? [fact.id] : []))
    assert.equal(new Set(ids).size, ids.length)
  })

  test('whose first two steps cannot be run gives up: the rate does not matter', async (t) => {
    const { find, steps, searched } = searchIn(t, {
      variant(job) {
        if (job.rehearsal) return healthy(job)
        throw new KbenchError('environment', 'topic is refused')
      },
    })
    const result = await runFindMax(find)
    assert.deepEqual(steps.length, 2)
    const [{ verdict, confirmedPerSec, reasons }] = searched as [FindMaxSearch]
    assert.deepEqual([verdict, confirmedPerSec, reasons.at(-1)], ['INCONCLUSIVE', null, 'topic is refused'])
    assert.equal(result.exitCode, 3)
  })

  test('goes on after a single step that could not be run', async (t) => {
    let runs = 0
    const { find, searched } = searchIn(t, {
      variant(job) {
        if (!job.rehearsal && ++runs === 2) throw new Error('a hiccup')
        return capacity(3000)(job)
      },
    })
    await runFindMax(find)
    assert.ok(searched[0]!.confirmedPerSec! > 2800)
  })

  test('that is interrupted in a step keeps the steps before it, not that one, and begins no other cell', async (t) => {
    let runs = 0
    const scene: Search = searchIn(t, {
      profile: { clients: ['a', 'b'] },
      variant(job) {
        if (job.rehearsal || ++runs < 3) return healthy(job)
        scene.user.abort()
        return {
          variant: emptyVariant(job.variant, 'interrupted', [finding('interrupted', { atS: 1 })]),
          thresholds: [],
        }
      },
    })
    const result = await runFindMax(scene.find)
    assert.deepEqual(scene.steps, ['double 1000 SUSTAINED', 'double 2000 SUSTAINED'])
    assert.equal(scene.searched.length, 1)
    assert.deepEqual([result.status, result.exitCode, scene.done.at(-1)], ['interrupted', 130, 'stop fake'])
    assert.equal(result.findMax!.searches.length, 1)
  })

  test('that is interrupted before its first step has none, and ends with the cluster taken down', async (t) => {
    const { find, steps, done } = searchIn(t, { interruptAt: 'cluster warm-up' })
    const result = await runFindMax(find)
    assert.deepEqual([steps, done.at(-1), result.exitCode], [[], 'stop fake', 130])
  })

  test('asks for no more than it was allowed to', async (t) => {
    const { find, steps } = searchIn(t, {}, { maxPerSec: 1500 })
    await runFindMax(find)
    assert.deepEqual(steps, ['double 1000 SUSTAINED', 'double 1500 SUSTAINED', 'confirm 1500 SUSTAINED'])
  })

  test('leaves out what its client cannot do, and says that faults were left out', async (t) => {
    const { find, searched, facts } = searchIn(t, {
      profile: { clients: ['a', 'b'], faults: [{ use: 'kill-broker', at: '1s', target: 'random' }] as never },
      plan: { unsupported: new Map([[idOf('a'), 'no transactions']]) },
      variant: capacity(1500),
    })
    const result = await runFindMax(find)
    assert.deepEqual(
      searched.map(({ params }) => params.client),
      ['b'],
    )
    assert.ok(result.notes.includes('the profile’s faults were left out'))
    const [first] = facts.flatMap((fact) => (fact.type === 'variant' ? [fact] : []))
    assert.deepEqual([first!.status, first!.recording], ['unsupported', null])
  })

  test('without its client, or without a cluster, throws; nothing was measured', async (t) => {
    const absent = new Map([['a', new KbenchError('environment', 'client a: not installed', { hint: 'npm i a' })]])
    const without = searchIn(t, { plan: { absent } })
    await assert.rejects(runFindMax(without.find), /not installed/)
    assert.deepEqual(without.done, [])
    const down = searchIn(t, {
      start() {
        throw new KbenchError('environment', 'no Docker')
      },
    })
    await assert.rejects(runFindMax(down.find), /no Docker/)
  })

  test('notes where brokers give no metrics: a quota would go unseen', async (t) => {
    const noted = async (nodes: object[]) => {
      const { find } = searchIn(t, { cluster: { nodes: nodes as never } }, { maxPerSec: 1000 })
      return (await runFindMax(find)).notes.some((note) => /throttling by a quota cannot be seen/.test(note))
    }
    const node = { id: 1, host: 'h', port: 1 }
    assert.deepEqual([await noted([node]), await noted([node, { ...node, metricsUrl: 'http://h' }])], [true, false])
  })
})

describe('the self-test of the generator', () => {
  const local = { clients: ['fake'], cluster: { provider: 'local' } }

  async function selfTest(t: Parameters<typeof createFakeRun>[0], scene: RunScene) {
    const run = createFakeRun(t, { ...scene, profile: { ...local, ...scene.profile } })
    const notes: string[] = []
    const ceilings = await testGenerator(run.job, run.cells, (note) => void notes.push(note))
    return { ...run, notes, ceilings }
  }
  const two = ([cell]: readonly { params: object }[]) =>
    [1, 2].map((n) => ({ ...cell!, params: { client: 'fake', n } })) as never

  test('measures every cell at rate max against the mock, and takes that down', async (t) => {
    const { ceilings, notes, done, contexts } = await selfTest(t, { cells: two })
    assert.deepEqual([ceilings, notes], [[50_000, 50_000], []])
    assert.deepEqual(done, [
      'start mock',
      'run self-test of client=fake,n=1',
      'run self-test of client=fake,n=2',
      'stop mock',
    ])
    assert.equal(contexts[0]!.runId, 'run1-self-test')
  })

  for (const provider of ['mock', 'fake']) {
    test(`is not made on provider ${provider}, which is as good as it`, async (t) => {
      const { ceilings, notes, done } = await selfTest(t, { profile: { cluster: { provider } } })
      assert.deepEqual([ceilings, done, notes.length], [[null], [], 1])
    })
  }

  test('of one cell that fails: not known, with the reason, and the others are measured', async (t) => {
    const { ceilings, notes, done } = await selfTest(t, {
      cells: two,
      variant(job) {
        if (job.variant.params.n === 1) throw new Error('no memory')
        return healthy(job)
      },
    })
    assert.deepEqual([ceilings, done.at(-1)], [[null, 50_000], 'stop mock'])
    assert.match(notes.join(), /^no self-test of .*n=1: no memory$/)
  })

  test('in which nothing was acknowledged: not known, and a note says so', async (t) => {
    const { ceilings, notes } = await selfTest(t, { variant: (job) => capacity(0)(job) })
    assert.deepEqual(ceilings, [null])
    assert.match(notes.join(), /^no self-test of client=fake: nothing was acknowledged$/)
  })

  test('without a mock: none is known, and a note says why', async (t) => {
    const { ceilings, notes } = await selfTest(t, {
      start() {
        throw new KbenchError('environment', 'node-rdkafka is not built')
      },
    })
    assert.deepEqual([ceilings, notes], [[null], ['no self-test of the generator: node-rdkafka is not built']])
  })

  test('that is interrupted throws nothing, tests no further cell and takes its cluster down', async (t) => {
    const scene: { user?: AbortController } = {}
    const run = createFakeRun(t, {
      profile: local,
      cells: two,
      variant(job) {
        scene.user!.abort()
        return healthy(job)
      },
    })
    scene.user = run.user
    assert.deepEqual(await testGenerator(run.job, run.cells, () => {}), [null, null])
    assert.deepEqual([run.done.filter((each) => each.startsWith('run ')).length, run.done.at(-1)], [1, 'stop mock'])
  })
})
