import { type ChildProcess, fork } from 'node:child_process'
import { once as onceEvent } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addressIn } from '../base/address.ts'
import { KbenchError } from '../base/errors.ts'
import { within } from '../base/within.ts'
import type { Cluster, ProvisionContext } from '../contracts/api.ts'
import { defineClusterProvider } from '../contracts/define.ts'
import { findLibrdkafka, librdkafkaHint } from '../kafka/librdkafka.ts'
import { tailOf } from './local/jvm.ts'
import { kafkaServices } from './local/server-properties.ts'
import type { MockReply, MockRequest } from './mock/process.ts'
import { parseClient, parseServices, readLayout } from './shared/compose-file.ts'
import { disposeAfterFailure, once } from './shared/dispose.ts'
import { refuseFeatures } from './shared/features.ts'
import { cleanLeases, holdLease } from './shared/lease.ts'
import { type LayoutOptions, layoutOptions } from './shared/options.ts'
import { throwIfInterrupted, waitUntilRegistered } from './shared/ready.ts'

const notBuilt = 'the mock cluster is part of librdkafka, and node-rdkafka is not built'

/** librdkafka's mock cluster with as many brokers as the layout has. */
export default defineClusterProvider<LayoutOptions>({
  summary: "librdkafka's mock cluster: no Kafka, needs only npm; measures only the client",
  transferable:
    "no Kafka: librdkafka's mock cluster, in memory, without replication, at most 5 MiB kept per partition; it measures only the client",
  options: layoutOptions,

  async available({ layout }) {
    if (await isSecured(layout)) return { ok: false, ...noSecurity(layout) }
    return findLibrdkafka() ? { ok: true } : { ok: false, reason: notBuilt, hint: librdkafkaHint() }
  },

  async provision(options, context) {
    refuseFeatures('mock', context)
    if (await isSecured(options.layout)) {
      const { reason, hint } = noSecurity(options.layout)
      throw new KbenchError('environment', reason, { hint })
    }
    const library = findLibrdkafka()
    if (!library) throw new KbenchError('environment', notBuilt, { hint: librdkafkaHint() })
    const brokers = kafkaServices(parseServices(await readLayout(options.layout), process.env)).filter(
      (s) => s.isBroker,
    )
    const racks = brokers.map(({ environment }) => environment.KAFKA_BROKER_RACK ?? '')
    throwIfInterrupted(context.signal)
    return startMockCluster(library, racks, options, context)
  },

  async findings() {
    const library = findLibrdkafka()
    return [{ what: 'librdkafka (mock)', found: library, ...(library ? {} : { hint: librdkafkaHint() }) }]
  },

  clean: () => cleanLeases('mock'),
})

const isSecured = async (layout: string): Promise<boolean> =>
  parseClient(await readLayout(layout), process.env) !== null

const noSecurity = (layout: string) => ({
  reason: `layout ${layout} has encryption or login, and the mock cluster has neither`,
  hint: 'use provider local or compose',
})

/** To create a topic, or to end, ms. */
const answerMs = 10_000

async function startMockCluster(
  library: string,
  racks: readonly string[],
  options: LayoutOptions,
  context: ProvisionContext,
): Promise<Cluster> {
  let child: ChildProcess | undefined
  const lease = holdLease(context.runId, 'mock', { project: null, directories: [], ports: [] }, () => {
    child?.kill('SIGKILL')
    return true
  })
  const dispose = once(async () => {
    if (child && !hasEnded(child)) {
      const mock = child
      await within(answerMs, 'the end of the mock cluster', () => {
        const ended = onceEvent(mock, 'exit')
        mock.kill('SIGKILL')
        return ended
      })
    }
    lease.release()
  })
  try {
    const log = join(context.directory, 'mock.log')
    child = launch(log)
    if (child.pid !== undefined) lease.children([{ pid: child.pid, name: 'mock cluster' }])
    const mock = child
    const bootstrap = await started(mock, { kind: 'start', library, racks }, log, options.startTimeout)
    const nodes = bootstrap.map((address, i) => ({ id: i + 1, ...addressIn(address) }))
    await waitUntilRegistered(nodes, {
      timeoutMs: options.startTimeout,
      signal: context.signal,
      ended: async () =>
        hasEnded(mock) ? [{ id: 1, name: 'mock', why: `ended (${mock.signalCode ?? mock.exitCode})` }] : [],
      logTail: () => tailOf(log),
    })
    return {
      network: { bootstrap },
      nodes,
      describe: async () => ({ layout: options.layout, kafkaVersion: null }),
      createTopic: topicCreator(mock),
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await disposeAfterFailure(dispose, context)
    throw error
  }
}

/** In a process group of its own, so that Ctrl-C in a terminal reaches kbench alone. */
function launch(log: string): ChildProcess {
  const output = openSync(log, 'a')
  try {
    const path = fileURLToPath(
      new URL(`./mock/process.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
    )
    return fork(path, { detached: true, stdio: ['ignore', output, output, 'ipc'], execArgv: [] })
  } finally {
    closeSync(output)
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

async function started(child: ChildProcess, request: MockRequest, log: string, limitMs: number): Promise<string[]> {
  const answer = await within(
    limitMs,
    'the mock cluster',
    () =>
      new Promise<MockReply>((resolve) => {
        child.once('message', resolve)
        child.once('exit', (code, signal) => resolve({ kind: 'failed', message: `it ended (${signal ?? code})` }))
        child.send(request)
      }),
  )
  if (answer.kind === 'started') {
    // librdkafka names the brokers by "localhost" or address; both are this machine.
    return answer.bootstrap
      .split(',')
      .map((address) => address.replace(/^.*:\/\//, '').replace(/^localhost:/, '127.0.0.1:'))
  }
  const message = answer.kind === 'failed' ? answer.message : 'it answered something else'
  throw new KbenchError('environment', `the mock cluster did not start: ${message}`, { details: await tailOf(log) })
}

/** CreateTopics is not in the mock's protocol: a call into its process instead. */
function topicCreator(child: ChildProcess): NonNullable<Cluster['createTopic']> {
  const waiting = new Map<number, { resolve(): void; reject(error: KbenchError): void }>()
  let calls = 0
  child.on('message', (reply: MockReply) => {
    if (reply.kind !== 'created') return
    const call = waiting.get(reply.call)
    waiting.delete(reply.call)
    if (reply.error === null) call?.resolve()
    else call?.reject(new KbenchError('environment', `the mock cluster refused the topic: ${reply.error}`))
  })
  child.on('exit', (code, signal) => {
    for (const call of waiting.values()) {
      call.reject(new KbenchError('environment', `the mock cluster ended (${signal ?? code})`))
    }
    waiting.clear()
  })
  return (name, partitions, replicationFactor) =>
    within(
      answerMs,
      `topic ${name} of the mock cluster`,
      () =>
        new Promise((resolve, reject) => {
          if (hasEnded(child)) return reject(new KbenchError('environment', 'the mock cluster has ended'))
          const call = calls++
          waiting.set(call, { resolve, reject })
          const request: MockRequest = { kind: 'create-topic', call, name, partitions, replicationFactor }
          child.send(request)
        }),
    )
}
