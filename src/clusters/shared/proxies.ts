import { join } from 'node:path'
import type { BrokerProxy, ProvisionContext } from '../../contracts/api.ts'
import type { Jvm } from '../local/jvm.ts'
import { leasedPorts } from './lease.ts'
import { freePorts } from './ports.ts'
import { ensureToxiproxy, startToxiproxy } from './toxiproxy.ts'

export interface ProxyPlan {
  /** Path of toxiproxy-server. */
  command: string
  /** Of its HTTP interface. */
  apiPort: number
  /** Where each broker's proxy listens on 127.0.0.1. */
  ports: ReadonlyMap<string, number>
}

/** Finds Toxiproxy and a port for each broker's proxy, none of `taken`. */
export async function planProxies(
  brokers: readonly string[],
  taken: readonly number[],
  context: ProvisionContext,
): Promise<ProxyPlan> {
  const command = await ensureToxiproxy(context)
  const [apiPort = 0, ...ports] = await freePorts(brokers.length + 1, new Set([...leasedPorts(), ...taken]))
  return { command, apiPort, ports: new Map(brokers.map((broker, i) => [broker, ports[i]!])) }
}

/** All ports of a plan. */
export const portsOf = (plan: ProxyPlan | null): number[] => (plan ? [plan.apiPort, ...plan.ports.values()] : [])

/** Starts the server and a proxy per broker. `launched` gets the process as soon as it is started, so that it can be ended whatever follows. */
export async function startProxies(
  { command, apiPort, ports }: ProxyPlan,
  upstreamOf: (broker: string) => string,
  context: ProvisionContext,
  launched: (process: Jvm) => void,
): Promise<Map<string, BrokerProxy>> {
  const log = join(context.directory, 'toxiproxy.log')
  const server = startToxiproxy({ command, port: apiPort, log })
  launched(server.process)
  await server.ready(context.signal)
  const proxies = new Map<string, BrokerProxy>()
  for (const [broker, port] of ports) proxies.set(broker, await server.proxy(broker, port, upstreamOf(broker)))
  return proxies
}
