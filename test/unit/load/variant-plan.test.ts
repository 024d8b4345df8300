import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runTag } from '../../../src/load/stamp.ts'
import { planOf } from '../../support/plans.ts'

const full = planOf(
  {
    seed: 7,
    topic: { partitions: 6, replicationFactor: 2, config: { 'min.insync.replicas': 2 } },
    load: { rate: 100, count: 400_000, record: { size: 200, compressibility: 0.25, stamp: 'header' } },
    producers: { count: 2, acks: 'all', idempotence: true, clientConfig: { fake: { a: 1 } } },
    consumers: [
      { group: 'g1', members: 2, isolation: 'read_uncommitted' },
      { group: 'g2', instanceId: 'i', clientConfig: { fake: { b: 2 } } },
    ],
    phases: { warmup: '2s', measure: '4s', drain: '3s' },
    faults: [{ use: 'broker-kill', at: '1s', for: '2s', every: '3s', target: { broker: 1 } }],
    samplers: { lag: { interval: '200ms' }, brokers: { interval: '2s' }, leaders: { interval: '40ms' } },
    canary: { partitions: 3, recordsPerSec: 10 },
    thresholds: ['integrity.lost == 0'],
  },
  { index: 4 },
)

describe('the plan of a variant', () => {
  test('names come from the run and the position, so that no two variants share one', () => {
    assert.deepEqual(full.names, { topic: 'kbench-run1-4', ownTopic: true, clients: 'kbench-run1-4' })
    assert.deepEqual(full.groups, [
      { label: 'g1', group: 'kbench-run1-4-g1', isolation: 'read_uncommitted' },
      { label: 'g2', group: 'kbench-run1-4-g2', isolation: 'read_committed' },
    ])
    const own = planOf({ topic: { name: 'orders' } }).names
    assert.deepEqual(own, { topic: 'orders', ownTopic: false, clients: 'kbench-run1-0' })
  })

  test('the tag in the stamps is of run, position and variant', () => {
    assert.equal(full.run, runTag(`run1/4/${full.id}`))
    assert.notEqual(full.run, planOf({}).run)
  })

  test('topic, records, producers and samplers are those of the profile', () => {
    assert.deepEqual(full.topic, {
      ...{ partitions: 6, replicationFactor: 2, config: { 'min.insync.replicas': 2 } },
      stated: ['partitions', 'replicationFactor'],
    })
    assert.deepEqual(full.record, {
      size: 200,
      keys: { cardinality: 1000, distribution: 'none', exponent: 1 },
      ...{ compressibility: 0.25, stampIn: 'header' },
    })
    assert.deepEqual([full.producers, full.acks, full.idempotence, full.seed], [2, 'all', true, 7])
    assert.deepEqual(full.samplers, { lagMs: 200, brokersMs: 2000, leadersMs: 40 })
    assert.deepEqual([full.version, full.kind, full.index, full.runId, full.repeat], [1, 'load', 4, 'run1', 1])
    assert.deepEqual([full.client, full.workload, full.params], ['fake', 'produce-consume', { client: 'fake' }])
  })

  test('the load is the profile’s schedule on an axis of its phases', () => {
    const perSec = [100, 100]
    assert.deepEqual(full.load, {
      segments: [{ fromNs: 0, toNs: 6e9, perSec }],
      ...{ count: 400_000, poisson: false, seed: 7 },
    })
    assert.deepEqual(full.axis.phases, [
      { name: 'warmup', fromNs: 0, toNs: 2e9 },
      { name: 'measure', fromNs: 2e9, toNs: 6e9 },
      { name: 'drain', fromNs: 6e9, toNs: 69e9 },
    ])
    assert.equal(full.drainMs, 3000)
    assert.equal(full.fill, null)
  })

  test('workers are dense from 0; each has the settings of its role and none of the other', () => {
    assert.deepEqual(
      full.workers.map(({ worker, role, clientId }) => ({ worker, role, clientId })),
      [
        { worker: 0, role: { kind: 'producer', index: 0 }, clientId: 'kbench-run1-4-0' },
        { worker: 1, role: { kind: 'producer', index: 1 }, clientId: 'kbench-run1-4-1' },
        { worker: 2, role: { kind: 'consumer', group: 'kbench-run1-4-g1', member: 0 }, clientId: 'kbench-run1-4-2' },
        { worker: 3, role: { kind: 'consumer', group: 'kbench-run1-4-g1', member: 1 }, clientId: 'kbench-run1-4-3' },
        { worker: 4, role: { kind: 'consumer', group: 'kbench-run1-4-g2', member: 0 }, clientId: 'kbench-run1-4-4' },
      ],
    )
    const [producer, , , member, other] = full.workers
    assert.deepEqual([producer!.producer!.clientConfig, producer!.consumer], [{ a: 1 }, null])
    assert.deepEqual(
      [member!.producer, member!.consumer!.group, member!.consumer!.member],
      [null, 'kbench-run1-4-g1', 1],
    )
    assert.deepEqual([member!.consumer!.isolation, member!.consumer!.instanceId], ['read_uncommitted', null])
    assert.deepEqual([other!.consumer!.instanceId, other!.consumer!.clientConfig], ['i', { b: 2 }])
  })

  test('a role of a group that the profile does not have gets no settings', () => {
    const { workers } = planOf({}, { roles: [{ kind: 'consumer', group: 'nobody', member: 0 }] })
    assert.deepEqual([workers[0]!.consumer, workers[0]!.producer], [null, null])
  })

  test('a fault is all that the profile says of it; what it leaves out is null', () => {
    const [fault] = full.faults
    assert.deepEqual(
      { ...fault },
      {
        ...{ use: 'broker-kill', atMs: 1000, forMs: 2000, everyMs: 3000 },
        ...{ target: { broker: 1 }, options: {} },
      },
    )
    const [plain] = planOf({ faults: [{ use: 'f', at: '1s', signal: 'x' }] }).faults
    assert.deepEqual([plain!.forMs, plain!.everyMs, plain!.target, plain!.options], [null, null, null, { signal: 'x' }])
  })

  test('the canary is sent where a fault is planned or where it is asked for', () => {
    assert.deepEqual(full.canary, { partitions: 3, recordsPerSec: 10 })
    assert.equal(planOf({}).canary, null)
    assert.deepEqual(planOf({ canary: { enabled: true } }).canary, { partitions: 48, recordsPerSec: 20 })
    assert.equal(planOf({ faults: [{ use: 'f', at: '1s' }], canary: { enabled: false } }).canary, null)
  })

  test('each stage has its deadline, longer where there is more to do', () => {
    assert.deepEqual(full.deadlinesMs, {
      ...{ topic: 30_120, fill: 600_000, ready: 35_120, load: 16_000, drain: 13_000, stop: 15_000 },
      ...{ audit: 30_000, 'clean-up': 20_000 },
    })
    assert.equal(planOf({ topic: { partitions: 2000 } }).deadlinesMs.topic, 70_000)
    assert.equal(planOf({ consumers: [{ group: 'g', groupId: 'theirs' }] }).deadlinesMs.ready, 90_240)
  })

  test('a rehearsal loads for clusterWarmup, without faults, canary, thresholds and audit', () => {
    const plan = planOf(
      {
        load: { rate: 100, count: 5 },
        phases: { clusterWarmup: '3s', warmup: '2s', measure: '4s' },
        faults: [{ use: 'f', at: '1s' }],
        thresholds: ['integrity.lost == 0'],
      },
      { kind: 'rehearsal' },
    )
    assert.deepEqual([plan.faults, plan.canary, plan.thresholds, plan.audit], [[], null, [], false])
    assert.deepEqual(plan.axis.phases, [
      { name: 'warmup', fromNs: 0, toNs: 3e9 },
      { name: 'drain', fromNs: 3e9, toNs: 64e9 },
    ])
    assert.deepEqual([plan.drainMs, plan.load.count, plan.deadlinesMs.load], [1000, null, 13_000])
    assert.equal(full.audit, true)
    assert.equal(full.thresholds.length, 1)
  })

  test('a workload that reads fills the topic first and has no rate of its own', () => {
    const plan = planOf({ workload: 'consume', load: { count: 500 }, consumers: [{ group: 'g' }], seed: 3 })
    assert.deepEqual(plan.fill, { records: 500 })
    assert.deepEqual(plan.load, { segments: null, count: null, poisson: false, seed: 3 })
  })

  test('it is frozen, all the way down', () => {
    const check = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return
      assert.ok(Object.isFrozen(value))
      for (const each of Object.values(value)) check(each)
    }
    check(full)
  })
})
