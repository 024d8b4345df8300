import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ProfileInput, profileSchema } from '../../../../src/profile/schema.ts'
import brokerClock from '../../../../src/runners/doctor/broker-clock.ts'
import type { Check } from '../../../../src/runners/doctor/check.ts'
import clients from '../../../../src/runners/doctor/clients.ts'
import clock from '../../../../src/runners/doctor/clock.ts'
import cores from '../../../../src/runners/doctor/cores.ts'
import disk from '../../../../src/runners/doctor/disk.ts'
import openFiles, { limitIn, neededFiles } from '../../../../src/runners/doctor/open-files.ts'
import permissions from '../../../../src/runners/doctor/permissions.ts'
import provider from '../../../../src/runners/doctor/provider.ts'
import quotas, { loads, quotaFor, userOf } from '../../../../src/runners/doctor/quotas.ts'
import reach from '../../../../src/runners/doctor/reach.ts'
import recordSize from '../../../../src/runners/doctor/record-size.ts'
import replicas from '../../../../src/runners/doctor/replicas.ts'
import topic from '../../../../src/runners/doctor/topic.ts'
import { neededBytes } from '../../../../src/runners/run/disk-space.ts'
import { planOf } from '../../../support/plans.ts'

// What each check makes of what it found, without looking at anything.

const levels = (checks: readonly Check[]) => checks.map(({ level }) => level)

/** The only line: its level, and that text and remedy (null = none) are about this. */
function assertLine(checks: readonly Check[], level: Check['level'], text: RegExp, remedy: RegExp | null = null): void {
  assert.equal(checks.length, 1, JSON.stringify(checks))
  const [check] = checks
  assert.equal(check!.level, level, check!.text)
  assert.match(check!.text, text)
  if (remedy === null) assert.equal(check!.remedy, null)
  else assert.match(check!.remedy ?? '', remedy)
}

