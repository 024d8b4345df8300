import { localEnvironment, propertiesOf } from '../local/server-properties.ts'
import type { Service } from './compose-file.ts'

/** A worker of Kafka Connect in distributed mode. */
export interface ConnectService extends Service {
  /** Port of its REST interface, in the container. */
  restPort: number
}

/** The workers of Kafka Connect among the services: those with CONNECT_BOOTSTRAP_SERVERS, as Confluent's image has it. */
export function connectServices(services: readonly Service[]): ConnectService[] {
  return services
    .filter(({ environment }) => 'CONNECT_BOOTSTRAP_SERVERS' in environment)
    .map((service) => {
      const { CONNECT_REST_PORT: port, CONNECT_LISTENERS: listeners = '' } = service.environment
      return { ...service, restPort: Number(port ?? /:(\d+)/.exec(listeners)?.[1] ?? 8083) }
    })
}

/** Of the image, or said by `listeners`: `rest.port` is gone since Kafka 3.0. */
const notOurs = /^(log4j\..*|plugin\.path|listeners|rest\.(port|host\.name)|rest\.advertised\..*)$/

/**
 * connect-distributed.properties of a worker that is a process of this machine; `addressOf` gives the local "host:port" of a service's
 * container port. Its connectors are those that come with Kafka, on the class path.
 */
export function connectProperties(
  service: ConnectService,
  services: readonly Service[],
  addressOf: (service: string, port: number) => string,
): Record<string, string> {
  const [host = '', port = ''] = addressOf(service.name, service.restPort).split(':')
  const environment = localEnvironment(service, services, addressOf)
  const own = Object.entries(propertiesOf(environment, 'CONNECT_')).filter(([key]) => !notOurs.test(key))
  return {
    ...Object.fromEntries(own),
    listeners: `http://${host}:${port}`,
    'rest.advertised.host.name': host,
    'rest.advertised.port': port,
  }
}

/** A worker has joined its group, and lists its connectors. */
export async function lists(address: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${address}/connectors`, { signal: AbortSignal.timeout(2000) })
    return Array.isArray(await answer.json())
  } catch {
    return false // not there yet, or has not joined
  }
}
