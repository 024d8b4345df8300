import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import type { Cluster, Driver } from '../../src/contracts/api.ts'
import { describeTopic } from '../../src/kafka/describe-topic.ts'
import { topicOffsets } from '../../src/kafka/topic-offsets.ts'
import { describeConfigs } from '../../src/operations/configs.ts'
import { describeGroup, listGroups } from '../../src/operations/groups.ts'
import type { LagLook, TopicLag } from '../../src/operations/lag.ts'
import { listTopics } from '../../src/operations/topics.ts'
import { loadPlugin } from '../../src/registry.ts'
import { kbench } from '../cli/_kbench.ts'
import { onlyResult, startRun } from '../cli/_live.ts'
import { consumerSettings } from '../support/crew.ts'
import { groupLag } from './_kafka-tools.ts'
import { sandbox, sessionMs, shortenSessions, skipReason, start, until } from './_providers.ts'

// A cluster that kbench did not start: watching the groups of others, a fault by a command, and what a killed run leaves there.

const skip = await skipReason('local')
const box = skip ? null : sandbox('local')
if (!skip) shortenSessions()
let target: Cluster
let bootstrap: string
let kafka: Kafka
let admin: Admin

before(async () => {
  if (!box) return
  target = await start('local', { layout: 'kraft-3', directory: box.directory() })
  bootstrap = target.network.bootstrap.join(',')
  kafka = new kafkajs.Kafka({ brokers: [...target.network.bootstrap], logLevel: kafkajs.logLevel.NOTHING })
  admin = kafka.admin()
  await admin.connect()
})

after(async () => {
  await admin?.disconnect()
  await target?.[Symbol.asyncDispose]()
  await box?.remove()
})

/** A topic of somebody else. */
async function theirs(topic: string, partitions: number): Promise<void> {
  const spec = { topic, numPartitions: partitions, replicationFactor: 3 }
  await admin.createTopics({ waitForLeaders: false, topics: [spec] })
  const all = Array.from({ length: partitions }, (_, id) => id)
  await until(
    `${topic} is led`,
    async () => (await topicOffsets(target.network, topic, 'latest', all)).size === partitions,
  )
}

async function write(topic: string, partition: number, count: number): Promise<void> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({
    topic,
    messages: Array.from({ length: count }, (_, n) => ({ value: `theirs ${n}`, partition })),
  })
  await producer.disconnect()
}

const commit = (groupId: string, topic: string, offsets: readonly number[]) =>
  admin.setOffsets({
    ...{ groupId, topic },
    partitions: offsets.map((offset, partition) => ({ partition, offset: String(offset) })),
  })

const rowOf = ({ topics }: LagLook, group: string, topic: string): TopicLag =>
  topics.find((each) => each.group === group && each.topic === topic)!