describe('this machine', () => {
  test('clients: there, not installed, not built, and what they cannot do', () => {
    const one = { client: 'node-rdkafka', package: 'node-rdkafka', install: 'npm i node-rdkafka' }
    const judge = (found: object, unsupported: { reason: string; variants: number }[] = []) =>
      clients.judge({
        native: [],
        clients: [{ ...one, version: '3.6.1', loads: true, librdkafka: '2.12.0', ...found }],
        ...{ unsupported, variants: 4 },
      })
    assertLine(judge({}), 'ok', /node-rdkafka 3\.6\.1, librdkafka 2\.12\.0/)
    assertLine(judge({ version: null, loads: false }), 'failure', /not installed/, /npm i node-rdkafka/)
    assertLine(
      judge({ loads: false, librdkafka: null }),
      'failure',
      /cannot be loaded/,
      /^npm run install --prefix \S+node_modules\/node-rdkafka$/,
    )
    const partly = judge({}, [{ reason: 'kafkajs has no zstd', variants: 2 }])
    assert.deepEqual(levels(partly), ['ok', 'warning'])
    assert.match(partly[1]!.text, /2 of 4 unsupported: kafkajs has no zstd/)
  })

  test('provider: none, one that cannot run, one that can; what it lacks matters, what others lack does not', () => {
    const docker = { what: 'Docker daemon', found: null, hint: 'install docker.io' }
    const java = { what: 'Java', found: null, hint: 'install Java 17' }
    const findings = [
      { provider: 'compose', findings: [docker] },
      { provider: 'local', findings: [java] },
    ]
    const judge = (name: string | null, available: object | null, reference: string | null = null) =>
      provider.judge({
        choice: {
          provider: name,
          reason: 'r',
          rejected: [{ provider: 'compose', reason: 'no daemon', hint: 'start it' }],
        },
        ...{ available: available as never, findings, reference },
      })
    const none = judge(null, null)
    assert.deepEqual(levels(none), ['failure', 'ok', 'ok'])
    assert.match(none[0]!.text, /compose: no daemon/)
    const refused = judge('compose', { ok: false, reason: 'no daemon', hint: 'start it' })
    assert.deepEqual(levels(refused), ['failure', 'warning', 'ok'])
    assert.deepEqual(
      refused.map(({ id }) => id),
      ['provider', 'docker-daemon', 'java'],
    )
    assert.equal(refused[1]!.remedy, 'install docker.io')
    assert.deepEqual(levels(judge('local', { ok: true })), ['ok', 'ok', 'warning'])
    assert.deepEqual(levels(judge('external', null)), ['ok', 'ok', 'ok'])
    const elsewhere = provider.judge({
      choice: { provider: 'external', reason: 'r', rejected: [] },
      ...{ available: null, findings: [], reference: null },
    })
    assert.deepEqual(
      elsewhere.map(({ text }) => text),
      ['external (r)', 'not needed for this profile'],
    )
    // A reference tool runs on Java, wherever the cluster is.
    assert.deepEqual(levels(judge('external', null, 'kafka-perf-test')), ['ok', 'ok', 'warning'])
  })

  test('processors', () => {
    assertLine(
      cores.judge({ cores: 2, workers: 5, isLocal: true }),
      'warning',
      /2, for 5 workers and the brokers/,
      /4 or more/,
    )
    assertLine(cores.judge({ cores: 8, workers: 5, isLocal: true }), 'ok', /8, for 5/)
    assertLine(cores.judge({ cores: 2, workers: 5, isLocal: false }), 'warning', /2, for 5 workers$/, /fewer/)
    assertLine(cores.judge({ cores: 2, workers: 1, isLocal: false }), 'ok', /for 1 worker$/)
  })

  test('disk: what is written against what is free', () => {
    const judge = (freeBytes: number, needBytes: number | null) => disk.judge({ folder: '/r', freeBytes, needBytes })
    assertLine(judge(1000, 100), 'ok', /1000 B; the run writes about 100 B/)
    assertLine(judge(150, 100), 'warning', /150 B/, /--results/)
    assertLine(judge(99, 100), 'failure', /99 B/, /make room/)
    assertLine(judge(99, null), 'unknown', /rate max/)
  })

  test('disk: brokers on this machine write every replica, elsewhere there are only the recordings', () => {
    const parse = (input: Partial<ProfileInput>) => profileSchema.parse({ name: 'x', ...input })
    const profile = parse({ load: { rate: 1000, record: { size: '1KiB' } }, phases: { warmup: '0s', measure: '100s' } })
    const elsewhere = neededBytes([profile], false)!
    const here = neededBytes([profile], true)!
    assert.equal(here - elsewhere, 100_000 * 1024 * 3)
    assert.ok(elsewhere < 10_000_000, String(elsewhere))
    assert.equal(neededBytes([parse({ load: { rate: 'max' } })], true), null)
  })

  test('open files', () => {
    assertLine(openFiles.judge({ limit: null, need: 100 }), 'ok', /no limit/)
    assertLine(openFiles.judge({ limit: 1024, need: 100 }), 'ok', /1024; one process needs about 100/)
    assertLine(openFiles.judge({ limit: 150, need: 100 }), 'warning', /150/, /ulimit -n 512/)
    assertLine(openFiles.judge({ limit: 90, need: 100 }), 'failure', /90/, /ulimit -n 512/)
    assert.equal(
      limitIn('Limit Soft Hard\nMax open files            20000                524288               files\n'),
      20_000,
    )
    assert.equal(limitIn('Max open files            unlimited            unlimited            files\n'), null)
    assert.throws(() => limitIn(''), /no line/)
    const many = { plans: [planOf({ producers: { count: 200 } })], target: null }
    assert.ok(neededFiles(many) > 200 * 9)
  })

  test('clock: fine, coarse, slow to read, being set', () => {
    const fine = { resolutionNs: 40, stepMs: 0.3, watchedMs: 300, source: 'tsc' }
    assertLine(clock.judge(fine), 'ok', /resolution 40 ns \(tsc\)/)
    assertLine(clock.judge({ ...fine, source: null }), 'ok', /40 ns,/)
    assertLine(clock.judge({ ...fine, resolutionNs: 4_000_000 }), 'warning', /4000000 ns/, /no finer/)
    assertLine(clock.judge({ ...fine, source: 'acpi_pm' }), 'warning', /acpi_pm/, /no finer/)
    assertLine(clock.judge({ ...fine, stepMs: 139 }), 'warning', /139\.0 ms/, /NTP/)
  })
})

