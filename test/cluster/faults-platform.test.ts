import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { execa } from 'execa'
import kafkajs from 'kafkajs'
import type { KbenchError } from '../../src/base/errors.ts'
import { messageOf } from '../../src/base/errors.ts'
import { accepts } from '../../src/base/tcp.ts'
import { requireSmallDisks } from '../../src/clusters/local/small-disks.ts'
import { requireIsolation } from '../../src/clusters/shared/isolation.ts'
import { findToxiproxy } from '../../src/clusters/shared/toxiproxy.ts'
import type { BrokerNode, Cluster, FaultContext } from '../../src/contracts/api.ts'
import { registeredBrokers } from '../../src/kafka/registered-brokers.ts'
import { loadPlugin } from '../../src/registry.ts'
import {
  filesIn,
  holdElsewhere,
  idsFrom,
  isRunning,
  processesNaming,
  sandbox,
  skipReason,
  start,
  until,
} from './_providers.ts'

/** What a platform has to have for these tests; undefined = it has. */
async function whyNot(provider: string, needs: readonly (() => unknown)[]): Promise<string | undefined> {
  const unavailable = await skipReason(provider)
  if (unavailable) return unavailable
  try {
    for (const need of needs) need()
  } catch (error) {
    return messageOf(error)
  }
  return undefined
}

const needToxiproxy = () => {
  if (findToxiproxy() === null && !existsOnPath('go'))
    throw new Error('there is no toxiproxy-server and no go to build it')
}
const existsOnPath = (name: string) =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, name)))

const box = sandbox('local')
const composeBox = sandbox('compose')
after(async () => {
  await box.remove()
  await composeBox.remove()
})

const namespaceOf = (node: BrokerNode) => `/proc/${node.pid}/ns/net`

async function inside(node: BrokerNode, ...command: string[]): Promise<string> {
  return (await execa('nsenter', [`--net=${namespaceOf(node)}`, ...command])).stdout
}

/** Address of a broker in the cluster's own network. */
async function addressOf(node: BrokerNode): Promise<string> {
  const line = await inside(node, 'ip', '-4', '-o', 'address', 'show', 'dev', 'eth0')
  return /inet ([\d.]+)\//.exec(line)?.[1] ?? assert.fail(line)
}

/** Connects from another broker's network. */
async function reachedFrom(other: BrokerNode, host: string): Promise<boolean> {
  const command = ['timeout', '1', 'bash', '-c', `exec 3<>/dev/tcp/${host}/19092`]
  return !(await execa('nsenter', [`--net=${namespaceOf(other)}`, ...command], { reject: false })).failed
}

/** Connects from this machine. */
const reachedFromHere = (host: string, port: number) => accepts({ host, port }, 1000)

const firewall = (node: BrokerNode) => inside(node, 'iptables', '-S')

/** Who reaches broker `node`: clients of this machine, another broker, itself. */
async function reach(node: BrokerNode, other: BrokerNode) {
  const host = await addressOf(node)
  const [clients, peers, itself] = await Promise.all([
    reachedFromHere(host, 19092),
    reachedFrom(other, host),
    reachedFrom(node, host),
  ])
  return { clients, peers, itself }
}

/** Isolation in each of its kinds, seen by connections; the rules are gone afterwards. */
async function assertIsolation(node: BrokerNode, other: BrokerNode): Promise<void> {
  const everybody = { clients: true, peers: true, itself: true }
  const before = await firewall(node)
  assert.deepEqual(await reach(node, other), everybody)
  for (const [from, expected] of [
    ['all', { clients: false, peers: false, itself: true }],
    ['clients', { clients: false, peers: true, itself: true }],
    ['peers', { clients: true, peers: false, itself: true }],
  ] as const) {
    const healing = await node.isolate!(from)
    assert.deepEqual(await reach(node, other), expected, from)
    await healing[Symbol.asyncDispose]()
    await healing[Symbol.asyncDispose]()
    assert.deepEqual(await reach(node, other), everybody, `after ${from}`)
    assert.equal(await firewall(node), before)
  }
  const [one, two] = [await node.isolate!('clients'), await node.isolate!('clients')]
  await one[Symbol.asyncDispose]()
  assert.equal((await reach(node, other)).clients, false, 'healing one isolation leaves the other')
  await two[Symbol.asyncDispose]()
  assert.equal(await firewall(node), before)
}

