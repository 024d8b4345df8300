import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { stringify } from 'yaml'
import { topicOffsets } from '../../src/kafka/topic-offsets.ts'
import { deleteTopicAndGroups } from '../../src/kafka/topics.ts'
import type { LagLook } from '../../src/operations/lag.ts'
import { listTopics } from '../../src/operations/topics.ts'
import type { ProfileInput } from '../../src/profile/schema.ts'
import type { Check } from '../../src/runners/doctor/check.ts'
import { kbench } from '../cli/_kbench.ts'
import type { Rule } from './_acls.ts'
import { jarsFolder, kafkaTool } from './_kafka-tools.ts'
import {
  assertRefused,
  assertRuns,
  type Guarded,
  minimum,
  profileOf,
  runWith,
  startGuarded,
} from './_permission-table.ts'
import { skipReason } from './_providers.ts'

// A user with the least permissions on a broker with an authorizer. The table of all workloads is test/long/permissions.test.ts.

const skip = (await skipReason('local')) ?? (existsSync(jarsFolder) ? undefined : 'no jars of Kafka yet')
const only = { skip: skip ?? false }
const folder = mkdtempSync(join(tmpdir(), 'kbench-permissions-'))
let guarded: Guarded

before(async () => {
  if (skip) return
  guarded = await startGuarded(folder)
  await guarded.topic('orders')
})

