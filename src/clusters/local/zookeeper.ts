import type { Service } from '../shared/compose-file.ts'

/** A member of the ensemble that a layout's brokers keep their metadata in. */
export interface ZooKeeperService extends Service {
  id: number
  /** Port that brokers connect to, in the container. */
  clientPort: number
  /** Itself among them; one alone is no ensemble. */
  ensemble: { id: number; service: string; followPort: number; electPort: number }[]
}

/** The ZooKeeper nodes among the services, by id: those with ZOO_MY_ID or ZOO_SERVERS, the variables of the official image. */
export function zooKeeperServices(services: readonly Service[]): ZooKeeperService[] {
  return services
    .filter(({ environment }) => 'ZOO_MY_ID' in environment || 'ZOO_SERVERS' in environment)
    .map((service) => {
      const { ZOO_MY_ID: id = '1', ZOO_PORT: port = '2181', ZOO_SERVERS: servers = '' } = service.environment
      return { ...service, id: Number(id), clientPort: Number(port), ensemble: membersIn(servers) }
    })
    .sort((a, b) => a.id - b.id)
}

/** "server.1=zoo1:2888:3888 server.2=zoo2:2888:3888;2181" → its members. */
function membersIn(servers: string): ZooKeeperService['ensemble'] {
  return [...servers.matchAll(/server\.(\d+)=([^:\s]+):(\d+):(\d+)/g)].map((match) => ({
    id: Number(match[1]),
    service: match[2]!,
    followPort: Number(match[3]),
    electPort: Number(match[4]),
  }))
}

/** The ports that a process of this machine needs beside those the layout publishes. */
export function zooKeeperPorts(service: ZooKeeperService): number[] {
  const own = service.ensemble.filter(({ id }) => id === service.id).flatMap((it) => [it.followPort, it.electPort])
  return [service.clientPort, ...own].filter((port) => !service.ports.some(({ container }) => container === port))
}

/** zoo.cfg of a node; `addressOf` gives the local "host:port" of a service's container port. Its id goes into `dataDir`/myid. */
export function zooKeeperConfig(
  { clientPort, ensemble, environment, name }: ZooKeeperService,
  dataDir: string,
  addressOf: (service: string, port: number) => string,
): string {
  const [host, port] = addressOf(name, clientPort).split(':')
  const lines = [
    `tickTime=${environment.ZOO_TICK_TIME ?? 2000}`,
    `initLimit=${environment.ZOO_INIT_LIMIT ?? 10}`,
    `syncLimit=${environment.ZOO_SYNC_LIMIT ?? 5}`,
    `dataDir=${dataDir}`,
    `clientPort=${port}`,
    `clientPortAddress=${host}`,
    'maxClientCnxns=0',
    // Its web server would take port 8080 (3.5 and later; 3.4 does not know the key).
    'admin.enableServer=false',
  ]
  if (ensemble.length > 1) {
    for (const { id, service, followPort, electPort } of ensemble) {
      lines.push(`server.${id}=${addressOf(service, followPort)}:${addressOf(service, electPort).split(':')[1]}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** How a broker's process ended. */
export interface BrokerEnd {
  /** It handed over its leaderships and closed its session. */
  gracefully: boolean
  agoMs: number
}

/** Java answers SIGTERM with 143, once its shutdown hooks are through. */
export const isGraceful = (exitCode: number | null): boolean => exitCode === 0 || exitCode === 143

/** ZooKeeper looks at sessions once a tick. */
const tickMs = 2000

/**
 * How long a broker that has died cannot be started again, ms. Until its session is over, ZooKeeper takes the new
 * process for a second one of that id, and it ends. 0 with KRaft, and after a shutdown. Pure.
 */
export function sessionLeft({ environment }: Pick<Service, 'environment'>, { gracefully, agoMs }: BrokerEnd): number {
  if (gracefully || !('KAFKA_ZOOKEEPER_CONNECT' in environment)) return 0
  // It grants no less than two ticks.
  const sessionMs = Math.max(2 * tickMs, Number(environment.KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS ?? 18_000))
  return Math.max(0, sessionMs + tickMs - agoMs)
}