/** What clients are told to connect to. */
async function advertised(cluster: Cluster): Promise<string[]> {
  return (await registeredBrokers(cluster.network)).map(({ host, port }) => `${host}:${port}`)
}

async function timeToAnswerMs(node: BrokerNode): Promise<number> {
  const startedAt = performance.now()
  assert.notDeepEqual(await idsFrom(node), [], `broker ${node.id} does not answer`)
  return performance.now() - startedAt
}

/** The proxy delays in the direction asked for, cuts and lets through again. */
async function assertProxied(cluster: Cluster, node: BrokerNode): Promise<void> {
  assert.deepEqual(await advertised(cluster), cluster.network.bootstrap)
  const latency = await node.proxy!.toxic('latency', 'downstream', { latency: 300 })
  const slow = await timeToAnswerMs(node)
  await latency[Symbol.asyncDispose]()
  assert.ok(slow >= 300, `answered in ${slow} ms`)
  await until('it is fast again', async () => (await timeToAnswerMs(node)) < 300)
  const [one, two] = [await node.proxy!.disable(), await node.proxy!.disable()]
  assert.equal(await reachedFromHere(node.host, node.port), false)
  await one[Symbol.asyncDispose]()
  assert.equal(await reachedFromHere(node.host, node.port), false, 'still disabled by the other')
  await two[Symbol.asyncDispose]()
  assert.notDeepEqual(await idsFrom(node), [])
  await assert.rejects(node.proxy!.toxic('no-such', 'upstream', {}), (error: KbenchError) => {
    assert.equal(error.code, 'environment')
    return true
  })
}

/** The broker's data lies on a file system of its own, of that size. */
async function assertSmallDisk(node: BrokerNode, bytes: number): Promise<void> {
  const { path } = node.disk!
  const { bsize, blocks } = statfsSync(path)
  assert.equal(bsize * blocks, bytes)
  assert.notEqual(
    readdirSync(path, { recursive: true })
      .map(String)
      .find((name) => name.endsWith('meta.properties')),
    undefined,
  )
  const filler = Buffer.alloc(bytes)
  assert.throws(() => writeFileSync(join(path, 'filler'), filler), /ENOSPC/)
}

const namespaces = () => filesIn('/run/netns').filter((name) => name.includes(`kbench-test-${process.pid}-`))
const links = () => filesIn('/sys/class/net').filter((name) => /^kb[0-9a-f]{8}$/.test(name))
const mounts = (folder: string) =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(folder))

function assertNothingLeft(directory: string, linksBefore: readonly string[]): void {
  assert.deepEqual(processesNaming(directory), [])
  assert.deepEqual(namespaces(), [])
  assert.deepEqual(links(), linksBefore)
  assert.deepEqual(mounts(directory), [])
  assert.deepEqual(box.leases(), [])
}

const local = await whyNot('local', [requireIsolation])

