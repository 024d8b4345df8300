import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { doctorText } from '../../../../src/cli/text/doctor-text.ts'
import { statedIn } from '../../../../src/profile/matrix.ts'
import { cellsOf } from '../../../../src/profile/plan.ts'
import { type ProfileInput, profileSchema } from '../../../../src/profile/schema.ts'
import { defineCheck, lines } from '../../../../src/runners/doctor/check.ts'
import cores from '../../../../src/runners/doctor/cores.ts'
import disk from '../../../../src/runners/doctor/disk.ts'
import { type Checks, examine } from '../../../../src/runners/doctor/examine.ts'
import { type DoctorJob, doctorJob } from '../../../../src/runners/doctor/job.ts'
import openFiles from '../../../../src/runners/doctor/open-files.ts'
import permissions from '../../../../src/runners/doctor/permissions.ts'
import reach from '../../../../src/runners/doctor/reach.ts'
import recordSize from '../../../../src/runners/doctor/record-size.ts'
import replicas from '../../../../src/runners/doctor/replicas.ts'
import topic from '../../../../src/runners/doctor/topic.ts'
import { startFakeKafka } from '../../_fake-kafka.ts'

const signal = new AbortController().signal

async function jobOf(input: Partial<ProfileInput>): Promise<DoctorJob> {
  const written = { name: 'test', clients: ['kafkajs'], ...input }
  const profile = profileSchema.parse(written)
  const cells = cellsOf(profile).map((cell) => ({ ...cell, stated: statedIn(written) }))
  return doctorJob(profile, cells, { runId: 'run1', results: '.', signal })
}

const dispose = (job: DoctorJob) => job.target?.brokers[Symbol.asyncDispose]()
const external = (bootstrap: readonly string[]) => ({ provider: 'external', bootstrap: [...bootstrap] })

/** Only these, and none of this machine. */
const checks = (...cluster: readonly { id: string }[]): Checks => ({ machine: [], reach, cluster: cluster as never })

describe('on a cluster that is there', () => {
  test('every check has its lines, and nothing is written, created or joined', async () => {
    await using kafka = await startFakeKafka()
    const whole = (1 << 3) | (1 << 4) | (1 << 8)
    kafka.allow({ topic: whole, group: whole })
    const job = await jobOf({
      cluster: external(kafka.cluster.network.bootstrap),
      topic: { name: 't' },
      consumers: [{ group: 'g1' }],
    })
    const found = await examine(job, checks(topic, permissions, replicas, recordSize))
    await dispose(job)
    const by = (id: string) =>
      found.filter((check) => check.id === id).map(({ level, subject }) => `${level} ${subject}`)
    assert.equal(by('bootstrap').length, 3)
    assert.deepEqual(
      by('broker').map((text) => text.slice(0, 11)),
      ['ok broker 1', 'ok broker 2', 'ok broker 3'],
    )
    assert.deepEqual(by('topic'), ['ok topic t'])
    assert.deepEqual(
      by('permission').map((text) => text.replace(/ kbench-\S+/, '')),
      [
        'warning DescribeConfigs on topic t',
        'ok Write on topic t',
        'ok Read on topic t',
        'ok Read on group',
        'warning Delete on group',
      ],
    )
    assert.deepEqual(by('replicas'), ['unknown replicas of topic t'])
    assert.deepEqual(by('record-size'), ['unknown record size in topic t'])
    assert.deepEqual(kafka.produced, [])
    assert.ok(!kafka.asked.some(({ api }) => [0, 10, 11, 19].includes(api)), JSON.stringify(kafka.asked))
  })

  test('X13: an advertised address that cannot be reached is a failure, the bootstrap servers answering', async () => {
    await using kafka = await startFakeKafka()
    const [first, second] = kafka.nodes
    const job = await jobOf({ cluster: external([`${first!.host}:${first!.port}`]), topic: { name: 't' } })
    await second!.isolate!('clients')
    const found = await examine(job, checks())
    await dispose(job)
    const failed = found.filter(({ level }) => level === 'failure')
    assert.equal(failed.length, 1, doctorText(found, { colour: false }))
    assert.match(failed[0]!.subject, /^broker 2 at /)
  })

  test('a topic that could not be created: by a request that creates nothing', async () => {
    await using kafka = await startFakeKafka()
    // INVALID_REPLICATION_FACTOR
    kafka.refuse({ create: 38 })
    const job = await jobOf({ cluster: external(kafka.cluster.network.bootstrap), workload: 'produce' })
    const found = await examine(job, checks(topic))
    await dispose(job)
    assert.match(found.find(({ id }) => id === 'topic')!.text, /cannot be created: .*INVALID_REPLICATION_FACTOR/)
  })
})

describe('where it cannot look', () => {
  const broken = defineCheck<never>({
    ...{ id: 'broken', subject: 'something', of: 'cluster', judge: () => [] },
    look: () => Promise.reject(new Error('no such thing')),
  })

  test('a check that fails itself is unknown, with the reason', async () => {
    await using kafka = await startFakeKafka()
    const job = await jobOf({ cluster: external(kafka.cluster.network.bootstrap) })
    const found = await examine(job, checks(broken))
    await dispose(job)
    const line = { id: 'broken', level: 'unknown', subject: 'something', remedy: null }
    assert.deepEqual(found.at(-1), { ...line, text: 'cannot be checked: no such thing' })
  })

  test('nobody answers: the checks of the cluster are unknown, not asked', async () => {
    const job = await jobOf({ cluster: external(['127.0.0.1:1']) })
    const found = await examine(job, checks(broken))
    await dispose(job)
    assert.deepEqual(
      found.map(({ id, level }) => [id, level]),
      [
        ['bootstrap', 'failure'],
        ['broken', 'unknown'],
      ],
    )
    assert.match(found[1]!.text, /not checked: no bootstrap server answers/)
  })

  test('a run that starts its own cluster: this machine alone', async () => {
    const job = await jobOf({ cluster: { provider: 'mock' }, workload: 'produce', clients: ['kafkajs'] })
    assert.equal(job.target, null)
    const found = await examine(job, { ...checks(broken), machine: [openFiles, disk, cores] as never })
    assert.deepEqual(
      found.map(({ id }) => id),
      ['open-files', 'disk', 'cores', 'broker'],
    )
    // Of this machine: known, whatever they are.
    assert.ok(!found.some(({ level }) => level === 'unknown'), JSON.stringify(found))
  })
})

test('the text: level, what, remedy below it, and the sum of each level', () => {
  const { ok, failure } = lines('x')
  const text = doctorText([ok('broker 1', 'can be reached'), failure('login', 'refused', 'check it')], {
    colour: false,
  })
  assert.equal(
    text,
    'ok       broker 1: can be reached\nfailure  login: refused\n         -> check it\n1 failure, 1 ok\n',
  )
})
