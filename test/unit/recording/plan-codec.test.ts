import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KbenchError } from '../../../src/base/errors.ts'
import { decodePlan } from '../../../src/recording/plan-codec.ts'
import { planOf } from '../../support/plans.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const plan = JSON.parse(
  JSON.stringify(
    planOf({
      consumers: [{ group: 'g1' }],
      topic: { partitions: 3, config: { 'min.insync.replicas': 2 } },
      faults: [{ use: 'f', at: '1s', for: '2s' }],
      canary: { enabled: true },
      thresholds: ['integrity.lost == 0'],
    }),
  ),
) as { [key: string]: Json }

/** A copy of the plan in which the field at `path` is `value`; undefined = it is not there. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(plan)
  const names = path.split('.')
  const last = names.pop()!
  let at = copy as Record<string, Json>
  for (const name of names) at = at[name] as Record<string, Json>
  if (value === undefined) delete at[last]
  else at[last] = value as Json
  return copy
}

const producer = () => (plan.workers as { role: { kind: string } }[]).findIndex(({ role }) => role.kind === 'producer')
const consumer = () => (plan.workers as { role: { kind: string } }[]).findIndex(({ role }) => role.kind === 'consumer')
const segment = { fromNs: 0, toNs: 1e9, perSec: [5, 5] }
const many = (length: number, value: unknown = 0) => Array.from({ length }, () => value)
const long = 'x'.repeat(10_001)

/** Where a plan can be wrong, by path: values that are refused there, and values beside them that are not. */
const fields: readonly [path: string, refused: readonly unknown[], accepted: readonly unknown[]][] = [
  ['version', [0, 2, '1', undefined], [1]],
  ['kind', ['', 'Load', undefined], ['load', 'rehearsal', 'reference']],
  ['id', [1, long, undefined], ['', 'x'.repeat(10_000)]],
  ['runId', [null, long], ['run2']],
  ['index', [-1, 0.5, '0'], [0, 7]],
  ['client', [null, long], ['kafkajs']],
  ['workload', [null], ['consume']],
  ['params', [null, { a: null }, { a: {} }], [{}, { a: 'x', b: 1, c: false }]],
  ['repeat', [-1, 1.5], [0, 3]],
  ['names', [null, {}, { ...(plan.names as object), more: 1 }], []],
  ['names.topic', [null, long], ['t']],
  ['names.ownTopic', ['true', 1], [true, false]],
  ['names.clients', [null], ['c']],
  ['topic', [{ ...(plan.topic as object), more: 1 }, {}], []],
  ['topic.partitions', [-1, 1.5, 200_001], [0, 200_000]],
  ['topic.replicationFactor', [-1, 'three'], [0, 3]],
  ['topic.config', [null, { a: [] }], [{}, { a: 1 }]],
  ['groups', [null, [{}], many(20_001, (plan.groups as Json[])[0])], [[]]],
  ['groups.0.label', [null], ['l']],
  ['groups.0.group', [null], ['g']],
  ['groups.0.isolation', ['committed'], ['read_uncommitted', 'read_committed']],
  ['groups.0.more', [1], []],
  ['load', [null, {}], []],
  ['load.more', [1], []],
  ['load.segments', [[{}], [{ ...segment, more: 1 }]], [null, [], [segment]]],
  ['load.segments', [[{ ...segment, fromNs: -1 }], [{ ...segment, toNs: 1.1e17 }]], [[{ ...segment, toNs: 1e17 }]]],
  ['load.segments', [[{ ...segment, perSec: [1] }], [{ ...segment, perSec: [1, 2, 3] }]], []],
  ['load.segments', [[{ ...segment, perSec: [-1, 0] }], [{ ...segment, perSec: [0, 9.1e7] }]], []],
  ['load.segments', [], [[{ ...segment, perSec: [0, 9e7] }]]],
  ['load.count', [-1, 0.5], [null, 0, 10]],
  ['load.poisson', [0, 'no'], [true, false]],
  ['load.seed', ['1', null], [0.5, 1]],
  ['fill', [{ records: -1 }, { records: 1, more: 1 }, 5], [null, { records: 0 }]],
  ['record', [{}, { ...(plan.record as object), more: 1 }], []],
  ['record.size', [-1, 1.5, 'x', {}], [0, 100]],
  ['record.size', [{ uniform: [1] }, { uniform: [-1, 2] }, { uniform: [1, 2], more: 1 }], [{ uniform: [1, 2] }]],
  ['record.size', [{ list: [] }, { list: [-1] }, { list: many(100_001) }, { list: [1], more: 1 }], [{ list: [1] }]],
  ['record.size', [], [{ list: many(100_000) }]],
  ['record.keys.cardinality', [-1], [0]],
  ['record.keys.distribution', ['', 'normal'], ['none', 'sequential', 'uniform', 'zipf']],
  ['record.keys.exponent', ['1'], [0.5]],
  ['record.keys.more', [1], []],
  ['record.compressibility', ['0'], [0.5]],
  ['record.stampIn', ['', 'key'], ['value', 'header']],
  ['axis', [null, { ...(plan.axis as object), more: 1 }], []],
  ['axis.edges', [[0], ['0', '1'], [-1, 0], [0, 1.1e17]], [[0, 1]]],
  ['axis.phases', [[], many(4, { name: 'drain', fromNs: 0, toNs: 1 })], []],
  ['axis.phases', [[{ name: 'rest', fromNs: 0, toNs: 1 }], [{ name: 'drain', fromNs: 0, toNs: 1, more: 1 }]], []],
  ['axis.phases', [], ['warmup', 'measure', 'drain'].map((name) => [{ name, fromNs: 0, toNs: 1 }])],
  ['axis.phases', [], [many(3, { name: 'drain', fromNs: 0, toNs: 1 })]],
  ['drainMs', [-1, 1.1e13, '1'], [0, 0.5, 1e13]],
  ['workers', [null, [{}], many(10_001, (plan.workers as Json[])[0])], [[]]],
  [`workers.${producer()}.worker`, [-1, 10_001, 0.5], [0, 10_000]],
  [`workers.${producer()}.clientId`, [null], ['c']],
  [
    `workers.${producer()}.role`,
    [
      { kind: 'observer', index: 0 },
      { kind: 'producer', member: 0 },
    ],
    [],
  ],
  [`workers.${producer()}.role`, [{ kind: 'producer', index: -1 }], [{ kind: 'producer', index: 3 }]],
  [`workers.${producer()}.role.more`, [1], []],
  [
    `workers.${consumer()}.role`,
    [
      { kind: 'consumer', group: 'g', member: -1 },
      { kind: 'consumer', group: 1 },
    ],
    [],
  ],
  [`workers.${consumer()}.role`, [], [{ kind: 'consumer', group: 'g', member: 2 }]],
  [`workers.${consumer()}.role.more`, [1], []],
  [`workers.${producer()}.producer`, [5, undefined], [null, { acks: 'all' }]],
  [`workers.${producer()}.consumer`, [5, undefined], [null, { a: 1 }]],
  [`workers.${producer()}.more`, [1], []],
  ['producers', [-1, 10_001, 0.5], [0, 10_000]],
  ['acks', [2, 'some', '1'], [0, 1, 'all']],
  ['idempotence', [null, 'true'], [true, false]],
  ['faults', [null, [{}], many(10_001, (plan.faults as Json[])[0])], [[]]],
  ['faults.0.use', [null], ['broker-kill']],
  ['faults.0.atMs', [-1], [0]],
  ['faults.0.forMs', [-1], [null, 0]],
  ['faults.0.everyMs', [-1], [null, 0]],
  ['faults.0.options', [null, 5], [{}]],
  ['faults.0.target', [], [null, 'leader', { broker: 1 }]],
  ['faults.0.more', [1], []],
  [
    'samplers',
    [
      { lagMs: 1, brokersMs: 1 },
      { lagMs: 1, brokersMs: 1, leadersMs: 1, more: 1 },
    ],
    [],
  ],
  ['samplers.lagMs', [-1], [0]],
  ['canary', [{ partitions: 1 }, { partitions: 1, recordsPerSec: 1, more: 1 }], [null]],
  ['canary', [{ partitions: 10_001, recordsPerSec: 1 }], [{ partitions: 10_000, recordsPerSec: 1 }]],
  ['thresholds', [null, many(10_001)], [[], ['a < 1', {}]]],
  ['audit', [null], [true, false]],
  ['seed', ['1'], [0.5]],
  ['run', [-1, 0.5], [0, 4_294_967_295]],
  ['more', [1], []],
]

