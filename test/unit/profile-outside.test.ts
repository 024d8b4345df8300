import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KbenchError } from '../../src/base/errors.ts'
import { originText } from '../../src/profile/origins.ts'
import type { Sets } from '../../src/profile/overrides.ts'
import { parseProfile } from '../../src/profile/parse.ts'

const local = 'name: p\ncluster: { provider: local }\nconsumers: [ { group: g1 } ]\n'
const external = "name: p\ncluster: { provider: external, bootstrap: ['profile:1'] }\nconsumers: [ { group: g1 } ]\n"
const parse = (text: string, env: Record<string, string>, sets: Sets = []) =>
  parseProfile(text, { file: 'p.yaml', sets, env })

const specific = { KBENCH_CLUSTER__BOOTSTRAP: 'specific:1' }
const general = { KBENCH_BOOTSTRAP_SERVER: 'general:1,general:2' }
const flag = [
  { path: 'cluster.provider', value: 'external', option: '-b' },
  { path: 'cluster.bootstrap', value: '["flag:1"]', option: '-b' },
]

describe('brokers from outside: -b, then KBENCH_CLUSTER__BOOTSTRAP, then KBENCH_BOOTSTRAP_SERVER, then the profile', () => {
  const table: readonly [
    what: string,
    text: string,
    Record<string, string>,
    Sets,
    provider: string,
    string[] | undefined,
  ][] = [
    ['the profile alone', external, {}, [], 'external', ['profile:1']],
    ['the general variable before the profile', external, general, [], 'external', ['general:1', 'general:2']],
    ['the specific one before the general one', external, { ...general, ...specific }, [], 'external', ['specific:1']],
    ['-b before all', external, { ...general, ...specific }, flag, 'external', ['flag:1']],
    [
      'a variable makes a profile of another provider external',
      local,
      general,
      [],
      'external',
      ['general:1', 'general:2'],
    ],
    ['so does the specific one', local, specific, [], 'external', ['specific:1']],
    ['so does -b', local, {}, flag, 'external', ['flag:1']],
    [
      'a provider that is named wins over brokers of a variable',
      external.replace(/, bootstrap.*]/, ''),
      general,
      [{ path: 'cluster.provider', value: 'local' }],
      'local',
      undefined,
    ],
    ['also by a variable', local, { ...general, KBENCH_CLUSTER__PROVIDER: 'mock' }, [], 'mock', undefined],
    [
      'auto is a provider like any other',
      local,
      { ...general, KBENCH_CLUSTER__PROVIDER: 'auto' },
      [],
      'auto',
      undefined,
    ],
    [
      'an empty variable is not set',
      local,
      { KBENCH_BOOTSTRAP_SERVER: '', KBENCH_CLUSTER__BOOTSTRAP: '' },
      [],
      'local',
      undefined,
    ],
    ['a list of YAML', local, { KBENCH_CLUSTER__BOOTSTRAP: "[a:1, 'b:2']" }, [], 'external', ['a:1', 'b:2']],
    [
      'IPv6 is no list',
      local,
      { KBENCH_BOOTSTRAP_SERVER: '[::1]:9092,[::1]:9093' },
      [],
      'external',
      ['[::1]:9092', '[::1]:9093'],
    ],
    [
      'other variables of the cluster stay',
      local,
      { ...specific, KBENCH_CLUSTER__PREFIX: 'x-' },
      [],
      'external',
      ['specific:1'],
    ],
  ]
  for (const [what, text, env, sets, provider, bootstrap] of table) {
    test(what, () => {
      const { cluster } = parse(text, env, sets).profile
      assert.deepEqual([cluster.provider, cluster.bootstrap], [provider, bootstrap])
    })
  }

  test('--explain names the variable', () => {
    const { origins } = parse(local, general)
    assert.deepEqual(
      ['cluster.provider', 'cluster.bootstrap'].map((path) => originText(origins.get(path)!)),
      ['env KBENCH_BOOTSTRAP_SERVER', 'env KBENCH_BOOTSTRAP_SERVER'],
    )
  })

  test('what is no address is an error that names the variable and not its value', () => {
    assert.throws(
      () => parse(local, { KBENCH_BOOTSTRAP_SERVER: 'hunter2' }),
      (error: KbenchError) => {
        assert.match(error.details.join('\n'), /^KBENCH_BOOTSTRAP_SERVER cluster\.bootstrap\.0: expected host:port/)
        assert.ok(!error.details.join('\n').includes('hunter2'))
        return true
      },
    )
  })
})

describe('options that stand for a key of the profile', () => {
  const rate = [{ path: 'load.rate', value: '20000', option: '--rate' }]

  test('they replace it, and --set after them wins', () => {
    assert.equal(parse(local, { KBENCH_LOAD__RATE: '5' }, rate).profile.load.rate, 20_000)
    assert.equal(parse(local, {}, [...rate, { path: 'load.rate', value: '7' }]).profile.load.rate, 7)
  })

  test('a list of names with commas', () => {
    const names = parse(local, {}, [{ path: 'clients', value: 'kafkajs, node-rdkafka', option: '--clients' }])
    assert.deepEqual(names.profile.clients, ['kafkajs', 'node-rdkafka'])
  })

  for (const [option, path, value, message] of [
    ['--rate', 'load.rate', 'fast', /^--rate load\.rate: expected/],
    ['--duration', 'phases.measure', '60', /^--duration phases\.measure: .*unit/],
  ] as const) {
    test(`${option} ${value}: the error names the option`, () => {
      assert.throws(
        () => parse(local, {}, [{ path, value, option }]),
        (error: KbenchError) => {
          assert.match(error.details.join('\n'), message)
          return true
        },
      )
    })
  }

  test('what the matrix sets in every variant cannot be replaced: an error, and for --set a note', () => {
    const varied = `${local}matrix: { load.rate: [100, 200] }\n`
    assert.throws(
      () => parse(varied, {}, rate),
      (error: KbenchError) => {
        assert.match(
          error.details.join('\n'),
          /^--rate: has no effect: matrix\.load\.rate sets load\.rate in every variant; --set 'matrix\.load\.rate=\[100]'/,
        )
        return true
      },
    )
    const { notes, cells } = parse(varied, {}, [{ path: 'load.rate', value: '5' }])
    assert.match(notes.join('\n'), /^--set load\.rate has no effect: matrix\.load\.rate/m)
    assert.equal(cells.length, 4)
    assert.equal(parse(varied, {}, [...rate, { path: 'matrix', value: '{}' }]).profile.load.rate, 20_000)
  })

  test('what only some values of a named dimension set can', () => {
    const some = `${local}matrix: { kind: { fast: { load.rate: 9 }, usual: { producers.acks: 1 } } }\n`
    const { cells } = parse(some, {}, rate)
    assert.deepEqual(
      cells.map(({ profile }) => profile.load.rate),
      [9, 20_000, 9, 20_000],
    )
  })
})
