import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { execa } from 'execa'
import kafkajs from 'kafkajs'
import type { KbenchError } from '../../src/base/errors.ts'
import { startLocalCluster } from '../../src/clusters/local/cluster.ts'
import { fetchJars, findJars } from '../../src/clusters/local/jars.ts'
import { serverProperties } from '../../src/clusters/local/server-properties.ts'
import { prepareLayout } from '../../src/clusters/shared/layout.ts'
import type { Cluster } from '../../src/contracts/api.ts'
import { loadPlugin } from '../../src/registry.ts'
import {
  filesIn,
  holdElsewhere,
  idsFrom,
  isRunning,
  listeningAddresses,
  loopback,
  processesNaming,
  sandbox,
  skipReason,
  start,
  stateOf,
  until,
} from './_providers.ts'

const skip = await skipReason('local')
const box = sandbox('local')
after(box.remove)

const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java'

/** Nice values add up, to 19 at most. */
const lower = (by: number): number => Math.min(19, getPriority() + by)

/** The error that a start ends with. A start that succeeds is torn down, then fails the test. */
async function errorOf(starting: Promise<Cluster>): Promise<KbenchError> {
  const outcome = await starting.catch((error: KbenchError) => error)
  if (outcome instanceof Error) return outcome
  await outcome[Symbol.asyncDispose]()
  return assert.fail('it started')
}

/** Nothing of a run is left on the machine but its logs. */
function assertNothingLeft(directory: string): void {
  assert.deepEqual(processesNaming(directory), [])
  assert.equal(existsSync(join(directory, 'brokers')), false)
  assert.deepEqual(box.leases(), [])
}

describe('two local clusters at once', { ...(skip && { skip }) }, () => {
  const directories = { three: '', one: '' }
  let three: Cluster
  let one: Cluster

  before(async () => {
    directories.three = box.directory()
    directories.one = box.directory()
    ;[three, one] = await Promise.all([
      start('local', { layout: 'kraft-3', directory: directories.three, paced: true }),
      start('local', { layout: 'kraft-1', directory: directories.one }),
    ])
  })
  // A failing test must not leave brokers behind.
  after(async () => {
    await three?.[Symbol.asyncDispose]()
    await one?.[Symbol.asyncDispose]()
  })

  test('each is a cluster of its own whose brokers all list all of theirs', async () => {
    assert.deepEqual(
      three.nodes.map(({ id }) => id),
      [1, 2, 3],
    )
    for (const node of three.nodes) assert.deepEqual(await idsFrom(node), [1, 2, 3])
    assert.deepEqual(await idsFrom(one.nodes[0]!), [1])
    const { layout, kafkaVersion } = await three.describe()
    assert.deepEqual({ layout, kafkaVersion }, { layout: 'kraft-3', kafkaVersion: '4.1.0' })
    assert.equal(box.leases().length, 2)
  })

  test('brokers listen on the loopback only, in a rack each', async () => {
    for (const { port } of [...three.nodes, ...one.nodes]) {
      const addresses = listeningAddresses(port)
      assert.ok(addresses.length > 0, `nobody listens on ${port}`)
      for (const address of addresses) assert.ok(loopback.includes(address), address)
    }
    const admin = new kafkajs.Kafka({ brokers: [...three.network.bootstrap], logLevel: 0 }).admin()
    await admin.connect()
    try {
      const racks = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [1, 2, 3].map((id) => ({ type: 4, name: String(id), configNames: ['broker.rack'] })),
      })
      assert.deepEqual(racks.resources.map(({ configEntries }) => configEntries[0]?.configValue).sort(), [
        'rack-a',
        'rack-b',
        'rack-c',
      ])
      await admin.createTopics({
        topics: [{ topic: 'kbench-t', numPartitions: 6, replicationFactor: 3 }],
        waitForLeaders: false,
      })
      await until('each of its partitions has three replicas in sync', async () => {
        // A broker that has not heard of it yet says that there is none.
        const { topics } = await admin.fetchTopicMetadata({ topics: ['kbench-t'] }).catch(() => ({ topics: [] }))
        return topics[0]?.partitions.filter(({ isr }) => isr.length === 3).length === 6
      })
    } finally {
      await admin.disconnect()
    }
  })

  test('usage: CPU, memory and disk of each broker; no network counters of its own', async () => {
    for (const node of three.nodes) {
      const usage = await node.usage!()
      assert.ok(usage.cpuMs! > 500, String(usage.cpuMs))
      assert.ok(usage.rssBytes! > 100 * 2 ** 20, String(usage.rssBytes))
      assert.ok(usage.diskBytes! > 0)
      assert.equal(usage.networkInBytes, null)
    }
  })

  test('a paced load goes first: its brokers have a nice value, and the facts say which', async () => {
    assert.equal((await three.describe()).brokerOptions?.nice, 10)
    for (const { pid } of three.nodes) assert.equal(getPriority(pid), lower(10))
    assert.equal((await one.describe()).brokerOptions?.nice, 0)
    assert.equal(getPriority(one.nodes[0]!.pid), getPriority())
  })

  test("brokers map Kafka's classes from an archive beside the jars, and the facts show it", async () => {
    assert.equal((await one.describe()).brokerOptions?.classArchive, 'yes')
    for (const { pid } of [...three.nodes, ...one.nodes])
      assert.match(readFileSync(`/proc/${pid}/maps`, 'utf8'), /\/kbench\/kafka-4\.1\.0-[0-9a-f]{12}\.jsa$/m)
  })

  test('a killed broker leaves the cluster and comes back under the same id and port', async () => {
    const [first, second] = three.nodes
    const pid = second!.pid!
    const { cpuMs } = await second!.usage!()
    await second!.signal!('SIGKILL')
    await until('broker 2 is gone', () => second!.pid === undefined)
    assert.equal(isRunning(pid), false)
    await assert.rejects(second!.signal!('SIGTERM'), /does not run/)
    await until('broker 1 does not list broker 2', async () => !(await idsFrom(first!)).includes(2))
    await second!.start!()
    assert.notEqual(second!.pid, pid)
    await until('broker 2 lists everybody', async () => (await idsFrom(second!)).length === 3)
    assert.equal(getPriority(second!.pid), lower(10))
    assert.ok((await second!.usage!()).cpuMs! > cpuMs!, 'counters go on')
  })

  test('SIGSTOP pauses, SIGCONT resumes, SIGTERM ends cleanly', async () => {
    const third = three.nodes[2]!
    await third.signal!('SIGSTOP')
    await until('it is stopped', () => stateOf(third.pid!) === 'T')
    await third.signal!('SIGCONT')
    await until('it runs', () => stateOf(third.pid!) !== 'T')
    await third.signal!('SIGTERM')
    await third.start!()
    await until('broker 3 lists everybody', async () => (await idsFrom(third)).length === 3)
  })

  test('disposing one leaves the other alone; then nothing is left but logs', async () => {
    await three[Symbol.asyncDispose]()
    assert.deepEqual(processesNaming(directories.three), [])
    assert.deepEqual(await idsFrom(one.nodes[0]!), [1])
    // Also a broker that does not run any more, and one that is stopped.
    await one.nodes[0]!.signal!('SIGSTOP')
    await one[Symbol.asyncDispose]()
    await one[Symbol.asyncDispose]()
    assertNothingLeft(directories.one)
    assertNothingLeft(directories.three)
    assert.deepEqual(readdirSync(directories.three).sort(), ['kafka1.log', 'kafka2.log', 'kafka3.log'])
  })
})

