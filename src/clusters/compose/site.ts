import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { KbenchError } from '../../base/errors.ts'
import { identify, isAlive } from '../../base/processes.ts'
import type { BrokerNode, BrokerProxy, ProvisionContext } from '../../contracts/api.ts'
import type { Jvm } from '../local/jvm.ts'
import { advertising } from '../local/server-properties.ts'
import { mountSmallDisk, smallDiskSize, unmountAll } from '../local/small-disks.ts'
import { wants } from '../shared/features.ts'
import { type IsolationTarget, isolate, probeIsolation } from '../shared/isolation.ts'
import type { PreparedLayout } from '../shared/layout.ts'
import type { Holdings } from '../shared/lease.ts'
import { planProxies, portsOf, startProxies } from '../shared/proxies.ts'
import { type Container, docker } from './docker.ts'
import { type ContainerNode, isSeenHere } from './node.ts'

type Broker = PreparedLayout['brokers'][number]

/** What the run's faults need around the containers of a layout; nothing where they need nothing. */
export interface ComposeSite {
  /** What {@link prepare} creates, for the lease. */
  holdings: Required<Pick<Holdings, 'directories' | 'ports' | 'mounts'>>
  /** Compose files that are read after the layout's. */
  files: readonly string[]
  /** Disks, proxies and the files, before anything starts; `launched` gets each process as soon as it is started. */
  prepare(launched: (process: Jvm) => void): Promise<void>
  /** Where clients reach a broker. */
  clientAddress(broker: Broker): { host: string; port: number }
  /** What a broker can do beside being a container; throws `environment` where the daemon does not let it. */
  abilities(
    broker: Broker,
    node: ContainerNode,
    container: Container,
  ): Promise<Pick<BrokerNode, 'isolate' | 'proxy' | 'disk'>>
  /** Removes what was prepared, without waiting; the containers and processes have ended. */
  removeNow(): void
}

/** Chooses ports and folders; creates nothing. `folder` is the run's. */
export async function planComposeSite(
  layout: PreparedLayout,
  folder: string,
  context: ProvisionContext,
): Promise<ComposeSite> {
  const names = layout.brokers.map(({ name }) => name)
  const proxies = wants(context, 'proxies') ? await planProxies(names, layout.ports, context) : null
  const withDisks = wants(context, 'small-disks')
  const size = smallDiskSize()
  const disks = join(folder, 'disks')
  const diskOf = (broker: Broker) => join(disks, broker.name)
  const override = join(folder, 'compose.override.yaml')
  const clientAddress = (broker: Broker) => ({
    host: '127.0.0.1',
    port: proxies?.ports.get(broker.name) ?? broker.clientPort,
  })
  const mounts = withDisks ? layout.brokers.map(diskOf) : []
  let started = new Map<string, BrokerProxy>()
  return {
    holdings: {
      directories: withDisks ? [disks] : [],
      ports: [...layout.ports, ...portsOf(proxies)],
      mounts,
    },
    files: proxies || withDisks ? [override] : [],
    clientAddress,
    async prepare(launched) {
      for (const mount of mounts) await mountSmallDisk(mount, size)
      if (proxies) {
        const upstream = (name: string) => `127.0.0.1:${layout.brokers.find((each) => each.name === name)!.clientPort}`
        started = await startProxies(proxies, upstream, context, launched)
      }
      if (!proxies && !withDisks) return
      const services = layout.brokers.map((broker) => {
        const { host, port } = clientAddress(broker)
        return [
          broker.name,
          {
            ...(proxies && { environment: { KAFKA_ADVERTISED_LISTENERS: advertising(broker, `${host}:${port}`) } }),
            ...(withDisks && { volumes: [`${diskOf(broker)}:${logDirOf(broker)}`] }),
          },
        ]
      })
      mkdirSync(folder, { recursive: true })
      // Compose replaces variables here too: a dollar is written twice.
      writeFileSync(override, stringify({ services: Object.fromEntries(services) }).replaceAll('$', '$$$$'))
    },
    async abilities(broker, node, container) {
      if (withDisks) await checkDisk(node, container, diskOf(broker), logDirOf(broker))
      const proxy = started.get(broker.name)
      return {
        ...(wants(context, 'isolation') ? { isolate: await isolation(broker.id, node, container) } : {}),
        ...(proxy ? { proxy } : {}),
        ...(withDisks ? { disk: { path: diskOf(broker) } } : {}),
      }
    },
    removeNow() {
      unmountAll(mounts)
      rmSync(disks, { recursive: true, force: true, maxRetries: 6, retryDelay: 20 })
      rmSync(override, { force: true })
    },
  }
}

function logDirOf({ name, environment }: Broker): string {
  const folders = (environment.KAFKA_LOG_DIRS ?? '').split(',').filter(Boolean)
  if (folders.length === 1) return folders[0]!
  throw new KbenchError(
    'environment',
    `${name} of the layout has ${folders.length} KAFKA_LOG_DIRS: a small disk needs one`,
  )
}

/** The container's log directory is the file system that was made for it. */
async function checkDisk(node: ContainerNode, container: Container, disk: string, logDir: string): Promise<void> {
  const pid = await processHere(node, container)
  if (statSync(`/proc/${pid}/root${logDir}`).dev === statSync(disk).dev) return
  throw new KbenchError('environment', `${logDir} of ${container.service} is not the small disk made for it`, {
    hint: 'the Docker daemon must see the file systems of this machine; use provider local',
  })
}

async function isolation(
  id: number,
  node: ContainerNode,
  container: Container,
): Promise<NonNullable<BrokerNode['isolate']>> {
  await processHere(node, container)
  const format = '{{range .NetworkSettings.Networks}}{{.Gateway}} {{end}}'
  const gateways = (await docker(['inspect', '--format', format, container.id])).split(/\s+/).filter(Boolean)
  const [gateway] = gateways
  if (!gateway || gateways.length > 1) {
    throw new KbenchError('environment', `${container.service} has ${gateways.length} networks: isolating it needs one`)
  }
  /** A container gets another namespace with every start. */
  const target = (): IsolationTarget => {
    const process = node.pid === undefined ? null : identify(node.pid)
    if (!process) throw new KbenchError('environment', `broker ${id} does not run: it cannot be isolated`)
    return { namespace: `/proc/${process.pid}/ns/net`, gateway, isGone: () => !isAlive(process) }
  }
  await probeIsolation(target())
  return async (from) => isolate(target(), from)
}

async function processHere({ pid }: ContainerNode, { id, service }: Container): Promise<number> {
  if (pid !== undefined && (await isSeenHere(pid, id))) return pid
  throw new KbenchError('environment', `the process of ${service} is not to be seen on this machine`, {
    hint: 'the Docker daemon runs elsewhere (a virtual machine, another host): use provider local for this fault',
  })
}
