import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { KbenchError } from '../../src/base/errors.ts'
import type { KnownFault } from '../../src/profile/check-names.ts'
import { parseProfile } from '../../src/profile/parse.ts'

const faults: Record<string, KnownFault> = {
  'kill-broker': { on: 'broker', options: z.strictObject({}), hasTarget: true },
  'isolate-broker': {
    on: 'broker',
    options: z.strictObject({
      from: z.enum(['all', 'clients', 'peers'], 'expected all, clients or peers').default('all'),
    }),
    hasTarget: true,
  },
  'add-partitions': { on: 'topic', options: z.strictObject({ count: z.int() }), hasTarget: false },
  'pause-consumer': { on: 'consumer', options: z.strictObject({}), hasTarget: true },
  'kill-producer': { on: 'producer', options: z.strictObject({}), hasTarget: true },
}

/** What is wrong with a profile of 60 s, 12 partitions, two producers and a group of three, with this as its one fault. */
function errorsOf(fault: string): string[] {
  const text = `name: x
topic: { partitions: 12 }
producers: { count: 2 }
consumers: [ { group: g1, members: 3 } ]
phases: { measure: 60s }
faults: [ ${fault} ]
`
  try {
    parseProfile(text, { file: 'p.yaml', sets: [], env: {}, known: { faults } })
    return []
  } catch (error) {
    assert.ok(error instanceof KbenchError && error.code === 'profile', String(error))
    return [...error.details]
  }
}

describe('faults of a profile', () => {
  for (const good of [
    '{ use: kill-broker, at: 10s }',
    '{ use: kill-broker, at: 10s, for: 50s, target: { leaderOf: 11 } }',
    '{ use: kill-broker, at: 0s, for: 5s, every: 10s, target: controller }',
    '{ use: kill-broker, at: 0s, target: { coordinatorOf: g1 } }',
    '{ use: isolate-broker, at: 10s, from: peers, target: random }',
    '{ use: add-partitions, at: 10s, count: 3 }',
    '{ use: pause-consumer, at: 10s, for: 1s, target: { member: 2 } }',
    '{ use: kill-producer, at: 10s, target: { producer: 1 } }',
  ]) {
    test(`good: ${good}`, () => assert.deepEqual(errorsOf(good), []))
  }

  for (const [bad, expected] of [
    ['{ at: 1s }', /use: missing/],
    ['{ use: kill-broker }', /at: missing/],
    ['{ use: kil-broker, at: 1s }', /6:18 faults.0.use: there is no fault "kil-broker", did you mean "kill-broker"\?/],
    ['{ use: kill-broker, at: 60s }', /faults.0.at: is after the end of the measurement, which takes 60000ms/],
    ['{ use: kill-broker, at: 30s, for: 31s }', /faults.0.for: at \+ for is after the end/],
    ['{ use: kill-broker, at: 1s, every: 5s }', /faults.0.every: needs for/],
    ['{ use: kill-broker, at: 1s, for: 5s, every: 5s }', /faults.0.every: expected more than for \(5000ms\)/],
    ['{ use: kill-broker, at: 1s, hard: true }', /6:\d+ faults.0.hard: is no option of kill-broker/],
    ['{ use: isolate-broker, at: 1s, from: moon }', /faults.0.from: expected all, clients or peers/],
    ['{ use: add-partitions, at: 1s }', /faults.0.*count/],
    ['{ use: add-partitions, at: 1s, count: 2, target: all }', /faults.0.target: add-partitions takes no target/],
    [
      '{ use: kill-broker, at: 1s, target: { member: 0 } }',
      /target: names a consumer, and kill-broker is for a broker/,
    ],
    ['{ use: kill-broker, at: 1s, target: { leaderOf: 12 } }', /there is no partition 12, topic.partitions is 12/],
    ['{ use: kill-broker, at: 1s, target: { coordinatorOf: g2 } }', /there is no group "g2" among the consumers/],
    ['{ use: kill-broker, at: 1s, target: leader }', /target: expected random, all, controller/],
    ['{ use: pause-consumer, at: 1s, target: { member: 3 } }', /there is no member 3, group g1 has 3/],
    ['{ use: kill-producer, at: 1s, target: { producer: 2 } }', /there is no producer 2, producers.count is 2/],
  ] as const) {
    test(`bad: ${bad}`, () => {
      const errors = errorsOf(bad)
      assert.equal(errors.length, 1, errors.join('\n'))
      assert.match(errors[0]!, expected)
    })
  }
})
