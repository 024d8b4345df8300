import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { originText, valuesOf } from '../../src/profile/origins.ts'
import { envName } from '../../src/profile/overrides.ts'
import { type ParseOptions, parseProfile } from '../../src/profile/parse.ts'
import { resolvePath } from '../../src/profile/paths.ts'
import { valueText } from '../../src/profile/text.ts'

const parse = (text: string, options: Partial<ParseOptions> = {}) =>
  parseProfile(text, { file: 'p.yaml', sets: [], env: {}, ...options })

const set = (...pairs: readonly string[]) => ({
  sets: pairs.map((pair) => ({ path: pair.slice(0, pair.indexOf('=')), value: pair.slice(pair.indexOf('=') + 1) })),
})

const minimal = 'name: x\nconsumers:\n  - group: g1\n'

test('defaults are filled in and units are normalised to ms and bytes', () => {
  const { profile } = parse(`${minimal}phases: { warmup: 0s, measure: 1.5m }\nload: { record: { size: 2KB } }\n`)
  assert.deepEqual(profile.phases, { clusterWarmup: 10_000, warmup: 0, measure: 90_000, drain: 15_000, coolDown: 0 })
  assert.equal(profile.load.record.size, 2000)
  assert.equal(profile.load.rate, 1000)
  assert.deepEqual(profile.producers.batch, { lingerMs: 5, maxBytes: 131_072, maxRecords: 10_000 })
  assert.equal(profile.consumers[0]?.fetch.maxBytes, 10_485_760)
  assert.equal(profile.consumers[0]?.heartbeat, 3000)
  assert.deepEqual(profile.clients, ['kafkajs', 'node-rdkafka'])
})

test('a parsed profile is not shared with the next one', () => {
  parse(minimal).profile.clients.push('changed')
  parse(minimal).profile.producers.batch.lingerMs = 99
  assert.deepEqual(parse(minimal).profile.clients, ['kafkajs', 'node-rdkafka'])
  assert.equal(parse(minimal).profile.producers.batch.lingerMs, 5)
})

test('anchors, aliases, block and flow style, CRLF and a byte order mark', () => {
  const text =
    '\uFEFFname: x\r\nconsumers:\r\n  - &g { group: a, fetch: &f { maxWait: 20ms } }\r\n  - { group: b, fetch: *f }\r\n'
  const { profile, origins } = parse(text)
  assert.equal(profile.consumers[1]?.fetch.maxWait, 20)
  assert.equal(originText(origins.get('consumers.1.group')!), 'profile:4')
})

describe('precedence: flag > env > profile > default', () => {
  const text = `${minimal}load: { rate: 1 }\n`
  const cases: readonly [string, Partial<ParseOptions>, number | 'max', string][] = [
    ['default', {}, 1000, 'default'],
    ['profile', {}, 1, 'profile:4'],
    ['env', { env: { KBENCH_LOAD__RATE: '2' } }, 2, 'env KBENCH_LOAD__RATE'],
    ['flag', { env: { KBENCH_LOAD__RATE: '2' }, ...set('load.rate=3') }, 3, 'flag'],
    ['last flag', set('load.rate=3', 'load.rate=max'), 'max', 'flag'],
  ]
  for (const [name, options, rate, origin] of cases) {
    test(name, () => {
      const { profile, origins } = parse(name === 'default' ? minimal : text, options)
      assert.equal(profile.load.rate, rate)
      assert.equal(originText(origins.get('load.rate')!), origin)
    })
  }
})

