import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerNode } from '../../src/contracts/api.ts'
import { connectBroker } from '../../src/kafka/wire.ts'
import { readState } from '../../src/runners/variant/fault-targets.ts'
import {
  asAdmin,
  awaitHealth,
  contextOf,
  current,
  dial,
  during,
  node,
  others,
  startCluster,
  stopCluster,
  topic,
} from './_fault-cluster.ts'
import { kafkaTool } from './_kafka-tools.ts'
import { idsFrom, isRunning, skipReason, stateOf, until } from './_providers.ts'

// Every fault of brokers and topics once, shortened; what it claims is looked at by other means than its own: with Kafka's tools once for
// each fact, otherwise with kafkajs, whose answer does not take the start of a JVM.

const skip = await skipReason('local')

/** Rows of TopicCommand --describe: partition, leader, replicas, in-sync replicas. */
async function describedByTool(...args: string[]) {
  const text = await kafkaTool('org.apache.kafka.tools.TopicCommand', [
    ...['--bootstrap-server', current().network.bootstrap.join(','), '--describe', ...args],
  ])
  const field = (line: string, name: string) => new RegExp(`\\b${name}: (\\S+)`).exec(line)?.[1] ?? ''
  return text
    .split('\n')
    .filter((line) => line.includes('Partition: '))
    .map((line) => ({
      partition: Number(field(line, 'Partition')),
      leader: Number(field(line, 'Leader')),
      replicas: field(line, 'Replicas'),
      isr: field(line, 'Isr'),
    }))
}

async function configByTool(type: 'topics' | 'brokers', name: string): Promise<string> {
  return kafkaTool('kafka.admin.ConfigCommand', [
    ...[
      '--bootstrap-server',
      current().network.bootstrap.join(','),
      '--describe',
      '--entity-type',
      type,
      '--entity-name',
      name,
    ],
  ])
}

async function controllerByTool(): Promise<number> {
  const text = await kafkaTool('org.apache.kafka.tools.MetadataQuorumCommand', [
    ...['--bootstrap-server', current().network.bootstrap.join(','), 'describe', '--status'],
  ])
  return Number(/LeaderId:\s+(\d+)/.exec(text)?.[1] ?? assert.fail(text))
}

/** As {@link describedByTool}, of the topic, as kafkajs tells it. */
const described = () =>
  asAdmin(async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic.name] })
    return topics[0]!.partitions
      .map(({ partitionId, leader, replicas }) => ({ partition: partitionId, leader, replicas: replicas.join() }))
      .sort((a, b) => a.partition - b.partition)
  })

const replicasNow = async () => (await described()).map(({ replicas }) => replicas)

/** What is set for a topic (type 2) or for a broker alone (type 4), as kafkajs tells it: no defaults, nothing that is static. */
const settings = (type: 2 | 4, name: string) =>
  asAdmin(async (admin) => {
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type, name }] })
    const own = type === 2 ? 1 : 2
    const entries = resources[0]!.configEntries.filter(({ configSource }) => Number(configSource) === own)
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue]))
  })