function refusal(value: unknown): string {
  try {
    decodePlan(value)
  } catch (error) {
    assert.ok(error instanceof KbenchError)
    assert.equal(error.code, 'usage')
    return error.message
  }
  return ''
}

describe('a plan in a recording', () => {
  test('is accepted as it was written', () => {
    assert.deepEqual(decodePlan(structuredClone(plan)), plan)
  })

  test('is refused as nothing, a text or a list', () => {
    for (const value of [null, undefined, 5, 'plan', []]) assert.match(refusal(value), /^the plan: : .+/)
  })

  for (const [path, refused, accepted] of fields) {
    test(`${path}: ${JSON.stringify(refused).slice(0, 80)}`, () => {
      for (const value of refused) {
        const said = refusal(changed(path, value))
        assert.ok(said.startsWith('the plan: '), `${JSON.stringify(value)?.slice(0, 80)} is accepted`)
        assert.ok(!said.includes('\n'))
      }
      for (const value of accepted) assert.equal(refusal(changed(path, value)), '')
    })
  }

  test('the message holds the path of what is wrong', () => {
    assert.match(refusal(changed('topic.partitions', -1)), /^the plan: topic\.partitions: ./)
    assert.match(refusal(changed('groups.0.isolation', 'x')), /^the plan: groups\.0\.isolation: ./)
  })

  test('every stage has its deadline', () => {
    const deadlines = plan.deadlinesMs as Record<string, number>
    assert.deepEqual(Object.keys(deadlines), ['topic', 'fill', 'ready', 'load', 'drain', 'stop', 'audit', 'clean-up'])
    for (const stage of Object.keys(deadlines)) {
      assert.notEqual(refusal(changed(`deadlinesMs.${stage}`, undefined)), '')
      assert.notEqual(refusal(changed(`deadlinesMs.${stage}`, -1)), '')
    }
    assert.notEqual(refusal(changed('deadlinesMs.paid', 1)), '')
  })

  test('a Poisson schedule of more than 10¹¹ records is refused, a constant one is not', () => {
    const hours = (perSec: readonly [number, number], seconds: number) => [{ fromNs: 0, toNs: seconds * 1e9, perSec }]
    const load = (perSec: readonly [number, number], seconds: number, poisson: boolean) =>
      changed('load', { segments: hours(perSec, seconds), count: null, poisson, seed: 1 })
    assert.equal(refusal(load([1e7, 1e7], 10_000, true)), '')
    assert.match(refusal(load([1e7, 1e7], 10_001, true)), /load: too many records/)
    assert.match(refusal(load([0, 1e7], 10_001, true)), /too many records/)
    assert.match(refusal(load([1e7, 0], 10_001, true)), /too many records/)
    assert.equal(refusal(load([1e7, 1e7], 10_001, false)), '')
    const two = [
      { fromNs: 0, toNs: 6e12, perSec: [1e7, 1e7] },
      { fromNs: 6e12, toNs: 12e12, perSec: [1e7, 1e7] },
    ]
    assert.match(refusal(changed('load.segments', two)), /^$/)
    assert.match(refusal(changed('load', { segments: two, count: null, poisson: true, seed: 1 })), /too many/)
    assert.equal(refusal(changed('load', { segments: null, count: 5, poisson: true, seed: 1 })), '')
  })
})