describe('brokers and login', () => {
  const refused = { code: 'refused', text: '10.0.0.7:9092 refuses connections', remedy: 'is it up?' } as const
  const wrong = { code: 'credentials', text: 'b-1:9096 refuses user name or password', remedy: 'check it' } as const
  const at = (address: string, problem: object | null = null) => ({ address, problem: problem as never })

  test('all answer', () => {
    const checks = reach.judge({ bootstrap: [at('b-1:1')], brokers: [{ id: 1, ...at('b-1:1') }], login: 'ada, plain' })
    assert.deepEqual(
      checks.map(({ id, level }) => [id, level]),
      [
        ['bootstrap', 'ok'],
        ['broker', 'ok'],
        ['login', 'ok'],
      ],
    )
    assert.match(checks[2]!.text, /^ada, plain, taken by b-1:1$/)
  })

  test('X13: one of several advertised addresses cannot be reached: a failure of that broker alone, with its remedy', () => {
    const checks = reach.judge({
      bootstrap: [at('b-1:1'), at('b-9:1', refused)],
      brokers: [
        { id: 1, ...at('b-1:1') },
        { id: 2, ...at('10.0.0.7:9092', refused) },
      ],
      login: 'none',
    })
    assert.deepEqual(levels(checks), ['ok', 'warning', 'ok', 'failure', 'ok'])
    assert.equal(checks[3]!.subject, 'broker 2 at 10.0.0.7:9092')
    assert.match(checks[3]!.remedy!, /advertised\.listeners/)
  })

  test('nobody answers', () => {
    const checks = reach.judge({ bootstrap: [at('b-1:1', refused), at('b-2:1', refused)], brokers: [], login: 'none' })
    assert.deepEqual(levels(checks), ['failure', 'failure'])
  })

  test('a login that is refused is one line, however many brokers refuse it', () => {
    const checks = reach.judge({
      bootstrap: [at('b-1:9096', wrong)],
      brokers: [
        { id: 1, ...at('b-1:9096', wrong) },
        { id: 2, ...at('b-2:9096', wrong) },
      ],
      login: 'ada, plain',
    })
    const failures = checks.filter(({ id, level }) => id === 'login' && level === 'failure')
    assert.equal(failures.length, 1)
    assert.equal(failures[0]!.remedy, 'check it')
  })

  test('a run that starts its own has nothing to be reached', () => {
    assertLine(reach.judge({ bootstrap: [], brokers: [], login: '' }), 'ok', /starts its own/)
  })
})

