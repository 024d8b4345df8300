import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KbenchError } from '../../src/base/errors.ts'
import { parseProfile } from '../../src/profile/parse.ts'
import { planVariants } from '../../src/profile/plan.ts'

const known = {
  clients: ['a', 'b'],
  workloads: ['produce', 'produce-consume'],
  providers: ['local'],
  layouts: { 'kraft-3': 3 },
}
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

  test('named sets of overrides vary lists and maps; params give the name', () => {
    const { cells } = parse(
      'clients: [a]',
      'matrix: { producers.acks: [1, all], setup: { one: {}, two: { workload: produce-consume, consumers: [ { members: 2 } ], load.record.size: 2KiB } } }',
    )
    assert.deepEqual(
      cells.map(({ params, profile }) => [
        params.setup,
        params['producers.acks'],
        profile.consumers[0]?.members,
        profile.load.record.size,
      ]),
      [
        ['one', 1, undefined, 1024],
        ['two', 1, 2, 2048],
        ['one', 'all', undefined, 1024],
        ['two', 'all', 2, 2048],
      ],
    )
  })

  test('exclude leaves out named sets as well', () => {
    assert.deepEqual(
      ids(
        'clients: [a, b]',
        'matrix: { setup: { x: {}, y: { producers.acks: 1 } } }',
        'exclude: [ { client: a, setup: y } ]',
      ),
      ['client=a,setup=x', 'client=b,setup=x', 'client=b,setup=y'],
    )
  })

  test('include adds combinations, of one client or of all, by name or by what they set', () => {
    const { cells } = parse(
      'clients: [a, b]',
      'matrix: { topic.partitions: [1], setup: { x: {}, y: { producers.acks: 1 } } }',
      'exclude: [ { client: a }, { client: b } ]',
      'include: [ { client: b, topic.partitions: 99, setup: y }, { name: huge, load.record.size: { list: [1MiB] }, topic.partitions: 2 } ]',
    )
    assert.deepEqual(
      cells.map(({ params, profile }) => [params, profile.topic.partitions, profile.producers.acks]),
      [
        [{ client: 'b', 'topic.partitions': 99, setup: 'y' }, 99, 1],
        [{ client: 'a', 'topic.partitions': 2, include: 'huge' }, 2, 'all'],
        [{ client: 'b', 'topic.partitions': 2, include: 'huge' }, 2, 'all'],
      ],
    )
    assert.deepEqual(cells[1]!.profile.load.record.size, { list: [1_048_576] })
  })

  for (const [name, lines, expected] of [
    [
      'a named set with a key that is not there',
      ['matrix: { setup: { small: { producers.ack: 1 } } }'],
      /^p\.yaml:3:29 matrix\.setup\.small\.producers\.ack: .*did you mean "acks"\?/,
    ],
    [
      'what two dimensions set',
      ['matrix: { producers.acks: [1, all], setup: { small: { producers.acks: 1 } } }'],
      /^p\.yaml:3:37 matrix\.setup: sets producers\.acks, which matrix\.producers\.acks sets, too/,
    ],
    [
      'a map in include without a name',
      ['include: [ { client: a, load.record.size: { list: [1KiB] } } ]'],
      /^p\.yaml:3:\d+ include\.0\.load\.record\.size: is no plain value: give the entry a name/,
    ],
    [
      'a client in include that is not compared',
      ['include: [ { client: c, producers.acks: 1 } ]'],
      /^p\.yaml:3:\d+ include\.0\.client: is none of the clients, expected one of a, b/,
    ],
    [
      'an included combination that is there already',
      ['matrix: { producers.acks: [1] }', 'include: [ { client: a, producers.acks: 1 } ]'],
      /^p\.yaml:4:\d+ include\.0: there is a variant client=a,producers\.acks=1 already/,
    ],
    [
      'an included combination that is not valid',
      ['include: [ { client: a, producers.idempotence: true, producers.acks: 1 } ]'],
      /^p\.yaml:3:\d+ include\.0: with client=a,.*: producers\.acks: idempotence needs acks: all/,
    ],
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
