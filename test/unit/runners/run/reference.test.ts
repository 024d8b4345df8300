import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KbenchError } from '../../../../src/base/errors.ts'
import type { Cluster, ReferenceJob } from '../../../../src/contracts/api.ts'
import type { ReferenceResult } from '../../../../src/contracts/result.ts'
import { planVariants } from '../../../../src/profile/plan.ts'
import { type ProfileInput, profileSchema } from '../../../../src/profile/schema.ts'
import { decodeFact } from '../../../../src/recording/codec.ts'
import { runReference } from '../../../../src/runners/run/reference.ts'
import { createFakeTopic, type FakeTopicOptions } from '../../../support/fake-topic.ts'

const told: ReferenceResult = {
  tool: 'a tool',
  version: '1',
  produce: {
    records: 5000,
    recordsPerSec: 500,
    bytesPerSec: 50_000,
    steadyRecordsPerSec: null,
    latencyMs: { mean: 1, max: 9, p50: 1, p95: 2, p99: 3, p999: 4 },
  },
  consume: [],
  runs: [{ command: 'tool --rate 500', printed: '' }],
}

interface Scene {
  profile?: Partial<ProfileInput>
  run?(job: ReferenceJob, user: AbortController): Promise<ReferenceResult>
  topic?: Partial<FakeTopicOptions>
  /** What could not be deleted. */
  problems?: string[]
}

/** One variant of a tool that does as the test says, on a cluster that is a fake topic. */
function refer({ profile, run, topic, problems = [] }: Scene = {}) {
  const parsed = profileSchema.parse({
    name: 'test',
    clients: ['a'],
    topic: { partitions: 4, replicationFactor: 3 },
    load: { rate: 500, record: { size: 100 } },
    phases: { warmup: '2s', measure: '8s' },
    ...profile,
  })
  const [variant] = planVariants([{ params: { client: 'tool' }, profile: parsed }], 1)
  const made = createFakeTopic({ name: 't', partitions: 4, ...topic })
  const user = new AbortController()
  const jobs: ReferenceJob[] = []
  const lines: string[] = []
  const logs: string[] = []
  const stages: string[] = []
  let closed = 0
  const cluster: Cluster = {
    network: { bootstrap: ['127.0.0.1:1'] },
    nodes: [],
    access: {
      ...made.access,
      async remove(own, groups) {
        await made.access.remove(own, groups)
        return problems
      },
    },
    describe: async () => ({ layout: 'none', kafkaVersion: '4.1.0' }),
    async [Symbol.asyncDispose]() {},
  }
  const work = runReference({
    ...{ variant: variant!, runId: 'run1', index: 7, cluster, directory: '/nowhere', signal: user.signal },
    reference: {
      summary: 'of a test',
      unsupported: () => null,
      async run(job) {
        jobs.push(job)
        return (await run?.(job, user)) ?? told
      },
    },
    progress: {
      stage: (stage, detail) => void stages.push(`${stage}: ${detail}`),
      tick() {},
      log: (line) => void logs.push(line),
    },
    store: () => ({
      write: (line) => void lines.push(line),
      async close() {
        closed++
      },
    }),
  })
  return { work, jobs, lines, logs, stages, user, topic: made, closed: () => closed }
}

describe('a reference tool', () => {
  test('gets the load of the variant in its own words, and a topic that is removed after it', async () => {
    const { work, jobs, lines, topic, closed } = refer({
      profile: { consumers: [{ group: 'g', members: 3 }], workload: 'produce-consume' },
    })
    const { variant } = await work
    const [job] = jobs
    assert.deepEqual(job!.topic, { name: 'kbench-run1-7', partitions: 4 })
    assert.deepEqual(
      [job!.ratePerSec, job!.count, job!.durationS, job!.warmupS, job!.recordBytes, job!.prefill, job!.kafkaVersion],
      [500, null, 10, 2, 100, false, '4.1.0'],
    )
    // One of three members: how the tool shares records among several it does not tell.
    assert.deepEqual(
      job!.consumers.map(({ group, member }) => [group, member]),
      [['kbench-run1-7-g', 0]],
    )
    assert.equal(variant.id, 'client=tool')
    assert.deepEqual(
      lines.map((line) => decodeFact(line).fact),
      ['reference', 'over'],
    )
    assert.deepEqual(topic.removed, ['kbench-run1-7', 'kbench-run1-7-g'])
    assert.equal(closed(), 1)
  })

  test('that only produces has no groups, also where the profile names some', async () => {
    const { work, jobs, topic } = refer({ profile: { workload: 'produce', consumers: [] } })
    await work
    assert.deepEqual([jobs[0]!.consumers, topic.removed], [[], ['kbench-run1-7']])
  })

  test('that fails: its error, nothing left, and the recording closed without a result', async () => {
    const { work, lines, topic, closed } = refer({
      run: async () => {
        throw new KbenchError('environment', 'the tool ended with code 1')
      },
    })
    await assert.rejects(work, /the tool ended with code 1/)
    assert.deepEqual([topic.removed, lines, closed()], [['kbench-run1-7'], [], 1])
  })

  test('whose topic cannot be made is not started, and nothing is removed', async () => {
    const { work, jobs, topic, closed } = refer({
      topic: {
        onAsked(what) {
          if (what === 'create') throw new KbenchError('environment', 'no room')
        },
      },
    })
    await assert.rejects(work, /no room/)
    assert.deepEqual([jobs, topic.removed, closed()], [[], [], 1])
  })

  test('on a topic that was there before: that stays', async () => {
    const { work, topic } = refer({ topic: { existed: 5 } })
    await work
    assert.deepEqual(topic.removed, [])
  })

  test('that is interrupted leaves no topic behind either', async () => {
    const { work, topic, closed } = refer({
      run: async (_job, user) => {
        user.abort()
        throw new Error('aborted')
      },
    })
    await assert.rejects(work, /aborted/)
    assert.deepEqual([topic.removed, closed()], [['kbench-run1-7'], 1])
  })

  test('what could not be deleted is logged, one by one or as a whole, and the result stands', async () => {
    const some = refer({ problems: ['group g: not empty', 'topic t: timed out'] })
    assert.equal((await some.work).variant.status, 'ok')
    assert.deepEqual(some.logs, ['not deleted: group g: not empty', 'not deleted: topic t: timed out'])
    const all = refer({
      topic: {
        onAsked(what) {
          if (what === 'remove') throw new Error('no broker answered')
        },
      },
    })
    assert.equal((await all.work).variant.status, 'ok')
    assert.deepEqual(all.logs, ['not cleaned up: no broker answered'])
  })

  test('what it says on its way is shown', async () => {
    const { work, stages } = refer({
      run: async ({ say }) => {
        say('500 records sent')
        return told
      },
    })
    await work
    assert.deepEqual(stages, [
      'topic: kbench-run1-7, 4 partitions',
      'reference: tool, about 10 s',
      'reference: 500 records sent',
    ])
  })
})
