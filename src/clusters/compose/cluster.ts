import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addressText } from '../../base/address.ts'
import { KbenchError } from '../../base/errors.ts'
import type { BrokerNode, Cluster, ProvisionContext, Security } from '../../contracts/api.ts'
import type { Jvm } from '../local/jvm.ts'
import { gently, type KafkaService, versionOf } from '../local/server-properties.ts'
import { type Environment, layoutPath } from '../shared/compose-file.ts'
import { disposeAfterFailure, once } from '../shared/dispose.ts'
import { jvmOptionsOf, type PreparedLayout } from '../shared/layout.ts'
import { layoutSecurity } from '../shared/layout-security.ts'
import { holdLease } from '../shared/lease.ts'
import { secretsPath } from '../shared/one-shot.ts'
import { throwIfInterrupted, waitUntilRegistered } from '../shared/ready.ts'
import {
  type Compose,
  type Container,
  containersOf,
  docker,
  lastLines,
  logsOf,
  logTail,
  removeProject,
  run,
} from './docker.ts'
import { containerNode } from './node.ts'
import { type ComposeSite, planComposeSite } from './site.ts'

/** KBENCH_KAFKA_IMAGE may carry its tag; the layouts want it in KAFKA_VERSION, for docker-compose v1 cannot nest defaults. */
export function composeEnvironment(env: Environment = process.env): Environment {
  const [, image, tag] = /^(.+):([^/:]+)$/.exec(env.KBENCH_KAFKA_IMAGE ?? '') ?? []
  return image ? { ...env, KBENCH_KAFKA_IMAGE: image, KAFKA_VERSION: tag } : env
}

/** Brings the project up under a name of its own and awaits it; when that fails, nothing is left but the logs. */
export async function startComposeCluster(
  layout: PreparedLayout,
  compose: Compose,
  timeoutMs: number,
  context: ProvisionContext,
): Promise<Cluster> {
  const project = projectName(context.runId)
  const site = await planComposeSite(layout, realpathSync(context.directory), context)
  const files = [layoutPath(layout.name), ...site.files].flatMap((file) => ['-f', file])
  const command = [...compose.command, '-p', project, ...files]
  // kbench looks for itself whether the brokers are there. A health check costs 50 ms of CPU each: none while it measures.
  const env = { KBENCH_HEALTH_INTERVAL: '24h', ...setVariables(layout.environment) }
  const processes: Jvm[] = []
  const { standing } = context
  // What people keep goes when they say so, not when a supervisor was killed.
  const keepVolumes = standing !== undefined
  const secrets = join(realpathSync(context.directory), 'secrets')
  const holdings = {
    project: { name: project, dockerHost: process.env.DOCKER_HOST ?? null, keepVolumes },
    ...site.holdings,
    directories: [...site.holdings.directories, secrets],
  }
  const lease = holdLease(context.runId, 'compose', holdings, () => {
    // This process is about to exit: a process of its own takes everything down, and the lease stays for `kbench clean`.
    const [file = '', ...args] = [
      ...command,
      'down',
      '--remove-orphans',
      '--timeout',
      '0',
      ...(keepVolumes ? [] : ['--volumes']),
    ]
    spawn(file, args, { detached: true, stdio: 'ignore', env: { ...process.env, ...env } }).unref()
    for (const child of processes) child.killNow()
    return false
  })
  let containers: Container[] = []
  const dispose = once(async () => {
    // Data that is to be used again: nothing to recover, and no session at ZooKeeper that outlives its broker.
    // Connect first: it has to write down how far it is.
    const groups = standing?.keep() ? [layout.connects, ...gently(layout.kafka)] : []
    for (const services of groups.filter((group) => group.length > 0)) {
      await run([...command, 'stop', '--timeout', '15', ...services.map(({ name }) => name)], {
        env,
        timeoutMs: 60_000,
      })
    }
    await saveLogs(containers, context.directory)
    await removeProject(project, { keepVolumes: standing?.keep() ?? false })
    await Promise.all(processes.map((child) => child.kill()))
    await rm(secrets, { recursive: true, force: true })
    site.removeNow()
    lease.release()
  })
  try {
    await site.prepare((child) => {
      processes.push(child)
      lease.children(processes.flatMap(({ pid, name }) => (pid() === undefined ? [] : [{ pid: pid()!, name }])))
    })
    throwIfInterrupted(context.signal)
    // Not cut short by the signal: what a half-done `up` has asked of the daemon could still appear after the clean-up.
    const up = await run([...command, 'up', '--detach'], { env, timeoutMs: 120_000 })
    containers = await containersOf(project)
    if (!up.ok) throw upFailed(up.output)
    throwIfInterrupted(context.signal)
    const security = await securityOf(layout, containers, secrets)
    const nodes = await Promise.all(
      layout.brokers.map((service) => composeNode(service, containerOf(containers, service), site)),
    )
    await waitUntilRegistered(nodes, {
      timeoutMs,
      signal: context.signal,
      security,
      ended: atMostOncePerSecond(() => endedContainers(project, layout.kafka)),
      logTail: (id) => logTail(containerOf(containers, layout.kafka.find((s) => s.id === id)!)),
    })
    return {
      network: { bootstrap: nodes.map(addressText), ...(security && { security }) },
      nodes,
      describe: async () => ({
        layout: layout.name,
        kafkaVersion: versionOf(layout.brokers[0]?.image ?? ''),
        brokerOptions: jvmOptionsOf(layout),
      }),
      logCommand: ({ services, tail, follow }) => [
        ...[...command, 'logs', '--tail', String(tail), ...(follow ? ['--follow'] : []), ...services],
      ],
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await disposeAfterFailure(dispose, context)
    throw error
  }
}

/** Read from the volume of secrets. A copy in `copy` is there no longer than that, unless a command makes tokens out of it. */
async function securityOf(
  layout: PreparedLayout,
  containers: readonly Container[],
  copy: string,
): Promise<Security | undefined> {
  const keeper = containers.find(({ service }) =>
    layout.once.some(({ name, afterBrokers }) => name === service && !afterBrokers),
  )
  if (!keeper) return layoutSecurity(layout, copy)
  await rm(copy, { recursive: true, force: true })
  await mkdir(copy, { mode: 0o700 })
  let isNeeded = false
  try {
    await docker(['cp', `${keeper.id}:${secretsPath}/.`, copy])
    const security = await layoutSecurity(layout, copy)
    isNeeded = security?.sasl?.mechanism === 'oauthbearer'
    return security
  } finally {
    if (!isNeeded) await rm(copy, { recursive: true, force: true })
  }
}

function setVariables(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))
}