after(async () => {
  await guarded?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** All lines of it for that profile, and its exit code. */
async function doctor(
  profile: ProfileInput,
  rules: readonly Rule[],
  ...args: string[]
): Promise<{ checks: Check[]; exitCode: number }> {
  await guarded.acls.set(rules)
  const file = join(folder, 'doctor.yaml')
  writeFileSync(file, stringify(profile))
  const { KAFKA_PASSWORD = '' } = process.env
  const { stdout, stderr, exitCode } = await kbench(['doctor', file, '--json', ...args], { env: { KAFKA_PASSWORD } })
  assert.match(stdout, /^\[/, stderr)
  return { checks: JSON.parse(stdout) as Check[], exitCode }
}
const failures = (checks: readonly Check[]) =>
  checks.filter(({ level }) => level === 'failure').map(({ subject, text }) => `${subject}: ${text}`)
const everything = () => listTopics({ bootstrap: [guarded.broker.at.PLAIN] }, true)

describe('kbench doctor reports it in advance', only, () => {
  test('X2: with the least nothing fails; without one of them that one does; nothing is written or created', async () => {
    const least = minimum['produce-consume']
    const profile = profileOf('produce-consume', 'kafkajs', guarded)
    // Nobody had a group yet: not even the topic of the offsets is there.
    assert.deepEqual(await everything(), ['orders'])
    const { checks, exitCode } = await doctor(profile, least)
    assert.deepEqual([failures(checks), exitCode], [[], 0])
    const of = (id: string) =>
      checks.filter((check) => check.id === id).map(({ level, subject }) => `${level} ${subject}`)
    assert.deepEqual(
      of('permission').map((line) => line.replace(/kbench-\S+/, 'kbench-*')),
      [
        'warning DescribeConfigs on topic orders',
        'ok Write on topic orders',
        'ok Read on topic orders',
        'ok Read on group kbench-*',
        'unknown Delete on group kbench-*',
      ],
    )
    assert.deepEqual(of('login'), ['ok login'])
    assert.deepEqual([...of('quota'), ...of('broker-clock')], ['unknown quotas', 'unknown clock of the controller'])
    for (const gone of least) {
      const without = await doctor(
        profile,
        least.filter((rule) => rule !== gone),
      )
      assert.equal(without.exitCode, 3)
      const [first, ...others] = failures(without.checks)
      assert.ok(first!.startsWith(gone.replace('*', '')), first)
      assert.match(first!, /: permission .* is missing \(/)
      assert.deepEqual(others, [])
    }
    assert.deepEqual(await everything(), ['orders'])
    const ends = await topicOffsets({ bootstrap: [guarded.broker.at.PLAIN] }, 'orders', 'latest')
    assert.deepEqual([...ends.values()], [0, 0, 0])
  })

  test('X13: advertised addresses, a wrong password, a port where nothing listens', async () => {
    const { broker } = guarded
    const profile = { ...profileOf('produce', 'kafkajs', guarded), cluster: { provider: 'external' } }
    const at = async (bootstrap: string) => {
      const { checks, exitCode } = await doctor(profile, [], '-b', bootstrap)
      assert.equal(exitCode, 3)
      return failures(checks)[0]!
    }
    assert.match(await at(broker.at.NONAME), /^broker 1 at kafka\.invalid:29092: .* cannot be resolved/)
    assert.match(await at(broker.at.NOWHERE), /^broker 1 at 127\.0\.0\.1:1: .* refuses connections/)
    const wrong = structuredClone(profileOf('produce', 'kafkajs', guarded))
    wrong.cluster!.security!.sasl = {
      mechanism: 'scram-sha-256',
      username: 'eve',
      password: `\${env:${'KAFKA_PASSWORD'}}`,
    }
    const { checks, exitCode } = await doctor(wrong, [])
    assert.equal(exitCode, 3)
    assert.match(failures(checks).join('\n'), /^login: .* refuses user name or password/m)
  })
})

describe('X2: the permissions that docs/connections.md names', only, () => {
  test('X2: are enough for kafkajs', () => assertRuns(guarded, 'produce-consume', 'kafkajs'))
  test('X2: are enough for node-rdkafka, with a canary', () =>
    assertRuns(guarded, 'produce-consume, with canary', 'node-rdkafka'))

  for (const client of ['kafkajs', 'node-rdkafka']) {
    for (const gone of minimum['produce-consume']) {
      test(`X2: ${client} is refused by name without ${gone}`, () =>
        assertRefused(guarded, 'produce-consume', client, gone))
    }
  }

  test('X2: a topic that is not there, and may not be created', async () => {
    const profile = { ...profileOf('produce', 'kafkajs', guarded), topic: { partitions: 3, replicationFactor: 1 } }
    const rules = ['Write on topic kbench-*', 'Read on topic kbench-*']
    await assert.rejects(
      runWith(guarded, rules, profile),
      /^KbenchError: topic kbench-\S+ does not exist and cannot be created: permission Create on topic kbench-\S+ is missing$/,
    )
  })
})

describe('a denied Delete is named, and nothing is deleted', only, () => {
  test('a topic, where neither its own rules nor those of the cluster allow it', async () => {
    const { acls, cluster } = guarded
    const problems = async () => deleteTopicAndGroups(cluster.network, 'orders', [])
    const named = ['topic orders cannot be deleted: permission Delete on topic orders is missing']
    await acls.set(['Describe on topic orders'])
    assert.deepEqual(await problems(), named)
    await acls.set(['All on topic orders'], ['Delete on topic orders'])
    assert.deepEqual(await problems(), named)
    assert.ok((await listTopics({ bootstrap: [guarded.broker.at.PLAIN] }, false)).includes('orders'))
  })

  test('Delete on the cluster allows it, whatever is denied for the topic', async () => {
    const { acls, cluster } = guarded
    await guarded.topic('others')
    await acls.set(['Describe on topic others', 'Delete on cluster'], ['Delete on topic others'])
    assert.deepEqual(await deleteTopicAndGroups(cluster.network, 'others', []), [])
  })
})

describe('kbench lag', only, () => {
  const least = ['Describe on group readers', 'Describe on topic orders', 'Read on topic orders']

  /** The look of the user with these rules; `stderr` where there is none. */
  async function lag(rules: readonly Rule[], ...args: string[]) {
    await guarded.acls.set(rules)
    const { username, password } = guarded.broker.user
    const config = join(folder, 'client.properties')
    const jaas = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${username}" password="${password}";`
    writeFileSync(config, `security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-256\nsasl.jaas.config=${jaas}\n`)
    const call = ['lag', '-b', guarded.broker.at.SASLPLAIN, '--config', config, '--for', '500ms', '--json', ...args]
    const { stdout, stderr, exitCode } = await kbench(call)
    return { topics: stdout === '' ? [] : (JSON.parse(stdout) as LagLook).topics, stderr, exitCode }
  }

  before(async () => {
    const { admin } = guarded.acls
    await admin.setOffsets({ groupId: 'readers', topic: 'orders', partitions: [{ partition: 0, offset: '0' }] })
  })

  test('with the least every figure is there', async () => {
    const { topics, exitCode } = await lag(least, '--group', 'readers')
    assert.equal(exitCode, 0)
    const [one, ...others] = topics
    assert.deepEqual([one?.group, one?.topic, others], ['readers', 'orders', []])
    assert.equal(one!.partitions.find(({ partition }) => partition === 0)?.committed, 0)
  })

  test('without Describe on the group, it is named; a group that may not be seen is not in the list of all', async () => {
    const rules = least.filter((rule) => !rule.includes('group'))
    const named = await lag(rules, '--group', 'readers')
    const text = `${named.stderr}${JSON.stringify(named.topics)}`
    assert.match(text, /no permission to Describe the group/)
    assert.deepEqual((await lag(rules)).topics, [])
  })

  test('without Describe on the topic, it is named, and the figures are not known', async () => {
    const { topics, stderr } = await lag(['Describe on group readers'], '--group', 'readers')
    assert.match(
      `${stderr}${topics.map(({ reason }) => reason)}`,
      /has committed nothing, or Describe on its topics is missing/,
    )
    for (const { records, seconds } of topics) assert.deepEqual([records, seconds], [null, null])
    const config = join(folder, 'client.properties')
    const described = await kbench([
      'groups',
      'describe',
      'readers',
      '-b',
      guarded.broker.at.SASLPLAIN,
      '--config',
      config,
    ])
    assert.match(described.stdout, /^it has committed nothing, or Describe on its topics is missing$/m)
  })
})

// Last: the quota stays.
describe('kbench doctor reports limits', only, () => {
  test('a topic that cannot be created, a quota below the rate, clocks; the same by one that may look', async () => {
    const there = await everything()
    await kafkaTool('kafka.admin.ConfigCommand', [
      ...['--bootstrap-server', guarded.broker.at.PLAIN, '--alter', '--add-config', 'producer_byte_rate=2000'],
      ...['--entity-type', 'users', '--entity-name', guarded.broker.user.username],
    ])
    const rules = [
      'All on topic kbench-*',
      'All on group kbench-*',
      'Describe on cluster',
      'DescribeConfigs on cluster',
    ]
    const profile = { ...profileOf('produce-consume', 'kafkajs', guarded), topic: { replicationFactor: 3 } }
    const { checks, exitCode } = await doctor(profile, rules)
    assert.equal(exitCode, 3)
    const [first, ...others] = failures(checks)
    assert.match(first!, /cannot be created: .*INVALID_REPLICATION_FACTOR/)
    assert.deepEqual(others, [])
    const quota = checks.find(({ id }) => id === 'quota')!
    assert.match(quota.text, /^1\.95 KiB\/s at each broker, for user ada; .*: brokers will throttle it$/)
    assert.match(checks.find(({ id }) => id === 'broker-clock')!.text, /ms (behind|ahead of) this machine's/)
    assert.deepEqual(await everything(), there)
  })
})