describe('kbench lag', { skip }, () => {
  let wroteMs: number
  before(async () => {
    if (skip) return
    await Promise.all([theirs('orders', 3), theirs('half', 2), theirs('clicks', 1)])
    wroteMs = Date.now()
    await Promise.all([0, 1].flatMap((id) => [write('orders', id, 50), write('half', id, 7)]))
    await write('clicks', 0, 1000)
    await commit('billing', 'orders', [10, 50, 0])
    await commit('half-way', 'half', [3])
  })

  test('shows every group with records and age, as Kafka’s own tool does, and why something is unknown', async () => {
    const asked = Date.now()
    const { exitCode, stdout, stderr } = await kbench(['lag', '-b', bootstrap, '--json', '--for', '1s'])
    assert.equal(exitCode, 0, stderr)
    const look = JSON.parse(stdout) as LagLook
    const orders = rowOf(look, 'billing', 'orders')
    const theirLag = await groupLag(target.network.bootstrap[0]!, 'billing')
    assert.equal(orders.records, 40)
    assert.equal(
      orders.records,
      [theirLag.get(0)!, theirLag.get(1)!, theirLag.get(2)!].reduce((a, b) => a + b),
    )
    assert.deepEqual([orders.protocol, orders.state, orders.members, orders.reason], ['classic', 'Empty', 0, null])
    // The record at the committed offset was written before the commands began.
    assert.ok(orders.seconds! * 1000 >= asked - wroteMs - 2000, `${orders.seconds} s`)
    assert.ok(orders.seconds! * 1000 <= Date.now() - wroteMs + 2000, `${orders.seconds} s`)
    assert.deepEqual([orders.perSecond, orders.zeroInS], [0, null], 'nobody reads, nobody writes')
    const half = rowOf(look, 'half-way', 'half')
    assert.deepEqual([half.records, half.reason], [4, 'nothing committed, not counted: partition 1'])
    assert.deepEqual(look.silent, [])
  })

  test('a table for people, one group, one that is not there', async () => {
    const { stdout, exitCode } = await kbench(['lag', '-b', bootstrap, '--group', 'half-way', '--for', '400ms'])
    assert.equal(exitCode, 0)
    const [head, row, note, ...more] = stdout.trimEnd().split('\n')
    assert.match(head!, /^GROUP {5}TOPIC {2}RECORDS +AGE {2}TREND\/s {2}TO ZERO {2}STATE {2}MEMBERS$/)
    assert.match(row!, /^half-way {2}half +4 +\S+ (s|ms|m \d\d s) +0 +- {2}Empty +0$/)
    assert.equal(note, 'half-way on half: nothing committed, not counted: partition 1')
    assert.deepEqual(more, [])
    const missing = await kbench(['lag', '-b', bootstrap, '--group', 'billin'])
    assert.equal(missing.exitCode, 3)
    assert.match(missing.stderr, /there is no group billin[\s\S]*did you mean "billing"/)
  })

  test('watches a live group of KIP-848, and one that catches up: its trend and the time to zero', async () => {
    await commit('catching-up', 'clicks', [0])
    const driver: Driver<unknown> = await loadPlugin('drivers', 'node-rdkafka')
    const over = new AbortController()
    const reader = await driver.consumer(
      { ...consumerSettings, group: 'readers', protocol: 'consumer', commitIntervalMs: 200 },
      {
        ...{ network: target.network, clientId: 'readers-0', topics: [{ name: 'clicks', partitions: 1 }], hold: null },
        clock: { nowNs: () => performance.now() * 1e6, sleepUntil: async () => {} },
        event() {},
        assigned() {},
      },
    )
    const running = reader.run(() => {}, over.signal)
    try {
      await until('it has committed', async () => (await admin.fetchOffsets({ groupId: 'readers' })).length > 0)
      const groups = ['--group', 'readers', '--group', 'catching-up']
      const live = startRun(['-b', bootstrap, ...groups, '--watch', '200ms', '--json'], {}, 'lag')
      const looks = () => {
        const lines = live.stdout().split('\n').slice(0, -1)
        return lines.map((line) => JSON.parse(line) as LagLook)
      }
      let read = 0
      await until('the trend is known and falls', async () => {
        read = Math.min(900, read + 20)
        await commit('catching-up', 'clicks', [read])
        return looks().some((look) => (rowOf(look, 'catching-up', 'clicks').zeroInS ?? 0) > 0)
      })
      await until('all is read', () => rowOf(looks().at(-1)!, 'readers', 'clicks').records === 0)
      live.interrupt()
      assert.equal((await live.ended).exitCode, 0, live.stderr())
      const last = looks().at(-1)!
      const { protocol, state, members, seconds, zeroInS } = rowOf(last, 'readers', 'clicks')
      assert.deepEqual([protocol, state, members, seconds, zeroInS], ['consumer', 'Stable', 1, 0, 0])
      const falling = looks()
        .map((look) => rowOf(look, 'catching-up', 'clicks'))
        .find((row) => row.zeroInS !== null)!
      assert.ok(falling.perSecond! < 0)
      assert.ok(Math.abs(falling.zeroInS! - falling.records! / -falling.perSecond!) < 1e-6)
      assert.ok(falling.seconds! > 0)
    } finally {
      over.abort()
      await running
      await reader[Symbol.asyncDispose]()
    }
  })

  test('plain lines where there is no terminal; a closed pipe and Ctrl-C end it cleanly', async () => {
    const live = startRun(['-b', bootstrap, '--group', 'billing', '--watch', '200ms'], {}, 'lag')
    await until('two looks', () => live.stdout().split('billing orders records=40').length > 2)
    live.interrupt()
    assert.equal((await live.ended).exitCode, 0, live.stderr())
    assert.match(live.stdout(), /^\d\d:\d\d:\d\d billing orders records=40 age=.* trend=-?\/?.*zero=-/)
    assert.equal(live.stderr(), '')
    const piped = startRun(['-b', bootstrap, '--group', 'billing', '--watch', '200ms', '--json'], {}, 'lag')
    await until('one look', () => piped.stdout().includes('\n'))
    piped.child.stdout!.destroy()
    assert.equal((await piped.ended).exitCode, 0, piped.stderr())
    assert.equal(piped.stderr(), '')
  })
})