describe('three local brokers in a network namespace each', { ...(local && { skip: local }) }, () => {
  let cluster: Cluster
  let directory = ''
  let linksBefore: string[] = []

  before(async () => {
    directory = box.directory()
    linksBefore = links()
    cluster = await start('local', { layout: 'kraft-3', directory, features: ['isolation'] })
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  test('each is advertised under its own address and counts its own traffic', async () => {
    assert.deepEqual(await advertised(cluster), cluster.network.bootstrap)
    assert.equal(new Set(cluster.nodes.map(({ host }) => host)).size, 3)
    for (const node of cluster.nodes) {
      assert.equal(node.host, await addressOf(node))
      assert.ok((await node.usage!()).networkInBytes! > 0)
    }
  })

  test('isolated from all, clients or peers: what is dropped, and that healing removes just that', () =>
    assertIsolation(cluster.nodes[1]!, cluster.nodes[0]!))

  test('an isolated broker is given up by the others; started again in its namespace it is back, under SIGTERM too', async () => {
    const [first, second] = cluster.nodes as [BrokerNode, BrokerNode]
    const healing = await second.isolate!('all')
    await until('broker 1 does not list broker 2', async () => !(await idsFrom(first)).includes(2))
    await second.signal!('SIGKILL')
    await until('it has ended', () => second.pid === undefined)
    await second.start!()
    assert.notEqual(second.pid, undefined)
    assert.equal((await reach(second, first)).peers, false, 'it is still isolated')
    await healing[Symbol.asyncDispose]()
    await until('broker 1 lists broker 2', async () => (await idsFrom(first)).includes(2))
    await until('broker 2 lists everybody', async () => (await idsFrom(second)).length === 3)
  })

  test('SIGTERM moves the leaders first, and they come back to the preferred broker within seconds', async () => {
    const [first, second] = cluster.nodes as [BrokerNode, BrokerNode]
    const admin = new kafkajs.Kafka({ brokers: [`${first.host}:${first.port}`], logLevel: 0 }).admin()
    await admin.connect()
    const leaders = async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: ['kbench-led'] })
      return topics[0]!.partitions.map(({ leader }) => leader)
    }
    try {
      const replicaAssignment = [0, 1, 2].map((partition) => ({ partition, replicas: [2, 1, 3] }))
      await admin.createTopics({ topics: [{ topic: 'kbench-led', replicaAssignment }], waitForLeaders: false })
      // A broker that has not heard of it yet says that there is none.
      const led = () => leaders().catch((): number[] => [])
      await until('broker 2 leads', async () => (await led()).join() === '2,2,2')
      await second.signal!('SIGTERM')
      await until('it has ended', () => second.pid === undefined)
      assert.match(readFileSync(join(directory, 'kafka2.log'), 'utf8'), /controlled shutdown/)
      assert.ok(
        (await leaders()).every((leader) => leader === 1 || leader === 3),
        String(await leaders()),
      )
      await second.start!()
      await until('broker 2 leads again', async () => (await leaders()).every((leader) => leader === 2))
    } finally {
      await admin.disconnect()
    }
  })

  test('disposing while a broker is isolated leaves no namespace, interface or process', async () => {
    assert.equal(namespaces().length, 4)
    await cluster.nodes[0]!.isolate!('all')
    await cluster[Symbol.asyncDispose]()
    assertNothingLeft(directory, linksBefore)
  })
})

const everything = ['isolation', 'proxies', 'small-disks'] as const
const localAll = await whyNot('local', [requireIsolation, requireSmallDisks, needToxiproxy])

