import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KbenchError } from '../../src/core/errors.ts'
import { parseProfile } from '../../src/core/parse-profile.ts'
import { planVariants } from '../../src/core/plan.ts'

const known = { clients: ['a', 'b'], workloads: ['produce'], providers: ['local'], layouts: { 'kraft-3': 3 } }
const parse = (...lines: string[]) =>
  parseProfile(['name: x', 'workload: produce', ...lines].join('\n'), { file: 'p.yaml', sets: [], env: {}, known })
const ids = (...lines: string[]) => {
  const { cells, profile } = parse(...lines)
  return planVariants(cells, profile.repeat).map(({ id }) => id)
}

function errorsOf(...lines: string[]): string[] {
  try {
    parse(...lines)
    return []
  } catch (error) {
    assert.ok(error instanceof KbenchError && error.code === 'profile', String(error))
    return [...error.details]
  }
}

describe('matrix', () => {
  test('without one there is a variant per client', () =>
    assert.deepEqual(ids('clients: [a, b]'), ['client=a', 'client=b']))

  test('every combination is a variant, in order and with its own values', () => {
    const { cells } = parse('clients: [a, b]', 'matrix: { producers.acks: [1, all], topic.partitions: [3] }')
    assert.deepEqual(
      cells.map(({ params }) => params),
      ['a', 'b'].flatMap((client) =>
        [1, 'all'].map((acks) => ({ client, 'producers.acks': acks, 'topic.partitions': 3 })),
      ),
    )
    assert.deepEqual(
      cells.map(({ profile }) => [profile.producers.acks, profile.topic.partitions]),
      [
        [1, 3],
        ['all', 3],
        [1, 3],
        ['all', 3],
      ],
    )
  })

  test('repetitions mirror the order', () => {
    assert.deepEqual(ids('clients: [a]', 'matrix: { producers.acks: [1, all] }', 'repeat: 2'), [
      'client=a,producers.acks=1#1',
      'client=a,producers.acks=all#1',
      'client=a,producers.acks=all#2',
      'client=a,producers.acks=1#2',
    ])
  })

  test('excluded combinations are left out; one that does not occur is no error', () => {
    assert.deepEqual(
      ids(
        'clients: [a, b]',
        'matrix: { producers.sendScope: [topic, partition] }',
        'exclude: [ { client: b, producers.sendScope: topic }, { client: c } ]',
      ),
      [
        'client=a,producers.sendScope=topic',
        'client=a,producers.sendScope=partition',
        'client=b,producers.sendScope=partition',
      ],
    )
  })

  test('values with units, entries of lists and keys of Kafka with dots in them vary as well', () => {
    const { cells } = parse(
      'clients: [a]',
      'matrix: { producers.requestTimeout: [1s, 2s], producers.batch.lingerMs: [0], topic.config.min.insync.replicas: [2] }',
    )
    assert.deepEqual(
      cells.map(({ profile }) => [profile.producers.requestTimeout, profile.topic.config['min.insync.replicas']]),
      [
        [1000, 2],
        [2000, 2],
      ],
    )
  })

  for (const [name, lines, expected] of [
    [
      'an unknown key',
      ['matrix: { producers.ack: [1] }'],
      /^p\.yaml:3:11 matrix\.producers\.ack: .*did you mean "acks"\?/,
    ],
    [
      'a value that is wrong',
      ['matrix: { producers.acks: [1, 7] }'],
      /^p\.yaml:3:27 matrix\.producers\.acks: with client=a,producers\.acks=7: producers\.acks: expected 0, 1 or all, got 7/,
    ],
    [
      'values that do not go together',
      ['producers: { idempotence: true }', 'matrix: { producers.acks: [all, 1] }'],
      /^p\.yaml:4:27 matrix\.producers\.acks: with .*idempotence needs acks: all/,
    ],
    ['a value twice', ['matrix: { producers.acks: [1, 1] }'], /matrix\.producers\.acks\.1: 1 is listed twice/],
    ['no value', ['matrix: { producers.acks: [] }'], /at least one entry/],
    ['clients', ['matrix: { client: [a] }'], /clients: \[kafkajs/],
    ['what is the same for all', ['matrix: { cluster.layout: [kraft-3] }'], /the same for the whole run/],
    [
      'excluding by what does not vary',
      ['exclude: [ { producers.acks: 1 } ]'],
      /does not vary in this profile, expected one of client$/,
    ],
    ['excluding nothing', ['exclude: [ {} ]'], /expected what to leave out/],
    ['excluding everything', ['exclude: [ { client: a }, { client: b } ]'], /leaves nothing to run/],
  ] as const) {
    test(`${name} is an error at its place, told once`, () => {
      const errors = errorsOf(...lines, 'clients: [a, b]')
      assert.equal(errors.length, 1, errors.join('\n'))
      assert.match(errors[0]!, expected)
    })
  }
})