const profile = (name: string, lines: readonly string[]): string => {
  const file = join(box!.root, `${name}.yaml`)
  const all = [
    `name: ${name}`,
    `cluster: { provider: external, bootstrap: [${target.network.bootstrap.map((each) => `"${each}"`).join(', ')}] }`,
    'topic: { partitions: 6, replicationFactor: 3, config: { min.insync.replicas: 2 } }',
    'load: { rate: 300, record: { size: 100 } }',
    ...lines,
  ]
  writeFileSync(file, `${all.join('\n')}\n`)
  return file
}

/** What a cluster looks like from outside. */
async function stateOf() {
  const topics = await listTopics(target.network, false)
  const { groups } = await listGroups(target.network)
  return {
    topics: await Promise.all(topics.map(async (topic) => [topic, await describeTopic(target.network, topic)])),
    groups: groups.map(({ group }) => group).sort(),
    offsets: await Promise.all(groups.map(({ group }) => admin.fetchOffsets({ groupId: group }))),
    configs: await Promise.all(
      [...target.nodes.map(({ id }) => ({ broker: id })), ...topics.map((topic) => ({ topic }))].map((subject) =>
        describeConfigs(target.network, subject, false),
      ),
    ),
  }
}

describe('kbench clean -b', { skip }, () => {
  test('R19: after kill -9 it finds what the run left, leaves a living run alone, and what others have', async () => {
    // Names that share what kbench's begin with.
    const likeOurs = [
      'kbench-orders',
      'kbench-20260101-101010-x-12zz-0',
      'kbench-20260101-101010-x-12ab-0-more',
      'my-kbench-20260101-101010-x-12ab-0',
    ]
    await Promise.all(likeOurs.map((topic) => theirs(topic, 1)))
    await commit('kbench-readers', 'kbench-orders', [0])
    const found = await stateOf()
    const results = join(box!.root, 'clean-results')
    const file = profile('clean', [
      'clients: [kafkajs]',
      'consumers: [{ group: g1, sessionTimeout: 6s, heartbeat: 1s }, { group: g2, sessionTimeout: 6s, heartbeat: 1s }]',
      'phases: { clusterWarmup: 0s, warmup: 1s, measure: 60s, drain: 5s }',
    ])
    const live = startRun([file, '--results', results])
    await live.says('load ')
    await until('its groups have committed', async () => {
      const { groups } = await listGroups(target.network)
      return groups.filter(({ group }) => /-g[12]$/.test(group)).length === 2
    })
    const clean = (...more: string[]) => kbench(['clean', '-b', bootstrap, '--results', results, ...more])
    const during = await clean('--execute')
    assert.match(during.stderr, /clean-[0-9a-f]{4} is left alone: its kbench is at work on this machine/)
    const elsewhere = await kbench(['clean', '-b', bootstrap, '--results', join(box!.root, 'none'), '--execute'])
    assert.match(
      elsewhere.stderr,
      /is left alone: (topic \S+ (is being written to|was written to in the last 10 minutes)|group \S+ has \d live members)/,
    )
    assert.equal(during.stdout + elsewhere.stdout, '')
    live.child.kill('SIGKILL')
    await live.ended
    await until('its members are gone', async () => {
      const groups = (await listGroups(target.network)).groups.filter(({ group }) => /-g[12]$/.test(group))
      const states = await Promise.all(groups.map(({ group }) => describeGroup(target.network, group)))
      return states.every(({ members }) => members === 0)
    })
    const recent = await clean('--execute')
    assert.match(
      recent.stderr,
      /is left alone: topic (\S+) was written to in the last 10 minutes \(skipped: \1, \S+-g1, \S+-g2\)/,
    )
    assert.match(recent.stderr, /--run <run id> removes what was skipped/)
    assert.equal(recent.stdout, '')
    const [, runId] = /(\S+) is left alone/.exec(recent.stderr)!
    const shown = await clean('--run', runId!)
    assert.equal(shown.exitCode, 0, shown.stderr)
    assert.match(shown.stderr, /nothing was removed: --execute does it/)
    const lines = shown.stdout.trimEnd().split('\n')
    assert.equal(lines.length, 3, shown.stdout)
    assert.match(shown.stdout, /^would remove topic kbench-\d{8}-\d{6}-clean-[0-9a-f]{4}-0$/m)
    assert.match(shown.stdout, /^would remove group kbench-\S+-clean-[0-9a-f]{4}-0-g2$/m)
    const done = await clean('--run', runId!, '--execute')
    assert.equal(done.exitCode, 0, done.stderr)
    assert.equal(done.stdout, shown.stdout.replaceAll('would remove', 'removed'))
    await until(
      'the topic is gone',
      async () => (await listTopics(target.network, false)).length === found.topics.length,
    )
    assert.deepEqual(await stateOf(), found)
    assert.match((await clean('--execute')).stderr, /nothing to clean/)
  })
})