describe('a local broker with everything a fault can need', { ...(localAll && { skip: localAll }) }, () => {
  let cluster: Cluster
  let directory = ''
  let linksBefore: string[] = []

  before(async () => {
    directory = box.directory()
    linksBefore = links()
    process.env.KBENCH_SMALL_DISK = '300m'
    cluster = await start('local', { directory, features: everything })
    delete process.env.KBENCH_SMALL_DISK
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  test('clients come through the proxy, which can be slow or closed', () => assertProxied(cluster, cluster.nodes[0]!))

  test('isolated from clients, the proxy takes connections and no answer comes', async () => {
    const node = cluster.nodes[0]!
    const healing = await node.isolate!('clients')
    assert.equal(await reachedFromHere(node.host, node.port), true)
    assert.deepEqual(await idsFrom(node), [])
    await healing[Symbol.asyncDispose]()
    await until('it answers', async () => (await idsFrom(node)).length === 1)
  })

  test('its disk can be filled', () => assertSmallDisk(cluster.nodes[0]!, 300 * 2 ** 20))

  test('disposing leaves nothing but logs', async () => {
    await cluster[Symbol.asyncDispose]()
    assertNothingLeft(directory, linksBefore)
    assert.deepEqual(readdirSync(directory).sort(), ['kafka1.log', 'toxiproxy.log'])
  })

  test('clean removes it all after kill -9', async () => {
    const held = box.directory()
    const { holder, pids } = await holdElsewhere('local', held, everything)
    assert.equal(mounts(held).length, 1)
    holder.kill('SIGKILL')
    await until('the holder is dead', () => !isRunning(holder.pid!))
    const provider = await loadPlugin('clusters', 'local')
    const lines = (await provider.clean!(new AbortController().signal)).join('\n')
    for (const what of [
      /ended kafka1/,
      /ended Toxiproxy/,
      /unmounted/,
      /network interface kb/,
      /namespace .*-kafka1/,
      /namespace .*-hub/,
    ]) {
      assert.match(lines, what)
    }
    await until('the broker is gone', () => !isRunning(pids[0]!))
    assertNothingLeft(held, linksBefore)
    assert.deepEqual(
      filesIn('/run/netns').filter((name) => name.includes(`-${holder.pid}-`)),
      [],
    )
  })

  test('a run that just exits takes it all with it', async () => {
    const held = box.directory()
    const { holder, pids } = await holdElsewhere('local', held, everything)
    holder.kill('SIGTERM')
    await until('the broker is gone', () => !isRunning(pids[0]!))
    await until('the lease is gone', () => box.leases().length === 0)
    // They are killed as it exits, and the kernel takes its time to be done with them.
    await until('every process is gone', () => processesNaming(held).length === 0)
    assertNothingLeft(held, linksBefore)
  })
})

const compose = await whyNot('compose', [requireIsolation, requireSmallDisks, needToxiproxy])

describe('three containers with everything a fault can need', { ...(compose && { skip: compose }) }, () => {
  let cluster: Cluster
  let directory = ''

  before(async () => {
    directory = composeBox.directory()
    cluster = await start('compose', { layout: 'kraft-3', directory, features: everything })
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  test('clients come through the proxy, which can be slow or closed', () => assertProxied(cluster, cluster.nodes[2]!))

  test('isolated from all, clients or peers; a broker started again can be isolated again', async () => {
    const [first, second] = cluster.nodes as [BrokerNode, BrokerNode]
    await assertIsolation(second, first)
    const healing = await second.isolate!('all')
    await second.signal!('SIGKILL')
    await until('it has ended', () => second.pid === undefined)
    await assert.rejects(second.isolate!('all'), /does not run/)
    await second.start!()
    await healing[Symbol.asyncDispose]()
    await until('it listens', async () => reachedFromHere(await addressOf(second), 19092))
    await assertIsolation(second, first)
    await until('broker 2 lists everybody', async () => (await idsFrom(second)).length === 3)
  })

  test('a broker that is cut off is seen to be, although something of Docker’s may take connections for it', async () => {
    const { inject, options } = await loadPlugin('faults', 'isolate-broker')
    const context = {
      cluster,
      brokers: [cluster.nodes[1]!],
      topic: { name: 't', partitions: 1 },
    } as unknown as FaultContext
    for (const from of ['all', 'clients']) {
      await using injected = await inject(options.parse({ from }), context)
      await until(`cut off from ${from}`, async () => (await injected.verify()) !== false)
    }
    await until('broker 2 lists everybody', async () => (await idsFrom(cluster.nodes[1]!)).length === 3)
  })

  test('SIGTERM is a controlled shutdown', async () => {
    const node = cluster.nodes[2]!
    await node.signal!('SIGTERM')
    await until('it has ended', () => node.pid === undefined)
    await node.start!()
    await until('broker 3 lists everybody', async () => (await idsFrom(node)).length === 3)
  })

  test('its disk outlives a restart and can be filled', () => assertSmallDisk(cluster.nodes[0]!, 512 * 2 ** 20))

  test('disposing leaves nothing but logs', async () => {
    await cluster[Symbol.asyncDispose]()
    assert.deepEqual(processesNaming(directory), [])
    assert.deepEqual(mounts(directory), [])
    assert.deepEqual(composeBox.leases(), [])
    assert.match(readFileSync(join(directory, 'kafka3.log'), 'utf8'), /controlled shutdown/)
    assert.deepEqual(readdirSync(directory).sort(), ['kafka1.log', 'kafka2.log', 'kafka3.log', 'toxiproxy.log'])
  })
})

test('a provider that cannot have a feature says so', async () => {
  for (const name of ['mock', 'fake']) {
    if (await skipReason(name)) continue
    const starting = start(name, { directory: box.directory(), features: ['isolation'] })
    await assert.rejects(starting, (error: KbenchError) => {
      assert.equal(error.code, 'environment')
      assert.match(error.message, /cannot have .*isolation/)
      return true
    })
  }
})
