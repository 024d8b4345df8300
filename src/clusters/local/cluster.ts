import { existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { addressText } from '../../base/address.ts'
import { KbenchError } from '../../base/errors.ts'
import type { BrokerNode, Cluster, ProvisionContext } from '../../contracts/api.ts'
import { disposeAfterFailure, once } from '../shared/dispose.ts'
import { wants } from '../shared/features.ts'
import { jvmOptionsOf, type PreparedLayout } from '../shared/layout.ts'
import { layoutSecurity } from '../shared/layout-security.ts'
import { holdLease, type Lease } from '../shared/lease.ts'
import { waitUntilRegistered } from '../shared/ready.ts'
import { usageReader } from '../shared/usage.ts'
import { archiveOptions } from './class-archive.ts'
import { type Jvm, startJvm, tailOf } from './jvm.ts'
import { writeLogging } from './logging.ts'
import { type MetricsAgent, planMetricsAgent } from './metrics-agent.ts'
import { inFolder, runOnce } from './one-shot.ts'
import { clusterNice } from './priority.ts'
import { advertising, gently, type KafkaService, localEnvironment, serverProperties } from './server-properties.ts'
import { type LocalSite, planLocalSite } from './site.ts'
import { formatStorage } from './storage.ts'
import { type KafkaRuntime, startConnects, startZooKeepers, surroundings, writeProperties } from './support.ts'
import { sessionLeft } from './zookeeper.ts'

/** As in Kafka's own start script. */
const performanceOptions =
  '-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent'

interface LocalNode {
  service: KafkaService
  properties: Record<string, string>
  config: string
  log: string
  logDirs: string[]
}

/** Formats, starts and awaits every Kafka service of the layout; when that fails, nothing is left but the logs. */
export async function startLocalCluster(
  layout: PreparedLayout,
  runtime: KafkaRuntime,
  timeoutMs: number,
  context: ProvisionContext,
): Promise<Cluster> {
  const { standing } = context
  const nice = clusterNice(layout.environment, context.paced ?? false)
  const data = standing?.data ?? join(realpathSync(context.directory), 'brokers')
  const site = await planLocalSite(layout, data, context)
  const metrics = await planMetrics(layout, runtime.command, data, context)
  const jvms = new Map<number, Jvm>()
  /** ZooKeeper and Connect. */
  const supporters: Jvm[] = []
  const proxies: Jvm[] = []
  const processes = () => [...jvms.values(), ...supporters, ...proxies]
  const remove = () => {
    site.removeNow()
    if (standing?.keep()) return
    // With retries: a process that was just killed may still be writing.
    rmSync(data, { recursive: true, force: true, maxRetries: 6, retryDelay: 20 })
  }
  const ports = [...site.holdings.ports, ...(metrics?.ports.values() ?? [])]
  const lease = holdLease(
    context.runId,
    'local',
    { project: null, directories: standing ? [] : [data], ...site.holdings, ports },
    () => {
      for (const child of processes()) child.killNow()
      try {
        remove()
        return true
      } catch {
        return false // `kbench clean` will find it by the lease
      }
    },
  )
  const spawned = () => recordChildren(lease, processes())
  const over = new AbortController()
  const isConnect = ({ name }: Jvm) => layout.connects.some((service) => service.name === name)
  const dispose = once(async () => {
    over.abort()
    // Data that is to be used again: nothing to recover, and no session at ZooKeeper that outlives its broker.
    if (standing?.keep()) {
      // Connect first: it has to write down how far it is.
      await Promise.all(supporters.filter(isConnect).map(endGently))
      for (const services of gently(layout.kafka)) {
        await Promise.all(services.map(({ id }) => endGently(jvms.get(id))))
      }
    }
    await Promise.all(processes().map((child) => child.kill()))
    remove()
    lease.release()
  })
  try {
    const nodes = layout.kafka.map((service) => localNode(service, layout, site, context.directory, data))
    await site.prepare()
    const onceContext = { layout, site, runtime, folder: secretsIn(data), signal: context.signal }
    for (const service of layout.once) if (!service.afterBrokers) await runOnce(service, onceContext)
    const security = await layoutSecurity(layout, secretsIn(data))
    mkdirSync(join(data, 'tmp'), { recursive: true })
    await Promise.all([
      ...nodes.map(({ config, properties }) => writeProperties(config, properties)),
      writeLogging(data, runtime.jars.version),
      metrics?.writeConfig(data),
    ])
    const java = {
      command: runtime.command,
      args: [...archiveOptions(runtime.archive), '-cp', `${runtime.jars.folder}/*`, `-Djava.io.tmpdir=${data}/tmp`],
    }
    await formatStorage(
      nodes
        .filter(
          ({ properties, logDirs }) =>
            'process.roles' in properties && !existsSync(join(logDirs[0]!, 'meta.properties')),
        )
        .map(({ service, config, logDirs }) => ({ id: service.id, config, logDirs })),
      java,
      layout.environment.KBENCH_CLUSTER_ID ?? '',
      context.signal,
    )
    await site.startProxies((server) => {
      proxies.push(server)
      spawned()
    })
    const support = {
      ...{ layout, runtime, site, data, nice, logs: context.directory, timeoutMs, context },
      launched(jvm: Jvm) {
        supporters.push(jvm)
        spawned()
      },
    }
    await startZooKeepers(support)
    for (const node of nodes) {
      jvms.set(node.service.id, startJvm({ ...jvmOptions(node, runtime, site, data, metrics), nice, spawned }))
      spawned()
    }
    const logOf = (id: number) => nodes.find(({ service }) => service.id === id)!.log
    const brokers = layout.brokers.map((service) =>
      brokerNode(service, { jvm: jvms.get(service.id)!, log: logOf(service.id) }, site, metrics, over.signal),
    )
    // The users come once there are brokers to ask, and until then nobody is let in.
    await Promise.all([
      ...layout.once.filter((each) => each.afterBrokers).map((each) => runOnce(each, onceContext)),
      waitUntilRegistered(brokers, {
        timeoutMs,
        signal: context.signal,
        security,
        ended: async () => endedNodes(nodes, jvms),
        logTail: (id) => tailOf(logOf(id)),
      }),
    ])
    await startConnects(support)
    return {
      network: { bootstrap: brokers.map(addressText), ...(security && { security }) },
      nodes: brokers,
      describe: async () => ({
        layout: layout.name,
        kafkaVersion: runtime.jars.version,
        brokerOptions: { nice, ...(runtime.archive && { classArchive: 'yes' }), ...jvmOptionsOf(layout) },
      }),
      logCommand: (wanted) =>
        tailCommand(wanted, [...layout.kafka, ...layout.zooKeepers, ...layout.connects], context.directory),
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await disposeAfterFailure(dispose, context)
    throw error
  }
}

/** In network namespaces the agent could not be reached. */
async function planMetrics(
  { brokers, ports }: PreparedLayout,
  java: string,
  data: string,
  context: ProvisionContext,
): Promise<MetricsAgent | null> {
  if (!wants(context, 'metrics') || wants(context, 'isolation')) return null
  return planMetricsAgent(
    brokers.map(({ name }) => name),
    java,
    data,
    ports,
    context,
  )
}

const secretsIn = (data: string): string => join(data, 'secrets')

function localNode(
  service: KafkaService,
  layout: PreparedLayout,
  site: LocalSite,
  logs: string,
  data: string,
): LocalNode {
  const environment = inFolder(
    localEnvironment(service, [...layout.kafka, ...layout.zooKeepers], site.addressOf),
    secretsIn(data),
  )
  if (service.isBroker) {
    environment.KAFKA_ADVERTISED_LISTENERS = advertising(
      { ...service, environment },
      addressText(site.clientAddress(service.name)),
    )
  }
  const wanted = environment.KAFKA_LOG_DIRS?.split(',') ?? ['data']
  const logDirs = wanted.map((_, i) => join(data, service.name, `data-${i}`))
  return {
    service: { ...service, environment },
    properties: { ...serverProperties(environment), 'log.dirs': logDirs.join(',') },
    config: join(data, `${service.name}.properties`),
    log: join(logs, `${service.name}.log`),
    logDirs,
  }
}

function jvmOptions(
  node: LocalNode,
  { command, jars, archive }: KafkaRuntime,
  site: LocalSite,
  data: string,
  metrics: MetricsAgent | null,
) {
  const { environment } = node.service
  const words = (key: string, fallback: string) => (environment[key] || fallback).split(/\s+/).filter(Boolean)
  const [file = '', ...args] = site.commandFor(node.service.name, [
    command,
    ...words('KAFKA_HEAP_OPTS', '-Xms1g -Xmx1g'),
    ...words('KAFKA_JVM_PERFORMANCE_OPTS', performanceOptions),
    ...archiveOptions(archive),
    ...surroundings(data, jars),
    ...words('KAFKA_JMX_OPTS', ''),
    ...(metrics?.option(node.service.name) ?? []),
    ...words('KAFKA_OPTS', ''),
    ...['-cp', `${jars.folder}/*`, 'kafka.Kafka', node.config],
  ])
  return { name: node.service.name, command: file, args, log: node.log, env: process.env }
}

/** SIGTERM, and time to hand over and close its log; who needs longer is killed by whoever called. */
async function endGently(jvm: Jvm | undefined): Promise<void> {
  if (jvm?.pid() === undefined) return
  jvm.signal('SIGTERM')
  const deadline = performance.now() + 15_000
  while (jvm.pid() !== undefined && performance.now() < deadline) await sleep(50)
}

/** Throws `usage` for a service that is none of these. */
function tailCommand(
  { services, tail, follow }: { services: readonly string[]; tail: number; follow: boolean },
  all: readonly { name: string }[],
  folder: string,
): string[] {
  const names = all.map(({ name }) => name)
  const unknown = services.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw new KbenchError('usage', `there is no service ${unknown}`, { hint: `one of: ${names.join(', ')}` })
  }
  const files = (services.length > 0 ? services : names).map((name) => join(folder, `${name}.log`))
  return ['tail', '-n', String(tail), ...(follow ? ['-F'] : []), ...files]
}

function recordChildren(lease: Lease, processes: readonly Jvm[]): void {
  lease.children(
    processes.flatMap((child) => {
      const pid = child.pid()
      return pid === undefined ? [] : [{ pid, name: child.name }]
    }),
  )
}

function endedNodes(nodes: readonly LocalNode[], jvms: ReadonlyMap<number, Jvm>) {
  return nodes.flatMap(({ service: { id, name } }) => {
    const why = jvms.get(id)!.ended()
    return why === null ? [] : [{ id, name, why }]
  })
}

function brokerNode(
  service: KafkaService,
  { jvm, log }: { jvm: Jvm; log: string },
  site: LocalSite,
  metrics: MetricsAgent | null,
  signal: AbortSignal,
): BrokerNode {
  const { id, name } = service
  return {
    id,
    ...site.clientAddress(name),
    get pid() {
      return jvm.pid()
    },
    signal: async (signal) => jvm.signal(signal),
    async start() {
      await sleep(sessionLeft(service, await jvm.exited()), undefined, { signal }).catch((cause: unknown) => {
        throw new KbenchError('environment', `broker ${id} is not started: its cluster is taken down`, { cause })
      })
      await jvm.start()
    },
    logTail: () => tailOf(log),
    usage: usageReader(() => jvm.pid()),
    ...(metrics ? { metricsUrl: metrics.urlOf(name) } : {}),
    ...site.abilities(name),
  }
}