describe('--set', () => {
  test('Kafka’s own keys keep their dots', () => {
    const { profile } = parse(minimal, set('topic.config.min.insync.replicas=2', 'topic.config.retention.ms=-1'))
    assert.deepEqual(profile.topic.config, { 'min.insync.replicas': 2, 'retention.ms': -1 })
    const raw = parse(minimal, set('producers.clientConfig.node-rdkafka.socket.nagle.disable=true'))
    assert.deepEqual(raw.profile.producers.clientConfig, { 'node-rdkafka': { 'socket.nagle.disable': true } })
  })

  test('entries of lists by index; the next index adds one; further ones are errors', () => {
    const { profile, origins } = parse(minimal, set('consumers.0.members=3', 'consumers.1.group=g2'))
    assert.deepEqual(
      profile.consumers.map(({ group, members }) => [group, members]),
      [
        ['g1', 3],
        ['g2', 1],
      ],
    )
    assert.equal(originText(origins.get('consumers.0.group')!), 'profile:3')
    assert.equal(originText(origins.get('consumers.1.members')!), 'default')
    assert.throws(() => parse(minimal, set('consumers.7.group=g2')), {
      details: ['--set consumers.7.group: there is no entry before it, the next index is 1'],
    })
  })

  test('a whole map replaces the profile’s, and what it leaves out is default again', () => {
    const { profile, origins } = parse(`${minimal}producers: { count: 4, acks: 1 }\n`, set('producers={count: 2}'))
    assert.equal(profile.producers.acks, 'all')
    assert.equal(originText(origins.get('producers.acks')!), 'default')
    assert.equal(originText(origins.get('producers.count')!), 'flag')
  })

  test('a scalar gives way to a map, a plain value stands for a list of one', () => {
    const { profile } = parse(
      minimal,
      set('load.record.size.uniform=[10B, 1KiB]', 'clients=kafkajs', 'producers.partitioner.explicit=0'),
    )
    assert.deepEqual(profile.load.record.size, { uniform: [10, 1024] })
    assert.deepEqual(profile.clients, ['kafkajs'])
    assert.deepEqual(profile.producers.partitioner, { explicit: [0] })
  })

  test('can repair a profile', () => {
    const text = `${minimal}load: { rate: fast }\n`
    assert.throws(() => parse(text))
    assert.equal(parse(text, set('load.rate=7')).profile.load.rate, 7)
  })

  const refused: readonly [string, RegExp][] = [
    ['load.raet=1', /^--set load.raet: unknown key, did you mean "rate"\?$/],
    ['load=', /^--set load: has no value, expected keys with values below it/],
    ['load.rate.x=1', /^--set load.rate.x: unknown key, expected one of stages, steps, sine, bursts, poisson, replay$/],
    ['consumers.x.members=1', /^--set consumers.x.members: consumers is a list, expected an index/],
    ['load.rate=[', /^--set load.rate: not valid YAML/],
    ['load.rate=-1', /^--set load.rate: expected more than 0, got -1$/],
    ['consumers.0={mebers: 1}', /^--set consumers.0 consumers.0.mebers: unknown key, did you mean "members"\?$/],
    ['__proto__.polluted=1', /^--set __proto__.polluted: unknown key/],
    ['topic.config.__proto__=1', /^--set topic.config.__proto__: unknown key/],
    ['constructor.prototype.x=1', /unknown key/],
    ['..=1', /unknown key/],
  ]
  for (const [pair, expected] of refused) {
    test(`refuses ${pair}`, () => {
      assert.throws(
        () => parse(minimal, set(pair)),
        (error: { details: string[] }) => {
          assert.equal(error.details.length, 1, error.details.join('\n'))
          assert.match(error.details[0]!, expected)
          return true
        },
      )
      assert.equal(({} as Record<string, unknown>).polluted, undefined)
    })
  }
})

