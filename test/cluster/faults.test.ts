import assert from 'node:assert/strict'
import { once } from 'node:events'
import { statfsSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { messageOf } from '../../src/base/errors.ts'
import { requireSmallDisks } from '../../src/clusters/local/small-disks.ts'
import { requireIsolation } from '../../src/clusters/shared/isolation.ts'
import { findToxiproxy } from '../../src/clusters/shared/toxiproxy.ts'
import type { BrokerNode, Cluster, ClusterFeature, InjectedFault } from '../../src/contracts/api.ts'
import { createTopic } from '../../src/kafka/admin.ts'
import { connectBroker } from '../../src/kafka/wire.ts'
import { readState } from '../../src/runners/variant/fault-targets.ts'
import { during as duringFault, type FaultSite, contextOf as faultContext } from './_fault-site.ts'
import { kafkaTool } from './_kafka-tools.ts'
import { idsFrom, isRunning, sandbox, skipReason, start, stateOf, until } from './_providers.ts'

/** Every fault of brokers and topics once, shortened; what it claims is looked at by other means than its own. */
const topic = { name: 'kbench-faults', partitions: 6 }
const skip = await skipReason('local')
const box = sandbox('local')
after(box.remove)

let cluster: Cluster
const bootstrap = () => cluster.network.bootstrap.join(',')
const node = (id: number): BrokerNode => cluster.nodes.find((each) => each.id === id) ?? assert.fail(`no broker ${id}`)
const others = ({ id }: BrokerNode) => cluster.nodes.filter((each) => each.id !== id)

async function startCluster(features: readonly ClusterFeature[]): Promise<void> {
  cluster = await start('local', { layout: 'kraft-3', directory: box.directory(), features })
  const config = { 'min.insync.replicas': 1 }
  await createTopic(cluster.network, { ...topic, replicationFactor: 2, config }, new AbortController().signal)
}

const site: FaultSite = { cluster: () => cluster, topic }
const contextOf = (brokers: readonly BrokerNode[]) => faultContext(site, brokers)
const during = (
  name: string,
  options: Record<string, unknown>,
  brokers: readonly BrokerNode[],
  witness: (injected: InjectedFault) => Promise<void>,
) => duringFault(site, name, options, brokers, witness)

/** Connects as any client would; the code of the error where it cannot. */
function dial({ host, port }: BrokerNode): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 })
    const end = (outcome: string) => {
      socket.destroy()
      resolve(outcome)
    }
    socket.once('connect', () => end('connected'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'))
    socket.once('timeout', () => end('timeout'))
  })
}

/** All brokers list all, and all partitions are in sync: the next fault meets a cluster that is well. */
async function awaitHealth(): Promise<void> {
  await until('the cluster is well again', async () => {
    const lists = await Promise.all(cluster.nodes.map(idsFrom))
    if (!lists.every((ids) => ids.join() === '1,2,3')) return false
    const { partitions } = await contextOf([]).metadata()
    return partitions.length > 0 && partitions.every(({ isr, replicas }) => isr.length === replicas.length)
  })
}