describe('the topic', () => {
  const plan = planOf({ topic: { name: 'orders' } })
  const there = { partitions: 12, replicationFactor: 3, minInsyncReplicas: 2, maxMessageBytes: 1_000_000, settings: {} }
  const found = { plan, actual: there, mayLook: true, leaderless: [], refused: null }

  test('is there, with a partition that nobody leads, or not as the profile states', () => {
    assertLine(topic.judge([found]), 'ok', /12 partitions, replication factor 3/)
    assertLine(topic.judge([{ ...found, leaderless: [4] }]), 'warning', /nobody leads 4/, /degraded/)
    const stating = planOf({ topic: { name: 'orders', partitions: 6 } })
    assertLine(
      topic.judge([{ ...found, plan: stating }]),
      'failure',
      /has 12 partitions, and the profile says 6/,
      /leave/,
    )
  })

  test('is not there', () => {
    const absent = { ...found, actual: null }
    assertLine(topic.judge([absent]), 'ok', /the run creates it/)
    assertLine(topic.judge([{ ...absent, plan: planOf({}) }]), 'ok', /made for each variant/)
    const refused = {
      type: 'INVALID_REPLICATION_FACTOR',
      message: 'Replication factor: 3 larger than available brokers: 1',
    }
    assertLine(
      topic.judge([{ ...absent, refused }]),
      'failure',
      /larger than available brokers/,
      /topic\.replicationFactor/,
    )
    const denied = { type: 'TOPIC_AUTHORIZATION_FAILED', message: 'no' }
    assertLine(topic.judge([{ ...absent, refused: denied }]), 'unknown', /may not be created/)
    assertLine(topic.judge([{ ...absent, mayLook: false }]), 'unknown', /may not be looked at/)
    const reads = planOf({ workload: 'consume', topic: { name: 'orders' }, load: { fill: 'none' }, consumers: [{}] })
    assertLine(topic.judge([{ ...absent, plan: reads }]), 'failure', /is not there/, /topics list/)
  })

  test('replicas: in sync, behind, too few for acks all, not known', () => {
    const all = { topic: 'orders', acks: 'all', minInsyncReplicas: 2, insync: [3, 3], replicas: [3, 3] } as const
    assertLine(replicas.judge([all]), 'ok', /all in sync; min\.insync\.replicas is 2/)
    assertLine(
      replicas.judge([{ ...all, insync: [2, 3] }]),
      'warning',
      /1 of 2 partitions are under-replicated/,
      /describe/,
    )
    assertLine(replicas.judge([{ ...all, insync: [1, 3] }]), 'failure', /1 of 2 partitions have fewer/, /brokers back/)
    assert.equal(replicas.judge([{ ...all, insync: [1, 3], acks: 1 }])[0]!.level, 'warning')
    assertLine(replicas.judge([{ ...all, minInsyncReplicas: null }]), 'unknown', /not known/)
  })

  test('record size: fits, does not, only if compressed, not known', () => {
    const size = { topic: 'orders', largestBytes: 1106, limitBytes: 2000, compression: 'none' }
    assertLine(recordSize.judge([size]), 'ok', /1\.08 KiB in a batch; the topic takes 1\.95 KiB/)
    assertLine(recordSize.judge([{ ...size, limitBytes: 1000 }]), 'failure', /takes 1000 B/, /load\.record\.size/)
    assertLine(
      recordSize.judge([{ ...size, limitBytes: 1000, compression: 'lz4' }]),
      'warning',
      /compressed enough/,
      /lower/,
    )
    assertLine(recordSize.judge([{ ...size, limitBytes: null }]), 'unknown', /DescribeConfigs/)
  })

  test('X2: permissions: granted, missing, merely nice, not known', () => {
    const need = {
      operation: 'Write',
      resource: { type: 'topic', name: 'orders' },
      step: 'write records',
      without: null,
    } as const
    assertLine(permissions.judge([{ need, granted: true }]), 'ok', /granted \(write records\)/)
    assertLine(
      permissions.judge([{ need, granted: false }]),
      ...([
        'failure',
        /^permission Write on topic orders is missing \(write records\)$/,
        /grant Write on topic orders/,
      ] as const),
    )
    const nice = { ...need, operation: 'Delete', without: 'it stays' } as const
    assertLine(permissions.judge([{ need: nice, granted: false }]), 'warning', /it stays/, /grant Delete/)
    assertLine(permissions.judge([{ need, granted: null }]), 'unknown', /Kafka 2\.3/)
    const group = { ...nice, resource: { type: 'group', name: 'g' } } as const
    assertLine(permissions.judge([{ need: group, granted: null }]), 'unknown', /coordinates/)
  })
})