describe('a local cluster that does not come up', { ...(skip && { skip }) }, () => {
  /** The error of a start with these environment variables. */
  async function failureWith(env: Record<string, string>, startTimeout = 60_000) {
    const directory = box.directory()
    Object.assign(process.env, env)
    try {
      return { error: await errorOf(start('local', { directory, startTimeout })), directory }
    } finally {
      for (const key of Object.keys(env)) delete process.env[key]
      assertNothingLeft(directory)
    }
  }

  /** The error of a start whose broker has another setting than the layout says. */
  async function failureOf(setting: Record<string, string>) {
    const directory = box.directory()
    const layout = await prepareLayout('kraft-1', process.env, { privatePorts: true })
    Object.assign(layout.kafka[0]!.environment, setting)
    const { signal } = new AbortController()
    const jars = findJars('4.1.0', false) ?? (await fetchJars('4.1.0', { signal, say: () => undefined }))
    const context = { runId: `test-${process.pid}-broken`, directory, signal, say: () => undefined }
    try {
      return await errorOf(
        startLocalCluster(layout, { command: java, jars, archive: null, connect: null }, 60_000, context),
      )
    } finally {
      assertNothingLeft(directory)
    }
  }

  test('a broker that ends at once is reported at once, with the tail of its log', async () => {
    const startedAt = performance.now()
    const error = await failureOf({ KAFKA_METRIC_REPORTERS: 'no.such.Reporter' })
    assert.equal(error.code, 'environment')
    assert.match(error.message, /^broker 1 \(kafka1\) ended with code 1 while starting$/)
    assert.match(error.details.join('\n'), /no\.such\.Reporter/)
    assert.ok(performance.now() - startedAt < 55_000, 'before the deadline')
  })

  test('storage that cannot be formatted is reported with what Kafka says', async () => {
    const error = await failureOf({ KAFKA_LOG_RETENTION_MS: 'for ever' })
    assert.equal(error.code, 'environment')
    assert.match(error.message, /could not format/)
    assert.match(error.details.join('\n'), /for ever/)
  })

  test('the deadline is kept and the log shown', async () => {
    const { error, directory } = await failureWith({}, 1)
    assert.match(error.message, /not ready within 0\.001 s: broker 1 did not answer/)
    assert.deepEqual(filesIn(directory), ['kafka1.log'])
  })

  test('a port that is taken is named', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    try {
      const { error } = await failureWith({ KBENCH_PORT_KAFKA1: String(port) })
      assert.equal(error.code, 'environment')
      assert.match(error.message, new RegExp(`port ${port} `))
    } finally {
      server.close()
    }
  })

  test('without Java, it says so', async () => {
    const { error } = await failureWith({ JAVA_HOME: '/nonexistent' })
    assert.equal(error.code, 'environment')
    assert.match(error.message, /there is no \/nonexistent\/bin\/java/)
    assert.match(error.hint ?? '', /install Java 17/)
  })

  test('an abort while the brokers start ends it at once', async () => {
    const directory = box.directory()
    const controller = new AbortController()
    const starting = start('local', { layout: 'kraft-3', directory, signal: controller.signal })
    const outcome = assert.rejects(starting, (error: KbenchError) => error.code === 'interrupted')
    await until('all three brokers run', () => filesIn(directory).filter((name) => name.endsWith('.log')).length === 3)
    const abortedAt = performance.now()
    controller.abort()
    await outcome
    assert.ok(performance.now() - abortedAt < 5000, 'within seconds')
    assertNothingLeft(directory)
  })

  test('an abort before the brokers start starts none', async () => {
    const directory = box.directory()
    const starting = start('local', { directory, signal: AbortSignal.abort() })
    await assert.rejects(starting, (error: KbenchError) => error.code === 'interrupted')
    assertNothingLeft(directory)
  })
})

