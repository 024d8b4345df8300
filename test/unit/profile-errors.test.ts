import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KbenchError } from '../../src/base/errors.ts'
import { type ParseOptions, parseProfile } from '../../src/profile/parse.ts'

const known = {
  clients: ['fake', 'kafkajs', 'node-rdkafka'],
  workloads: ['consume', 'produce', 'produce-consume'],
  providers: ['compose', 'external', 'local', 'mock'],
  layouts: { 'kraft-1': 1, 'kraft-3': 3, odd: null },
}

function errorsOf(text: string, options: Partial<ParseOptions> = {}): string[] {
  try {
    parseProfile(text, { file: 'p.yaml', sets: [], env: {}, known, ...options })
    return []
  } catch (error) {
    assert.ok(error instanceof KbenchError && error.code === 'profile', String(error))
    assert.ok(error.hint, 'says what to do next')
    return [...error.details]
  }
}

/** A valid profile with one more line, the fourth. */
const withLine = (line: string) => `name: x\nworkload: produce\nseed: 1\n${line}\n`

const table: readonly [line: string, expected: string | RegExp][] = [
  ['producers: { ack: all }', 'p.yaml:4:14 producers.ack: unknown key, did you mean "acks"?'],
  ['rate: 5', 'p.yaml:4:1 rate: unknown key, did you mean "load.rate" or "limits.rate"?'],
  ['producer: { acks: all }', 'p.yaml:4:1 producer: unknown key, did you mean "producers"?'],
  ['replicationfactor: 5', /replicationfactor: unknown key$/],
  ['phases: { measrue: 5s }', 'p.yaml:4:11 phases.measrue: unknown key, did you mean "measure"?'],
  ['phases: { xyz: 5s }', /unknown key, expected one of clusterWarmup, warmup, measure, drain, coolDown$/],
  ['<<: { seed: 1 }', /p.yaml:4:1 <<: merge keys are not YAML 1.2/],
  ['__proto__: { a: 1 }', /p.yaml:4:1 __proto__: unknown key/],
  ['phases: { measure: 10 }', 'p.yaml:4:20 phases.measure: expected a duration with a unit, like 30s, got 10'],
  ['phases: { measure: 10 s }', /expected a duration with a unit, like 30s, got "10 s"$/],
  ['phases: { measure: -1s }', /expected a duration with a unit/],
  ['producers: { idempotence: yes }', /4:27 .*expected true or false, got "yes", did you mean true\?$/],
  ['producers: { idempotence: off }', /did you mean false\?$/],
  ['producers: { acks: All }', /expected 0, 1 or all, got "All", did you mean "all"\?$/],
  ['producers: { acks: 2 }', /expected 0, 1 or all, got 2$/],
  ['producers: { compression: gzipp }', /expected none, gzip, .* or zstd, got "gzipp", did you mean "gzip"\?$/],
  ['producers: { partitioner: murmur }', /did you mean "murmur2"\?$/],
  ['producers: { partitioner: { explict: [0] } }', /4:29 .*unknown key, did you mean "explicit"\?$/],
  ['producers: { partitioner: { explicit: [a] } }', /4:40 .*explicit.0: expected a whole number, got "a"$/],
  ['producers: { count: 0 }', /4:21 producers.count: expected 1 or more, got 0$/],
  ['producers: { count: 300 }', /expected 256 or less, got 300$/],
  ['producers: { count: 1.5 }', /expected a whole number, got 1.5$/],
  ['producers: { count: }', /producers.count: has no value, expected a whole number \(or remove the key\)$/],
  ['producers:', /4:1\d? producers: has no value, expected keys with values below it/],
  ['producers: 3', /expected keys with values below it, got 3$/],
  [
    'load: { rate: fast }',
    /expected records per second, like 5000, bytes per second, like 40MB\/s, or max, got "fast"$/,
  ],
  ['load: { rate: .nan }', /expected records per second/],
  ['load: { record: { size: big } }', /expected a size, like 1KiB, \{ uniform/],
  ['load: { record: { size: { uniform: [1KiB] } } }', /uniform: expected at least 2 entries$/],
  ['load: { record: { size: { list: [1KiB, x] } } }', /list.1: expected a size, like 1KiB, got "x"$/],
  ['load: { record: { size: -1 } }', /expected a size, like 1KiB, .* got -1$/],
  ['load: { record: { size: 1.5 } }', /expected a size, like 1KiB, \{ uniform.*got 1.5$/],
  ['producers: { batch: { maxBytes: 1kb } }', /maxBytes: expected a size, like 128KiB, got "1kb"$/],
  ['load: { record: { size: { unform: [1, 2] } } }', /size.unform: unknown key, did you mean "uniform"\?$/],
  ['clients: kafkajs', /clients: expected a list in \[ \], got "kafkajs"$/],
  ['clients: []', /clients: expected at least one entry$/],
  ['clients: [kafka]', 'p.yaml:4:11 clients.0: there is no client "kafka", did you mean "kafkajs"?'],
  ['producers: { clientConfig: { kafka-js: {} } }', /4:30 .*there is no client "kafka-js", did you mean "kafkajs"/],
  ['clients: [fake, fake]', 'p.yaml:4:17 clients.1: "fake" is listed twice'],
  ['cluster: { provider: comose }', /provider: there is no provider "comose", did you mean "compose"\?$/],
  ['cluster: { layout: kraft-5 }', /layout: there is no file compose\/\*\.yaml for layout "kraft-5", did you mean/],
  ['cluster: { provider: external }', /4:10 cluster: provider external needs bootstrap: \[host:port, …\]$/],
  [
    'cluster: { bootstrap: ["a:1"] }',
    /4:12 cluster.bootstrap: is for provider external only, and the provider is auto$/,
  ],
  ['cluster: { provider: external, bootstrap: [a] }', /bootstrap.0: expected host:port/],
  ['topic: { name: my topic }', /expected 1 to 249 letters, digits, .* got "my topic"$/],
  [
    'topic: { replicationFactor: 1, config: { min.insync.replicas: 2 } }',
    /4:63 .*2 in-sync replicas need a replicationFactor of 2 or more, and it is 1$/,
  ],
  ['topic: { config: { min.insync.replicas: many } }', /min.insync.replicas: expected a whole number/],
  ['topic: { replicationFactor: 4 }', /4 copies need as many brokers, and layout kraft-3 has 3 brokers$/],
  ['producers: { partitioner: { explicit: [0, 12] } }', /4:43 .*there is no partition 12, topic.partitions is 12/],
  ['producers: { idempotence: true, acks: 1 }', /4:39 producers.acks: idempotence needs acks: all$/],
  ['producers: { idempotence: true, maxInFlightRequests: 6 }', /maxInFlightRequests: idempotence allows 5 at most$/],
  ['producers: { idempotence: true, retries: 0 }', /retries: idempotence needs retries/],
  ['producers: { deliveryTimeout: 30s }', /expected at least requestTimeout \+ batch.lingerMs, which is 30005ms$/],
  ['consumers: [ { group: g1 } ]', /4:1 consumers: workload produce has no consumers/],
  ['phases: { measure: 500ms }', /phases.measure: expected 1s or more$/],
  ['samplers: { lag: { interval: 1ms } }', /samplers.lag.interval: expected 50ms or more$/],
  ['thresholds: [ "integrity.losst == 0" ]', /4:15 thresholds.0: .*did you mean "integrity.lost"\?$/],
  ['thresholds: [ lag.g1.maxRecords < 5 ]', /needs a consumer group "g1", and the profile has no consumers$/],
  ['thresholds: [ consume.receivedPerSec > 5 ]', /consume\.\* needs consumers, and the profile has none$/],
  ['thresholds: [ 5 ]', /thresholds.0: expected text, or \{ threshold: .* \}, got 5$/],
  [
    'thresholds: [ { treshold: "ledger.failed == 0" } ]',
    /4:17 thresholds.0.treshold: unknown key, did you mean "threshold"\?$/,
  ],
  [
    'thresholds: [ { threshold: "ledger.faild == 0" } ]',
    /4:28 thresholds.0.threshold: .*did you mean "ledger.failed"\?$/,
  ],
  ['thresholds: [ { threshold: "ledger.failed < NaN" } ]', /4:28 .*expected a number without a unit, got "NaN"$/],
  ['thresholds: [ ledger.failed < 1e999 ]', /4:15 .*expected a number without a unit, got "1e999"$/],
  ['thresholds: [ ledger.failed == 0, ledger.failed==0 ]', /4:35 thresholds.1: "ledger.failed==0" is listed twice$/],
  ['thresholds: [ faults.unavailableMs.max < 5s ]', /4:15 .*faults\.\* needs faults, and the profile has none$/],
  ['thresholds: [ rebalances.count == 0 ]', /rebalances\.\* needs consumers, and the profile has none$/],
  [
    'thresholds: [ { threshold: "integrity.lost == 0", window: 5s } ]',
    /4:51 thresholds.0.window: integrity.lost is one number for the whole run/,
  ],
  [
    'thresholds: [ { threshold: "ledger.failed == 0", window: 31s } ]',
    /4:58 .*is longer than phases.measure, which is 30s$/,
  ],
  ['thresholds: [ { threshold: "ledger.failed == 0", window: 1500ms } ]', /4:58 .*expected whole seconds, 1s or more$/],
  [
    'thresholds: [ { threshold: "ledger.failed == 0", window: 5 } ]',
    /4:58 .*expected a duration with a unit, like 5s, got 5$/,
  ],
  [
    'thresholds: [ { threshold: "integrity.lost == 0", abortOnFail: true } ]',
    /4:64 .*integrity.lost is known only when the variant is over$/,
  ],
  [
    'thresholds: [ { threshold: "produce.ackedPerSec > 5", abortOnFail: true } ]',
    /4:68 .*produce.ackedPerSec may recover: give delayAbortEval/,
  ],
  [
    'thresholds: [ { threshold: "ledger.failed == 0", abortOnFail: true, delayAbortEval: 30s } ]',
    /4:85 .*expected less than phases.measure, which is 30s$/,
  ],
  [
    'thresholds: [ { threshold: "ledger.failed == 0", delayAbortEval: 3s } ]',
    /4:50 thresholds.0.delayAbortEval: needs abortOnFail: true$/,
  ],
  [
    'thresholds: [ { threshold: "ledger.failed == 0", variant: { clint: kafkajs } } ]',
    /4:61 thresholds.0.variant.clint: does not vary in this profile, did you mean "client"\?$/,
  ],
  [
    'thresholds: [ { threshold: "ledger.failed == 0", variant: { client: kafkjas } } ]',
    /4:69 .*no variant has client=kafkjas, did you mean "kafkajs"\?$/,
  ],
  ['seed: 2', 'p.yaml:4:1: duplicate key "seed", keep one'],
  ['topic: !big {}', 'p.yaml:4:8: unknown tag "!big", remove it'],
  ['topic: *t', 'p.yaml:4:8: there is no anchor &t above, name a value "&t …" first'],
  ['? [a]\n: 1', 'p.yaml:4:3: keys are plain words, not maps, lists or aliases'],
  ['---\nname: y', /p.yaml:4:1: a profile is one document/],
  ['\ttopic: {}', /tabs cannot indent YAML, use spaces/],
  ['topic: [', /p.yaml:5:1: not valid YAML: /],
  ['topic: "\\x"', /p.yaml:4:\d+: not valid YAML: invalid escape sequence/],
]

describe('one mistake, one message, at its place', () => {
  for (const [line, expected] of table) {
    test(line, () => {
      const errors = errorsOf(withLine(line))
      assert.equal(errors.length, 1, errors.join('\n'))
      if (typeof expected === 'string') assert.equal(errors[0], expected)
      else assert.match(errors[0]!, expected)
      assert.match(errors[0]!, /^p\.yaml:\d+:\d+( \S+)?: /)
    })
  }
})

test('everything at once: shape, names, values together, thresholds, flags and variables, by position', () => {
  const text = [
    'name: my profile',
    'clients: [kafkja]',
    'producers: { ack: 1, acks: 1, idempotence: true }',
    'consumers: [ { group: g1, members: x }, { group: g1, heartbeat: 20s } ]',
    'thresholds: [ lag.g2.maxRecords < 1 ]',
  ].join('\n')
  const errors = errorsOf(text, { sets: [{ path: 'load.raet', value: '1' }], env: { KBENCH_TOPIC__PARTITIONS: '0' } })
  assert.deepEqual(
    errors.map((error) => error.split(': ')[0]),
    [
      'p.yaml:1:7 name',
      'p.yaml:2:11 clients.0',
      'p.yaml:3:14 producers.ack',
      'p.yaml:4:36 consumers.0.members',
      'p.yaml:4:50 consumers.1.group',
      'p.yaml:4:65 consumers.1.heartbeat',
      'p.yaml:5:15 thresholds.0',
      'KBENCH_TOPIC__PARTITIONS topic.partitions',
      '--set load.raet',
    ],
  )
})

test('a broken value does not make the checks of what depends on it cry wolf', () => {
  // consumers is misspelt, so that "needs consumers" would only mislead.
  assert.deepEqual(errorsOf('name: x\nconsumer: [ { group: g1 } ]\n'), [
    'p.yaml:2:1 consumer: unknown key, did you mean "consumers"?',
  ])
  assert.equal(errorsOf('name: x\nconsumers: [ { group: 5 } ]\nthresholds: [ lag.g5.drainS < 5 ]\n').length, 1)
})

test('a profile without consumers says so, unless it only produces', () => {
  assert.match(errorsOf('name: x\n')[0]!, /1:1 consumers: missing, workload produce-consume needs them/)
  assert.match(errorsOf('name: x\nworkload: consume\n')[0]!, /consumers: missing, workload consume needs them/)
  const prefill = errorsOf('name: x\nworkload: consume\nconsumers: [ { group: g } ]\n')
  assert.match(prefill.join(), /load.count: missing/)
  assert.deepEqual(errorsOf('name: x\nworkload: produce\n'), [])
})

test('nothing and not-a-map', () => {
  for (const text of ['', '# only a comment\n', '---\n']) assert.match(errorsOf(text).join(), /the file is empty/)
  for (const text of ['- a\n', 'just text\n', '5\n'])
    assert.match(errorsOf(text).join(), /a profile is keys with values/)
  assert.match(errorsOf('workload: produce\n').join(), /p.yaml:1:1 name: missing, expected text/)
})

test('a YAML 1.1 directive does not bring back yes and no', () => {
  assert.match(errorsOf('%YAML 1.1\n---\nname: x\n').join(), /profiles are YAML 1.2/)
})

test('an alias bomb is an error, not a hang', () => {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const items = level === 0 ? 'x' : Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')
    return `k${level}: &a${level} [${items}]`
  })
  assert.match(errorsOf(levels.join('\n')).join(), /too many aliases/)
})