describe('the fault command on a cluster that is not ours', { skip }, () => {
  test('kills a broker and starts it again: failover by partition, evidence, heal, and no secret', async () => {
    const victim = target.nodes[1]!
    const server = createServer((_request, response) => {
      victim.start!().then(
        () => response.end('started'),
        () => response.writeHead(500).end(),
      )
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/start`
    const ask = 'fetch(process.argv[1]).then((answer) => process.exit(answer.ok ? 0 : 1))'
    const list = (...argv: string[]) => JSON.stringify(argv)
    const file = profile('command', [
      'clients: [node-rdkafka]',
      'workload: produce',
      'producers: { partitioner: round-robin, maxInFlight: 50000, deliveryTimeout: 60s }',
      'phases: { clusterWarmup: 0s, warmup: 2s, measure: 18s, drain: 15s }',
      'faults:',
      '  - use: command',
      '    at: 3s',
      '    for: 7s',
      `    inject: ${list('sh', '-c', 'echo token "$2"; kill -9 "$1"', 'sh', String(victim.pid), `\${env:CLOUD_TOKEN}`)}`,
      `    heal: ${list(process.execPath, '-e', ask, url)}`,
      '    verifyWithin: 10s',
    ])
    const results = join(box!.root, 'command-results')
    try {
      const env = { CLOUD_TOKEN: 'hunter2-token' }
      const { exitCode, stderr } = await kbench(['run', file, '--results', results], { env })
      const { result, directory } = onlyResult(results)
      const [variant] = result.variants
      assert.ok([0, 4].includes(exitCode), stderr)
      const [fault, ...others] = variant!.faults
      assert.deepEqual(others, [])
      assert.equal(fault!.problem ?? null, null, JSON.stringify(variant!.reasons))
      assert.ok(fault!.verifiedAtS! >= fault!.injectedAtS && fault!.healedAtS! >= fault!.injectedAtS + 7)
      assert.match(
        fault!.evidence!,
        /^(broker 2 left the metadata|leader of partition \d: broker 2 → (broker \d|nobody))$/,
      )
      assert.equal(variant!.integrity.lost, 0)
      // As of a broker that kbench kills: what it led gets a new leader once its session is over, and what it followed stalls too.
      const led = fault!.partitions.filter(({ leaderBefore }) => leaderBefore === victim.id)
      assert.ok(led.length > 0 && led.length < 6)
      for (const { leaderBefore, leaderAfter, unavailableMs, electionMs, isrShrunkMs, recovered } of fault!
        .partitions) {
        assert.equal(leaderAfter !== null && leaderAfter !== victim.id, leaderBefore === victim.id)
        if (leaderBefore === victim.id) assert.ok(electionMs! > sessionMs - 1000 && electionMs! < sessionMs + 5000)
        assert.ok(unavailableMs! > sessionMs - 1000 && unavailableMs! < sessionMs + 8000, `${unavailableMs} ms`)
        assert.ok(isrShrunkMs! > sessionMs - 1000 && recovered)
      }
      const log = readFileSync(join(directory, 'logs', 'fault-command.log'), 'utf8')
      assert.match(log, /inject: .*CLOUD_TOKEN.* → 0, /)
      assert.match(log, /stdout: token \*\*\*/)
      assert.match(log, /heal: .* → 0, /)
      for (const name of [
        'result.json',
        'journal.ndjson',
        'logs/kbench.log',
        'logs/fault-command.log',
        'report.html',
      ]) {
        assert.doesNotMatch(readFileSync(join(directory, name), 'utf8'), /hunter2/, name)
      }
    } finally {
      server.close()
    }
  })

  test('every other fault is refused, with the reason', async () => {
    const file = profile('refused', ['workload: produce', 'faults: [{ use: kill-broker, at: 1s }]'])
    const { exitCode, stderr } = await kbench(['run', file, '--results', join(box!.root, 'refused')])
    assert.equal(exitCode, 3)
    assert.match(stderr, /kill-broker: an external cluster is disturbed by nothing but the fault command/)
  })
})