describe('server.properties', { ...(skip && { skip }) }, () => {
  test("is what Kafka's own Docker wrapper makes of the same environment", async () => {
    const folder = box.directory()
    const { kafka } = await prepareLayout('kraft-3', process.env, { privatePorts: false })
    const environment = { ...kafka[0]!.environment, KAFKA_LOG_DIRS: join(folder, 'data') }
    const { folder: jars } = findJars('4.1.0', false)!
    const folders = ['default', 'mounted', 'final'].map((name) => join(folder, name))
    for (const each of folders) mkdirSync(each)
    for (const name of ['server.properties', 'log4j2.yaml', 'tools-log4j2.yaml'])
      writeFileSync(join(folders[0]!, name), '')
    await execa(
      java,
      [
        ...['-cp', `${jars}/*`, 'kafka.docker.KafkaDockerWrapper', 'setup', '--default-configs-dir', folders[0]!],
        ...['--mounted-configs-dir', folders[1]!, '--final-configs-dir', folders[2]!],
      ],
      { env: environment, extendEnv: false },
    )
    const lines = readFileSync(join(folders[2]!, 'server.properties'), 'utf8').split('\n').filter(Boolean)
    const expected = Object.entries(serverProperties(environment)).map(([key, value]) => `${key}=${value}`)
    assert.deepEqual(lines.sort(), expected.sort())
  })
})

describe('clean after kill -9', { ...(skip && { skip }) }, () => {
  test('removes what the dead run left, and only then', async () => {
    const directory = box.directory()
    const local = await loadPlugin('clusters', 'local')
    const { signal } = new AbortController()
    const { holder, pids } = await holdElsewhere('local', directory)
    assert.deepEqual(await local.clean!(signal), [], 'its run is alive')
    holder.kill('SIGKILL')
    await until('the holder is dead', () => !isRunning(holder.pid!))
    assert.ok(isRunning(pids[0]!), 'brokers outlive a killed run')
    const lines = await local.clean!(signal)
    assert.equal(lines.length, 3, lines.join('\n'))
    assert.match(lines[0]!, new RegExp(`ended kafka1 \\(process ${pids[0]}\\)`))
    await until('the broker is gone', () => !isRunning(pids[0]!))
    assertNothingLeft(directory)
    assert.deepEqual(await local.clean!(signal), [])
  })

  test('a run that just exits takes its brokers with it', async () => {
    const directory = box.directory()
    const { holder, pids } = await holdElsewhere('local', directory)
    holder.kill('SIGTERM')
    await until('the broker is gone', () => !isRunning(pids[0]!))
    await until('nothing is left', () => box.leases().length === 0)
    assertNothingLeft(directory)
  })
})