describe('KBENCH_*', () => {
  test('dots are "__", capitals are "_", lists count from 0', () => {
    const env = {
      KBENCH_TOPIC__REPLICATION_FACTOR: '1',
      KBENCH_CONSUMERS__0__MEMBERS: '4',
      KBENCH_PRODUCERS__BATCH__LINGER_MS: '0',
      KBENCH_CLIENTS: '[kafkajs]',
      KBENCH_TOPIC__CONFIG: '{ retention.ms: 1 }',
    }
    const { profile } = parse(minimal, { env })
    assert.equal(profile.topic.replicationFactor, 1)
    assert.equal(profile.consumers[0]?.members, 4)
    assert.equal(profile.producers.batch.lingerMs, 0)
    assert.deepEqual(profile.clients, ['kafkajs'])
    assert.deepEqual(profile.topic.config, { 'retention.ms': 1 })
  })

  test('every plain value can be set by the variable that envName says', () => {
    const { profile } = parse(`${minimal}    instanceId: a\n`)
    for (const { path, value } of valuesOf(profile)) {
      const env = {
        [envName(path)]: JSON.stringify(valueText(path, value)).replace(/^"([\d.]+|true|false|\[.*\]|\{\})"$/, '$1'),
      }
      const { origins } = parse(`${minimal}    instanceId: a\n`, { env })
      assert.equal(originText(origins.get(path.join('.'))!), `env ${envName(path)}`)
    }
  })

  test('what is no key of the profile is somebody else’s; what starts like one is checked', () => {
    const others = {
      KBENCH_KAFKA_IMAGE: 'x',
      KBENCH_PORT_KAFKA1: '1',
      KBENCH_JAVA_HOME: '/',
      KBENCH_: '',
      HOME: '/',
      KBENCH_X__Y: '1',
    }
    assert.equal(parse(minimal, { env: others }).profile.name, 'x')
    assert.throws(() => parse(minimal, { env: { KBENCH_LOAD__RAET: '1' } }), {
      details: ['KBENCH_LOAD__RAET: no such key in the profile, did you mean "RATE"?'],
    })
    assert.throws(() => parse(minimal, { env: { KBENCH_TOPIC__CONFIG__RETENTION_MS: '1' } }), {
      details: [
        'KBENCH_TOPIC__CONFIG__RETENTION_MS: set topic.config as a whole (a YAML map), or use --set topic.config.…',
      ],
    })
  })
})

test('paths of the command line follow the schema', () => {
  const at = (text: string) => resolvePath(text)
  assert.deepEqual(at('consumers.0.members'), { path: ['consumers', 0, 'members'] })
  assert.deepEqual(at('topic.config.a.b.c'), { path: ['topic', 'config', 'a.b.c'] })
  assert.deepEqual(at('consumers.0.clientConfig.kafkajs.a.b'), {
    path: ['consumers', 0, 'clientConfig', 'kafkajs', 'a.b'],
  })
  assert.deepEqual(at('load.record.size.uniform.1'), { path: ['load', 'record', 'size', 'uniform', 1] })
})

test('origins: one for every value of the profile, none besides', () => {
  const { profile, origins } = parse(`${minimal}topic: { config: { min.insync.replicas: 2 } }\n`)
  assert.deepEqual(
    [...origins.keys()],
    valuesOf(profile).map(({ path }) => path.join('.')),
  )
  assert.equal(originText(origins.get('topic.config.min.insync.replicas')!), 'profile:4')
})

test('values are shown as they are written', () => {
  const shown: readonly [(string | number)[], unknown, string][] = [
    [['phases', 'measure'], 30_000, '30s'],
    [['phases', 'measure'], 90_000, '90s'],
    [['phases', 'measure'], 1500, '1500ms'],
    [['phases', 'warmup'], 0, '0s'],
    [['load', 'record', 'size'], 1024, '1KiB'],
    [['load', 'record', 'size'], 1000, '1000B'],
    [['load', 'record', 'size'], { uniform: [1, 2] }, '{"uniform":[1,2]}'],
    [['producers', 'count'], 1024, '1024'],
    [['clients'], ['a', 'b'], '[a, b]'],
  ]
  for (const [path, value, text] of shown) assert.equal(valueText(path, value), text)
})

test('notes: legal, and yet it limits what the result can say', () => {
  const notes = (lines: string) => parse(`${minimal}${lines}\n`).notes
  assert.match(notes('load: { record: { size: 31 } }').join(), /not-audited; stamp: header audits them/)
  assert.match(notes('load: { record: { size: { uniform: [10B, 1KiB] } } }').join(), /10 bytes/)
  assert.match(notes('load: { record: { size: { list: [1KiB, 5B] } } }').join(), /5 bytes/)
  assert.deepEqual(notes('load: { record: { size: 32 } }'), [])
  assert.deepEqual(notes('load: { record: { size: 5, stamp: header } }'), [])
})
