import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { addressText } from '../../base/address.ts'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { within } from '../../base/within.ts'
import type { Cluster } from '../../contracts/api.ts'
import { chooseProvider, startCluster } from '../run/choose-cluster.ts'
import { brokerOf, startBroker, stopBroker } from './brokers.ts'
import {
  dataFolder,
  keepClientConfig,
  logFolder,
  noteKept,
  type StandingJob,
  type StandingReply,
  type StandingRequest,
  type StandingState,
  socketPath,
  writeState,
} from './standing.ts'

// Entry of the supervisor of a cluster that people work with: a process of its own, without a terminal, until it is asked to end.

const aborted = new AbortController()
/** Asked when the cluster is disposed of. Once it is up, a supervisor that a signal ends throws nobody's data away. */
let keep = true
let held: { state: StandingState; cluster: Cluster } | null = null

process.on('message', (message: { job: StandingJob } | { abort: true }) => {
  if ('abort' in message) aborted.abort()
  else void supervise(message.job)
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (held) void endBySignal(held.state, held.cluster)
    else aborted.abort() // while it starts: what is there goes, and the process with it
  })
}

/** Whoever started it may be gone. */
function reply(reply: StandingReply): void {
  if (process.connected) process.send?.(reply, undefined, undefined, () => undefined)
}

async function supervise(job: StandingJob): Promise<void> {
  keep = job.hasData
  let cluster: Cluster | null = null
  try {
    const started = await bringUp(job)
    cluster = started.cluster
    await serve(job.name, cluster)
    writeState(started.state)
    keep = true
    held = { state: started.state, cluster }
    reply({ ok: started.state })
  } catch (error) {
    await cluster?.[Symbol.asyncDispose]()
    reply(failure(error))
    // The channel takes what was sent before the process goes.
    setTimeout(() => process.exit(1), 100)
  }
}

async function bringUp(job: StandingJob): Promise<{ cluster: Cluster; state: StandingState }> {
  const { name, layout, clusterId, startTimeoutMs: startTimeout } = job
  mkdirSync(dataFolder(name), { recursive: true })
  const options = { provider: job.provider, layout, startTimeout }
  const choice = await chooseProvider(options, aborted.signal)
  // A mock ends with its run.
  if (choice.provider === null || choice.provider === 'mock') {
    throw new KbenchError('environment', 'no cluster that stays can run on this machine', {
      details: choice.rejected.map((other) => `${other.provider}: ${other.reason}: ${other.hint}`),
      hint: 'kbench doctor shows what is missing',
    })
  }
  const { cluster, provider } = await startCluster(options, {
    choice,
    runId: name,
    directory: logFolder(name),
    signal: aborted.signal,
    say: (line) => reply({ say: line }),
    standing: { data: dataFolder(name), clusterId, keep: () => keep },
  })
  const { kafkaVersion } = await cluster.describe()
  const state: StandingState = {
    version: 1,
    ...{ name, layout, provider, clusterId, kafkaVersion },
    bootstrap: [...cluster.network.bootstrap],
    ...(cluster.network.security ? { config: keepClientConfig(name, cluster.network.security) } : {}),
    nodes: cluster.nodes.map(({ id, host, port }) => ({ id, address: addressText({ host, port }) })),
    pid: process.pid,
    startedAt: new Date().toISOString(),
    kept: false,
  }
  return { cluster, state }
}

function failure(error: unknown): StandingReply {
  if (!(error instanceof KbenchError)) {
    return { error: { code: 'internal', message: messageOf(error), details: [], hint: null } }
  }
  const { code, message, details, hint = null } = error
  return { error: { code, message, details, hint } }
}

async function serve(name: string, cluster: Cluster): Promise<void> {
  const path = socketPath(name)
  rmSync(path, { force: true })
  const server = createServer((socket) => {
    const reply = (value: StandingReply) => void (socket.writable && socket.write(`${JSON.stringify(value)}\n`))
    socket.on('error', () => undefined) // who asked is gone
    const lines = createInterface({ input: socket })
    lines.on('error', () => undefined)
    lines.once('line', (line) => void answer(line, name, cluster, reply, socket))
  })
  await within(
    10_000,
    `socket ${path}`,
    () =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(path, resolve)
      }),
  )
}

async function answer(
  line: string,
  name: string,
  cluster: Cluster,
  reply: (value: StandingReply) => void,
  socket: Socket,
): Promise<void> {
  try {
    const request = JSON.parse(line) as StandingRequest
    if (ending) throw new KbenchError('environment', `cluster ${name} is being taken down`)
    if (request.op === 'down') {
      keep = request.keep
      await end(cluster)
      reply({ ok: null })
      socket.end()
      leave(name)
      return
    }
    reply({ ok: (await obey(request, cluster, (text) => reply({ say: text }))) ?? null })
  } catch (error) {
    reply(failure(error))
  }
  socket.end()
}

async function obey(
  request: Exclude<StandingRequest, { op: 'down' }>,
  cluster: Cluster,
  say: (line: string) => void,
): Promise<unknown> {
  switch (request.op) {
    case 'ping':
      return null
    case 'stop':
      return stopBroker(brokerOf(cluster, request.broker), request.signal, say)
    case 'start':
      return startBroker(brokerOf(cluster, request.broker), cluster.network, say)
    case 'log-command':
      return { command: cluster.logCommand?.(request) ?? null, env: ownVariables() }
    default:
      throw new KbenchError(
        'environment',
        `the supervisor does not know the request ${(request as { op: string }).op}`,
        {
          hint: 'another version of kbench has started it: take the cluster down with --keep, and up again',
        },
      )
  }
}

/** What the cluster was started with, which its compose file is read with. */
function ownVariables(): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) =>
    /^(KBENCH_|COMPOSE_|DOCKER_|KAFKA_|CONFLUENT_|ZOOKEEPER_)/.test(name),
  )
  return Object.fromEntries(own) as Record<string, string>
}

let ending: Promise<void> | null = null

/** Takes the cluster down, once; rejects when something of it could not be removed. */
function end(cluster: Cluster): Promise<void> {
  ending ??= Promise.resolve(cluster[Symbol.asyncDispose]())
  return ending
}

/** Ends this process, when what was written last has gone out. */
function leave(name: string): void {
  rmSync(socketPath(name), { force: true })
  setTimeout(() => process.exit(0), 100)
}

async function endBySignal(state: StandingState, cluster: Cluster): Promise<void> {
  try {
    await end(cluster)
    noteKept(state)
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
  }
  leave(state.name)
}