test('secrets: only as references, and no message repeats one', () => {
  const text = [
    'name: x',
    'workload: produce',
    'cluster:',
    '  provider: external',
    '  bootstrap: ["a:1"]',
    '  security: { sasl: { mechanism: hunter2, username: hunter2, password: hunter2 } }',
    'producers: { clientConfig: { kafkajs: { ssl.key.password: hunter2 }, node-rdkafka: [hunter2] } }',
  ].join('\n')
  const sets = [{ path: 'cluster.security.ca', value: 'hunter2' }]
  const errors = errorsOf(text, { sets, env: { KBENCH_CLUSTER__SECURITY__TLS: 'hunter2' } })
  assert.ok(errors.length >= 5, errors.join('\n'))
  assert.ok(!errors.join('\n').includes('hunter2'), errors.join('\n'))
  assert.match(errors.join('\n'), /password: secrets are written as \$\{env:NAME\} or \$\{file:path\} only/)
  assert.match(
    errorsOf(withLine('producers: { clientConfig: { kafkajs: { sasl.password: abc } } }')).join(),
    /4:41 .*holds a secret/,
  )
})

test('one problem is one line, and no escape sequence reaches a terminal', () => {
  const text = 'name: "a\\nb\\e[31m"\nworkload: produce\n"x\\ny\\e[31m": 1\n'
  const errors = errorsOf(text)
  assert.equal(errors.length, 2)
  for (const error of errors) assert.doesNotMatch(error, /\p{Cc}/u)
  assert.match(errors[0]!, /got "a\\nb\\u001b\[31m"$/)
})
