import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accepts } from '../../base/tcp.ts'
import type { ProvisionContext } from '../../contracts/api.ts'
import { type ConnectService, connectProperties, lists } from '../shared/connect.ts'
import type { PreparedLayout } from '../shared/layout.ts'
import { waitUntilReady } from '../shared/ready.ts'
import type { KafkaJars } from './jars.ts'
import { type Jvm, startJvm, tailOf } from './jvm.ts'
import { loggingOption } from './logging.ts'
import type { LocalSite } from './site.ts'
import { type ZooKeeperService, zooKeeperConfig } from './zookeeper.ts'

export interface KafkaRuntime {
  /** java */
  command: string
  jars: KafkaJars
  /** Path of the archive of Kafka's classes; null = there is none. */
  archive: string | null
  /** Folder of the jars of Kafka Connect; null = the layout has none. */
  connect: string | null
}

/** What starts the processes around the brokers of a layout. */
export interface SupportContext {
  layout: PreparedLayout
  runtime: KafkaRuntime
  site: LocalSite
  data: string
  nice: number
  /** Folder of the logs. */
  logs: string
  timeoutMs: number
  context: ProvisionContext
  /** Gets each process as soon as it is started. */
  launched(jvm: Jvm): void
}

/** The ensemble, of the ZooKeeper that comes with Kafka's jars; returns when each of its members takes connections. */
export async function startZooKeepers(support: SupportContext): Promise<void> {
  const { layout, site, data } = support
  const start = async (service: ZooKeeperService) => {
    const { name } = service
    const folder = join(data, name)
    mkdirSync(folder, { recursive: true })
    await writeFile(join(folder, 'myid'), `${service.id}\n`)
    const config = join(data, `${name}.cfg`)
    await writeFile(config, zooKeeperConfig(service, folder, site.addressOf))
    const mainClass = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'
    const jvm = launch(support, name, support.runtime.jars.folder, [mainClass, config])
    const [host = '', port] = site.addressOf(name, service.clientPort).split(':')
    await waitUntilReady(
      () => accepts({ host, port: Number(port) }, 1000),
      waiting(support, `ZooKeeper ${service.id}`, name, jvm),
    )
  }
  await Promise.all(layout.zooKeepers.map(start))
}

/** The workers of Kafka Connect, once the brokers are there; returns when each has joined its group. */
export async function startConnects(support: SupportContext): Promise<void> {
  const { layout, site, data, runtime, context } = support
  const { connect } = runtime
  if (connect === null) return
  const services = [...layout.kafka, ...layout.zooKeepers, ...layout.connects]
  const start = async (service: ConnectService) => {
    const { name } = service
    const config = join(data, `${name}.properties`)
    await writeProperties(config, connectProperties(service, services, site.addressOf))
    const jvm = launch(support, name, connect, ['org.apache.kafka.connect.cli.ConnectDistributed', config])
    const address = site.addressOf(name, service.restPort)
    await waitUntilReady(() => lists(address), waiting(support, 'Kafka Connect', name, jvm))
    context.say(`Kafka Connect (${name}) on http://${address}`)
  }
  await Promise.all(layout.connects.map(start))
}

function launch(
  { runtime, site, data, nice, logs, launched }: SupportContext,
  name: string,
  classPath: string,
  main: readonly string[],
): Jvm {
  const [file = '', ...args] = site.commandFor(name, [
    ...[runtime.command, '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...surroundings(data, runtime.jars),
    ...['-cp', `${classPath}/*`, ...main],
  ])
  const log = join(logs, `${name}.log`)
  const jvm = startJvm({ name, command: file, args, log, env: process.env, nice, spawned: () => undefined })
  launched(jvm)
  return jvm
}

function waiting({ logs, timeoutMs, context: { signal } }: SupportContext, what: string, name: string, jvm: Jvm) {
  const logTail = () => tailOf(join(logs, `${name}.log`))
  return { what: `${what} (${name})`, timeoutMs, signal, ended: () => jvm.ended(), logTail }
}

/** Options of every JVM of the cluster: its files are with the cluster's data. */
export const surroundings = (data: string, jars: KafkaJars): string[] => [
  // No file in /tmp that a killed process would leave behind.
  '-XX:+PerfDisableSharedMem',
  `-Djava.io.tmpdir=${data}/tmp`,
  `-Dkafka.logs.dir=${data}`,
  loggingOption(data, jars.version),
]

/** A file in the format of java.util.Properties. */
export async function writeProperties(config: string, properties: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`)
  await writeFile(config, lines.join(''))
}