/** Compose wants lower case letters, digits, dashes. */
export const projectName = (runId: string): string => `kbench-${runId.toLowerCase().replace(/[^a-z0-9-]+/g, '-')}`

function upFailed(output: string): KbenchError {
  const taken = /(?:port is already allocated|address already in use)/i.test(output)
  const port = /127\.0\.0\.1:(\d+)/.exec(output)?.[1]
  return taken
    ? new KbenchError('environment', `port ${port ?? 'of a broker'} on 127.0.0.1 is taken`, {
        details: lastLines(output, 5),
        hint: 'free it, or set KBENCH_PORT_* to others',
      })
    : new KbenchError('environment', 'Docker Compose could not start the cluster', { details: lastLines(output) })
}

function containerOf(containers: readonly Container[], service: KafkaService): Container {
  const container = containers.find((candidate) => candidate.service === service.name)
  if (!container) throw new KbenchError('environment', `Docker Compose started no container for ${service.name}`)
  return container
}

async function endedContainers(project: string, services: readonly KafkaService[]) {
  const containers = await containersOf(project)
  return services.flatMap(({ id, name }) => {
    const container = containers.find(({ service }) => service === name)
    return container && container.pid === null ? [{ id, name, why: `ended with code ${container.exitCode}` }] : []
  })
}

/** Each look is a run of the docker command: not more often than needed while the brokers want the CPU. */
function atMostOncePerSecond<T>(look: () => Promise<readonly T[]>): () => Promise<readonly T[]> {
  let nextMs = 0
  return async () => {
    if (performance.now() < nextMs) return []
    nextMs = performance.now() + 1000
    return look()
  }
}

async function composeNode(
  broker: PreparedLayout['brokers'][number],
  container: Container,
  site: ComposeSite,
): Promise<BrokerNode> {
  const node = await containerNode(broker, container)
  const abilities = await site.abilities(broker, node, container)
  return {
    id: broker.id,
    ...site.clientAddress(broker),
    get pid() {
      return node.pid
    },
    signal: node.signal,
    start: node.start,
    logTail: node.logTail,
    usage: node.usage,
    ...abilities,
  }
}

async function saveLogs(containers: readonly Container[], folder: string): Promise<void> {
  await Promise.all(
    containers.map(async (container) => writeFile(join(folder, `${container.service}.log`), await logsOf(container))),
  )
}