/** Rows of TopicCommand --describe: partition, leader, replicas, in-sync replicas. */
async function describedByTool(...args: string[]) {
  const text = await kafkaTool('org.apache.kafka.tools.TopicCommand', [
    ...['--bootstrap-server', bootstrap(), '--describe', ...args],
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

const replicasByTool = async () => (await describedByTool('--topic', topic.name)).map(({ replicas }) => replicas)

async function configByTool(type: 'topics' | 'brokers', name: string): Promise<string> {
  return kafkaTool('kafka.admin.ConfigCommand', [
    ...['--bootstrap-server', bootstrap(), '--describe', '--entity-type', type, '--entity-name', name],
  ])
}

async function controllerByTool(): Promise<number> {
  const text = await kafkaTool('org.apache.kafka.tools.MetadataQuorumCommand', [
    ...['--bootstrap-server', bootstrap(), 'describe', '--status'],
  ])
  return Number(/LeaderId:\s+(\d+)/.exec(text)?.[1] ?? assert.fail(text))
}

const kafka = () => new kafkajs.Kafka({ brokers: [...cluster.network.bootstrap], logLevel: 0, retry: { retries: 20 } })

describe('brokers that end, hang and come back', { ...(skip && { skip }) }, () => {
  before(() => startCluster([]))
  after(() => cluster?.[Symbol.asyncDispose]())

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
    const before = await describedByTool('--topic', topic.name)
    assert.ok(!before.every(preferred), 'the stop has moved leaders')
    await during('elect-leaders', {}, [], async () => {
      const after = await describedByTool('--topic', topic.name)
      assert.equal(after.length, topic.partitions)
      assert.ok(after.every(preferred), JSON.stringify(after))
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
      const found = readState(cluster, topic.name).then(({ partitions }) => partitions.length)
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
    const admin = kafka().admin()
    await admin.connect()
    await admin.setOffsets({ groupId: 'g', topic: topic.name, partitions: [{ partition: 0, offset: '0' }] })
    await admin.disconnect()
    const coordinator = async () => {
      const text = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
        ...['--bootstrap-server', bootstrap(), '--describe', '--group', 'g', '--state'],
      ])
      return Number(/\((\d)\)/.exec(text)?.[1] ?? assert.fail(text))
    }
    const target = node(await coordinator())
    await during('kill-coordinator', {}, [target], async () => {
      const connection = await connectBroker(cluster.network, others(target)[0]!, { clientId: 'test', timeoutMs: 5000 })
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
    const pids = cluster.nodes.map(({ pid }) => pid!)
    let over = false
    let mostDown = 0
    const watch = (async () => {
      while (!over) {
        const down = cluster.nodes.filter(({ pid }) => pid === undefined || !isRunning(pid)).length
        mostDown = Math.max(mostDown, down)
        await sleep(20)
      }
    })()
    await during('rolling-restart', { settle: '100ms' }, cluster.nodes, async ({ done }) => {
      await done
      assert.deepEqual(await describedByTool('--under-replicated-partitions'), [])
    }).finally(() => {
      over = true
    })
    await watch
    assert.equal(mostDown, 1)
    for (const pid of pids) assert.equal(isRunning(pid), false)
    for (const { pid } of cluster.nodes) assert.ok(isRunning(pid!))
  })

  test('reassign-partitions: to the next broker and back, and away from a broker', async () => {
    const next = (replicas: string) =>
      replicas
        .split(',')
        .map((id) => (Number(id) % 3) + 1)
        .join()
    const replicas = await replicasByTool()
    await during('reassign-partitions', {}, [], async () => {
      await until('data is moved', async () => (await replicasByTool()).join(' ') === replicas.map(next).join(' '))
    })
    assert.deepEqual(await replicasByTool(), replicas)
    await during('reassign-partitions', { to: [1, 2], keep: true }, [], async ({ done }) => {
      await done
      assert.deepEqual(await replicasByTool(), ['1,2', '2,1', '1,2', '2,1', '1,2', '2,1'])
    })
    assert.deepEqual(new Set(await replicasByTool()), new Set(['1,2', '2,1']), 'kept')
  })

  test('change-topic-config: set, and afterwards what it was', async () => {
    const set = { 'max.message.bytes': 123_456, 'min.insync.replicas': 2 }
    await during('change-topic-config', { set }, [], async () => {
      const text = await configByTool('topics', topic.name)
      assert.match(text, /^ *max\.message\.bytes=123456 /m)
      assert.match(text, /^ *min\.insync\.replicas=2 /m)
    })
    const text = await configByTool('topics', topic.name)
    assert.doesNotMatch(text, /^ *max\.message\.bytes/m)
    assert.match(text, /^ *min\.insync\.replicas=1 /m)
    await assert.rejects(
      during('change-topic-config', { set: { 'max.message.bytes': 'many' } }, [], async () => {}),
      /max\.message\.bytes/,
    )
  })

  test('change-broker-config: on the target alone', async () => {
    await during('change-broker-config', { set: { 'num.io.threads': 5 } }, [node(2)], async () => {
      assert.match(await configByTool('brokers', '2'), /num\.io\.threads=5 /)
      assert.doesNotMatch(await configByTool('brokers', '1'), /num\.io\.threads/)
    })
    assert.doesNotMatch(await configByTool('brokers', '2'), /num\.io\.threads/)
  })

  test('add-partitions', async () => {
    await during('add-partitions', { count: 2 }, [], async () => {
      const rows = await describedByTool('--topic', topic.name)
      assert.deepEqual(rows.map(({ partition }) => partition).sort(), [0, 1, 2, 3, 4, 5, 6, 7])
      assert.ok(rows.every(({ leader }) => leader > 0))
    })
  })
})

/** What this machine lacks for the faults of networks and disks; undefined = nothing. */
function whyNot(): string | undefined {
  try {
    requireIsolation()
    requireSmallDisks()
    if (findToxiproxy() === null) return 'there is no toxiproxy-server'
    return skip
  } catch (error) {
    return messageOf(error)
  }
}

const platform = whyNot()

describe('networks and disks', { ...(platform && { skip: platform }) }, () => {
  before(async () => {
    process.env.KBENCH_SMALL_DISK = '300m'
    await startCluster(['isolation', 'proxies', 'small-disks'])
    delete process.env.KBENCH_SMALL_DISK
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  const lists = async (teller: BrokerNode, { id }: BrokerNode) => (await idsFrom(teller)).includes(id)

  test('isolate-broker: from clients and peers', async () => {
    const target = node(1)
    const [second, third] = others(target)
    await during('isolate-broker', {}, [target], async () => {
      assert.deepEqual(await idsFrom(target), [])
      await until('broker 2 misses it', async () => !(await lists(second!, target)))
      await until('broker 3 misses it', async () => !(await lists(third!, target)))
      assert.ok(isRunning(target.pid!))
    })
    await awaitHealth()
  })

  test('isolate-broker: from clients, its peers miss nothing', async () => {
    const target = node(2)
    await during('isolate-broker', { from: 'clients' }, [target], async () => {
      assert.deepEqual(await idsFrom(target), [])
      // Longer than a broker's session with the controller (9 s).
      await sleep(11_000)
      assert.ok(await lists(node(1), target))
      const { partitions } = await contextOf([]).metadata()
      assert.ok(partitions.every(({ isr }) => isr.length === 2))
    })
    await awaitHealth()
  })

  test('isolate-broker: from peers, clients still reach it', async () => {
    const target = node(3)
    await during('isolate-broker', { from: 'peers' }, [target], async () => {
      await until('broker 1 misses it', async () => !(await lists(node(1), target)))
      assert.notDeepEqual(await idsFrom(target), [])
    })
    await awaitHealth()
  })

  test('disconnect-clients: connections are closed and not taken', async () => {
    const target = node(1)
    const before = await openSocket(target)
    await during('disconnect-clients', {}, [target], async () => {
      await until('the connection is closed', () => before.ended() !== null)
      assert.equal(await dial(target), 'ECONNREFUSED')
    })
    assert.ok(await lists(target, target))
  })

  test('disconnect-clients, once: connections are closed and taken again', async () => {
    const target = node(1)
    const before = await openSocket(target)
    await during('disconnect-clients', { once: true }, [target], async () => {
      await until('the connection is closed', () => before.ended() !== null)
      assert.ok(await lists(target, target))
    })
  })

  test('slow-network: latency in both directions', async () => {
    const target = node(2)
    const roundTripMs = async () => {
      const socket = await openSocket(target)
      const startedMs = performance.now()
      socket.ask()
      await soon(() => socket.received() > 0)
      socket.close()
      return performance.now() - startedMs
    }
    const beforeMs = await roundTripMs()
    await during('slow-network', { latency: '400ms', jitter: '10ms' }, [target], async () => {
      const slowMs = await roundTripMs()
      assert.ok(slowMs >= 780, `${slowMs} ms`)
      assert.ok(beforeMs < 780, `${beforeMs} ms before`)
    })
    assert.ok((await roundTripMs()) < 780)
  })

  test('slow-network: bandwidth', async () => {
    const { partitions } = await contextOf([]).metadata()
    const { partition, leader } = partitions.find((each) => each.partition === 0)!
    const producer = kafka().producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
    const sendMs = async () => {
      const startedMs = performance.now()
      await producer.send({ topic: topic.name, messages: [{ partition, value: Buffer.alloc(200_000) }] })
      return performance.now() - startedMs
    }
    try {
      await sendMs()
      const beforeMs = await sendMs()
      await during('slow-network', { latency: '0ms', bandwidth: '100KB/s' }, [node(leader)], async () => {
        const slowMs = await sendMs()
        assert.ok(slowMs >= 1500, `${slowMs} ms`)
        assert.ok(beforeMs < 1500, `${beforeMs} ms before`)
      })
    } finally {
      await producer.disconnect()
    }
  })

  test('reset-connections: whoever sends gets a reset', async () => {
    const target = node(3)
    await during('reset-connections', {}, [target], async () => {
      const socket = await openSocket(target)
      socket.ask()
      await until('it ends', () => socket.ended() !== null)
      assert.equal(socket.ended(), 'ECONNRESET')
      assert.equal(socket.received(), 0)
    })
    assert.ok(await lists(target, target))
  })

  test('half-open: connections stay and carry nothing', async () => {
    const target = node(3)
    const before = await openSocket(target)
    await during('half-open', {}, [target], async () => {
      const fresh = await openSocket(target)
      before.ask()
      fresh.ask()
      // As long as a client would wait for a healthy broker, many times over.
      await sleep(2000)
      for (const socket of [before, fresh]) assert.deepEqual([socket.received(), socket.ended()], [0, null])
      fresh.close()
    })
    before.close()
    assert.ok(await lists(target, target))
  })

  test('fill-disk: the broker ends over it and comes back', async () => {
    const target = node(2)
    const pid = target.pid!
    const folder = target.disk!.path
    const free = () => statfsSync(folder).bfree
    assert.ok(free() > 1000)
    const producer = kafka().producer({ retry: { retries: 0 } })
    await producer.connect()
    const load = new AbortController()
    const sending = (async () => {
      while (!load.signal.aborted) {
        const messages = Array.from({ length: topic.partitions }, (_, partition) => ({
          partition,
          value: Buffer.alloc(50_000),
        }))
        // Without a leader for a while: what is tested is the broker.
        await producer.send({ topic: topic.name, acks: 1, timeout: 1000, messages }).catch(() => sleep(50))
      }
    })()
    try {
      await during('fill-disk', {}, [target], async () => {
        await until('it has ended', () => !isRunning(pid))
        assert.equal(free(), 0)
        await until('the others know', async () => !(await lists(node(1), target)))
      })
    } finally {
      load.abort()
      await sending
      await producer.disconnect()
    }
    assert.notEqual(target.pid, pid)
    assert.ok(free() > 1000)
    await awaitHealth()
  })
})

/** As `until`, looking often enough to time something. */
async function soon(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'waited 20 s in vain')
    await sleep(2)
  }
}

/** A connection as a client has it; `ask` sends a request for the protocol's versions. */
async function openSocket({ host, port }: BrokerNode) {
  const socket = connect({ host, port })
  let bytes = 0
  let end: string | null = null
  socket.on('data', (data) => {
    bytes += data.length
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    end ??= error.code ?? 'error'
  })
  socket.on('close', () => {
    end ??= 'closed'
  })
  await once(socket, 'connect')
  return {
    // Length, ApiVersions v0, correlation id 1, no client id.
    ask: () => void socket.write(Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])),
    received: () => bytes,
    ended: () => end,
    close: () => void socket.destroy(),
  }
}