describe('brokers that end, hang and come back', { ...(skip && { skip }) }, () => {
  before(() => startCluster([]))
  after(stopCluster)

  /** The process is gone and nobody listens; healed, another process serves the same clients. */
  async function endsAndReturns(name: string, target: BrokerNode): Promise<void> {
    const pid = target.pid!
    await during(name, {}, [target], async () => {
      assert.equal(isRunning(pid), false)
      assert.equal(await dial(target), 'ECONNREFUSED')
      await until('the others know', async () => !(await idsFrom(others(target)[0]!)).includes(target.id))
    })
    assert.notEqual(target.pid, pid)
    await awaitHealth()
  }

  test('kill-broker', () => endsAndReturns('kill-broker', node(1)))

  test('stop-broker: leaders are handed over before it ends', async () => {
    const ofFirst = async () => (await contextOf([]).metadata()).partitions.find(({ partition }) => partition === 0)!
    const before = await ofFirst()
    await endsAndReturns('stop-broker', node(before.leader))
    const after = await ofFirst()
    assert.notEqual(after.leader, before.leader)
    assert.ok(after.leaderEpoch > before.leaderEpoch)
  })

  test('elect-leaders: every partition is led by its preferred replica again', async () => {
    const preferred = ({ leader, replicas }: { leader: number; replicas: string }) =>
      leader === Number(replicas.split(',')[0])
    const before = await described()
    assert.ok(!before.every(preferred), 'the stop has moved leaders')
    await during('elect-leaders', {}, [], async () => {
      // The tool asks any broker, and a broker learns of an election a moment after the controller has told the first.
      await until('the tool tells it', async () => {
        const after = await describedByTool('--topic', topic.name)
        assert.equal(after.length, topic.partitions)
        return after.every(preferred)
      })
    })
  })

  test('pause-broker: its process is stopped, connections are taken and nothing is answered', async () => {
    const target = node(2)
    await during('pause-broker', {}, [target], async () => {
      assert.equal(stateOf(target.pid!), 'T')
      assert.equal(await dial(target), 'connected')
      assert.deepEqual(await idsFrom(target), [])
      // The next fault finds its target among the others, without waiting for the one that hangs.
      const hung = sleep(1500).then(() => 'waited for the broker that hangs')
      const found = readState(current(), topic.name).then(({ partitions }) => partitions.length)
      assert.equal(await Promise.race([found, hung]), topic.partitions)
    })
    assert.notEqual(stateOf(target.pid!), 'T')
    await awaitHealth()
  })

  test('kill-controller: another one takes over', async () => {
    const active = node(await controllerByTool())
    const [wrong] = others(active)
    await assert.rejects(
      during('kill-controller', {}, [wrong!], async () => {}),
      new RegExp(`controller, which is broker ${active.id}`),
    )
    const pid = active.pid!
    await during('kill-controller', {}, [active], async () => {
      assert.equal(isRunning(pid), false)
      assert.notEqual(await controllerByTool(), active.id)
    })
    await awaitHealth()
  })

  test('kill-coordinator: the group has another one', async () => {
    await asAdmin((admin) =>
      admin.setOffsets({ groupId: 'g', topic: topic.name, partitions: [{ partition: 0, offset: '0' }] }),
    )
    const coordinator = async () => {
      const text = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
        ...['--bootstrap-server', current().network.bootstrap.join(','), '--describe', '--group', 'g', '--state'],
      ])
      return Number(/\((\d)\)/.exec(text)?.[1] ?? assert.fail(text))
    }
    const target = node(await coordinator())
    await during('kill-coordinator', {}, [target], async () => {
      const connection = await connectBroker(current().network, others(target)[0]!, {
        clientId: 'test',
        timeoutMs: 5000,
      })
      const found = () => connection.coordinator('g').catch(() => null)
      await until('another one is found', async () => ((await found())?.nodeId ?? target.id) !== target.id)
      await connection.close()
    })
    await awaitHealth()
  })

  test('restart-broker: it ends, is started and registered again, by itself', async () => {
    const target = node(3)
    const pid = target.pid!
    await during('restart-broker', {}, [target], async ({ done }) => {
      await done
      assert.equal(isRunning(pid), false)
      assert.ok(isRunning(target.pid!))
      assert.ok((await idsFrom(node(1))).includes(3))
    })
    await awaitHealth()
  })

  test('rolling-restart: one after the other, never two at once, each once all is in sync', async () => {
    const pids = current().nodes.map(({ pid }) => pid!)
    let over = false
    let mostDown = 0
    const watch = (async () => {
      while (!over) {
        const down = current().nodes.filter(({ pid }) => pid === undefined || !isRunning(pid)).length
        mostDown = Math.max(mostDown, down)
        await sleep(20)
      }
    })()
    await during('rolling-restart', { settle: '100ms' }, current().nodes, async ({ done }) => {
      await done
      assert.deepEqual(await describedByTool('--under-replicated-partitions'), [])
    }).finally(() => {
      over = true
    })
    await watch
    assert.equal(mostDown, 1)
    for (const pid of pids) assert.equal(isRunning(pid), false)
    for (const { pid } of current().nodes) assert.ok(isRunning(pid!))
  })

  test('reassign-partitions: to the next broker and back, and away from a broker', async () => {
    const next = (replicas: string) =>
      replicas
        .split(',')
        .map((id) => (Number(id) % 3) + 1)
        .join()
    const replicas = await replicasNow()
    await during('reassign-partitions', {}, [], async () => {
      await until('data is moved', async () => (await replicasNow()).join(' ') === replicas.map(next).join(' '))
    })
    assert.deepEqual(await replicasNow(), replicas)
    await during('reassign-partitions', { to: [1, 2], keep: true }, [], async ({ done }) => {
      await done
      assert.deepEqual(await replicasNow(), ['1,2', '2,1', '1,2', '2,1', '1,2', '2,1'])
    })
    const kept = (await describedByTool('--topic', topic.name)).map(({ replicas }) => replicas)
    assert.deepEqual(new Set(kept), new Set(['1,2', '2,1']), 'kept')
  })

  test('change-topic-config: set, and afterwards what it was', async () => {
    const set = { 'max.message.bytes': 123_456, 'min.insync.replicas': 2 }
    await during('change-topic-config', { set }, [], async () => {
      const text = await configByTool('topics', topic.name)
      assert.match(text, /^ *max\.message\.bytes=123456 /m)
      assert.match(text, /^ *min\.insync\.replicas=2 /m)
    })
    const after = await settings(2, topic.name)
    assert.equal(after.get('max.message.bytes'), undefined)
    assert.equal(after.get('min.insync.replicas'), '1')
    await assert.rejects(
      during('change-topic-config', { set: { 'max.message.bytes': 'many' } }, [], async () => {}),
      /max\.message\.bytes/,
    )
  })

  test('change-broker-config: on the target alone', async () => {
    await during('change-broker-config', { set: { 'num.io.threads': 5 } }, [node(2)], async () => {
      assert.match(await configByTool('brokers', '2'), /num\.io\.threads=5 /)
      assert.equal((await settings(4, '1')).get('num.io.threads'), undefined)
    })
    assert.equal((await settings(4, '2')).get('num.io.threads'), undefined)
  })

  test('add-partitions', async () => {
    await during('add-partitions', { count: 2 }, [], async () => {
      const rows = await describedByTool('--topic', topic.name)
      assert.deepEqual(rows.map(({ partition }) => partition).sort(), [0, 1, 2, 3, 4, 5, 6, 7])
      assert.ok(rows.every(({ leader }) => leader > 0))
    })
  })
})
