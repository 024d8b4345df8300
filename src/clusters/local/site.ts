import { join } from 'node:path'
import { addressText } from '../../base/address.ts'
import type { BrokerNode, BrokerProxy, ProvisionContext } from '../../contracts/api.ts'
import { wants } from '../shared/features.ts'
import { type IsolationTarget, isolate, probeIsolation } from '../shared/isolation.ts'
import type { PreparedLayout } from '../shared/layout.ts'
import type { Holdings } from '../shared/lease.ts'
import { planProxies, portsOf, startProxies } from '../shared/proxies.ts'
import type { Jvm } from './jvm.ts'
import { createNamespaces, namespacePath, planNamespaces, removeNetwork } from './namespaces.ts'
import { mountSmallDisk, smallDiskSize, unmountAll } from './small-disks.ts'

/** Where the processes of a local cluster run: on this machine as it is, or with what the run's faults need around them. */
export interface LocalSite {
  /** What {@link prepare} creates, for the lease. */
  holdings: Required<Pick<Holdings, 'ports' | 'mounts' | 'links' | 'namespaces'>>
  /** "host:port" on which a service listens for a port of the layout. */
  addressOf(service: string, port: number): string
  /** Where clients reach a broker. */
  clientAddress(service: string): { host: string; port: number }
  /** The command line that runs `command` where the service belongs. */
  commandFor(service: string, command: readonly string[]): string[]
  /** Namespaces and disks, before anything is written to `data`. */
  prepare(): Promise<void>
  /** What stands in front of the brokers; `launched` gets each process as soon as it is started. */
  startProxies(launched: (process: Jvm) => void): Promise<void>
  /** What a broker can do beside being a process. */
  abilities(service: string): Pick<BrokerNode, 'isolate' | 'proxy' | 'disk'>
  /** Removes what was prepared, without waiting; the processes have ended. */
  removeNow(): void
}

/** Chooses names, addresses and ports; creates nothing. `data` has a folder for each service. */
export async function planLocalSite(
  layout: PreparedLayout,
  data: string,
  context: ProvisionContext,
): Promise<LocalSite> {
  const names = [...layout.kafka, ...layout.zooKeepers, ...layout.connects].map(({ name }) => name)
  const brokers = layout.brokers.map(({ name }) => name)
  const network = wants(context, 'isolation') ? await planNamespaces(context.runId, names) : null
  const proxies = wants(context, 'proxies') ? await planProxies(brokers, layout.ports, context) : null
  const disks = wants(context, 'small-disks') ? brokers.map((name) => join(data, name)) : []
  const diskSize = smallDiskSize()
  const holdings = {
    ports: [...layout.ports, ...portsOf(proxies)],
    mounts: disks,
    links: network ? [network.link] : [],
    namespaces: network ? [...network.namespaces.values(), network.hub] : [],
  }
  /** Where the broker itself takes connections of clients. */
  const ownAddress = (service: string) => {
    const { clientPort, ports } = layout.brokers.find(({ name }) => name === service)!
    const inside = ports.find(({ host }) => host === clientPort)!.container
    return network
      ? { host: network.addresses.get(service)!, port: inside }
      : { host: '127.0.0.1', port: layout.portOf(service, inside) }
  }
  const target = (service: string): IsolationTarget | null =>
    network && {
      namespace: namespacePath(network.namespaces.get(service)!),
      gateway: network.gateway,
      isGone: () => false, // it stays when the broker ends
    }
  let started = new Map<string, BrokerProxy>()
  return {
    holdings,
    addressOf: (service, port) =>
      network ? `${network.addresses.get(service)}:${port}` : `127.0.0.1:${layout.portOf(service, port)}`,
    clientAddress(service) {
      const port = proxies?.ports.get(service)
      return port === undefined ? ownAddress(service) : { host: '127.0.0.1', port }
    },
    commandFor(service, command) {
      const where = target(service)
      return where ? ['nsenter', `--net=${where.namespace}`, ...command] : [...command]
    },
    async prepare() {
      if (network) {
        await createNamespaces(network)
        await probeIsolation(target(names[0]!)!)
      }
      for (const disk of disks) await mountSmallDisk(disk, diskSize)
    },
    async startProxies(launched) {
      if (!proxies) return
      const upstream = (service: string) => addressText(ownAddress(service))
      started = await startProxies(proxies, upstream, context, launched)
    },
    abilities(service) {
      const where = target(service)
      const proxy = started.get(service)
      const disk = disks.find((folder) => folder === join(data, service))
      return {
        ...(where ? { isolate: (from) => isolate(where, from) } : {}),
        ...(proxy ? { proxy } : {}),
        ...(disk ? { disk: { path: disk } } : {}),
      }
    },
    removeNow() {
      unmountAll(holdings.mounts)
      removeNetwork(holdings.links, holdings.namespaces)
    },
  }
}