describe('quotas', () => {
  const quota = (user: string | null | undefined, id: string | null | undefined, rate: number) => ({
    entity: [
      ...(user === undefined ? [] : [{ type: 'user' as const, name: user }]),
      ...(id === undefined ? [] : [{ type: 'client-id' as const, name: id }]),
    ],
    values: { producer_byte_rate: rate },
  })
  const kind = 'producer_byte_rate'

  test('Kafka’s order of precedence', () => {
    const all = [
      quota('ada', 'c', 1),
      quota('ada', null, 2),
      quota('ada', undefined, 3),
      quota(null, 'c', 4),
      quota(null, null, 5),
      quota(null, undefined, 6),
      quota(undefined, 'c', 7),
      quota(undefined, null, 8),
    ]
    for (let first = 0; first < all.length; first++) {
      const left = all.slice(first).reverse()
      assert.equal(quotaFor(left, kind, 'ada', 'c')?.values[kind], first + 1)
    }
    assert.equal(quotaFor(all.slice(0, 3), kind, 'bob', 'c'), undefined)
    assert.equal(quotaFor([quota(undefined, 'other', 1)], kind, 'ada', 'c'), undefined)
  })

  const workers = ['a', 'b'].map((clientId) => ({ clientId, kind, bytesPerSec: 600 }) as const)

  test('a user’s quota is shared by its clients, that of a client id is each one’s own', () => {
    assert.deepEqual(loads([quota('ada', undefined, 1000)], workers, 'ada'), [
      { entity: 'user ada', limit: 1000, bytesPerSec: 1200 },
    ])
    assert.deepEqual(
      loads([quota(undefined, null, 1000)], workers, 'ada').map(({ bytesPerSec }) => bytesPerSec),
      [600, 600],
    )
  })

  test('within, above, none, at rate max, not allowed to ask, a user whose name is not known', () => {
    const judge = (
      limits: ReturnType<typeof quota>[] | null,
      rates: readonly object[] = workers,
      user: string | null = 'ada',
    ) => quotas.judge({ user, quotas: limits, workers: rates as never })
    assertLine(
      judge([quota('ada', undefined, 2000)]),
      'ok',
      /1\.95 KiB\/s at each broker, for user ada; .* 1\.17 KiB\/s/,
    )
    assertLine(judge([quota('ada', undefined, 1000)]), 'warning', /will throttle/, /load\.rate/)
    assertLine(judge([]), 'ok', /none of ada/)
    assertLine(judge([quota('ada', undefined, 1000)], [{ ...workers[0], bytesPerSec: null }]), 'unknown', /rate max/)
    assertLine(judge(null), 'unknown', /DescribeConfigs on the cluster is missing/, /grant/)
    assert.match(judge([quota(null, undefined, 1000)], workers, null)[0]!.subject, /of all users/)
  })

  test('the user as brokers name it', () => {
    const bootstrap = ['b:1']
    assert.equal(userOf({ bootstrap }), 'ANONYMOUS')
    assert.equal(
      userOf({ bootstrap, security: { sasl: { mechanism: 'plain', username: 'ada', password: 'x' } } }),
      'ada',
    )
    assert.equal(userOf({ bootstrap, security: { tls: { cert: 'x', verification: 'full' } } }), null)
  })
})

test('clock of the controller', () => {
  const found = { aheadMs: 3, withinMs: 2, why: '' }
  assertLine(brokerClock.judge(found), 'ok', /3 ms ahead of this machine's, within 2 ms/)
  assertLine(brokerClock.judge({ ...found, aheadMs: -5000 }), 'warning', /5000 ms behind/, /NTP/)
  // What the way may account for is no difference.
  assert.equal(brokerClock.judge({ ...found, aheadMs: 1500, withinMs: 600 })[0]!.level, 'ok')
  assertLine(brokerClock.judge({ aheadMs: null, withinMs: 0, why: 'old brokers' }), 'unknown', /old brokers/)
})
