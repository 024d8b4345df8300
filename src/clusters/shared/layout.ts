import { availableParallelism } from 'node:os'
import { KbenchError } from '../../base/errors.ts'
import { packageRoot } from '../../base/root.ts'
import { newClusterId } from '../../kafka/cluster-id.ts'
import { type KafkaService, kafkaServices, privateListeners } from '../local/server-properties.ts'
import { type ZooKeeperService, zooKeeperPorts, zooKeeperServices } from '../local/zookeeper.ts'
import {
  type Environment,
  parseClient,
  parseServices,
  portVariables,
  readLayout,
  type Service,
} from './compose-file.ts'
import { type ConnectService, connectServices } from './connect.ts'
import { leasedPorts } from './lease.ts'
import { type OneShot, oneShots } from './one-shot.ts'
import { freePorts, isFree } from './ports.ts'

/** A layout with a port for everything it publishes: one run's own copy of compose/<name>.yaml. */
export interface PreparedLayout {
  name: string
  /** Variables that the compose file is read with. */
  environment: Environment
  kafka: KafkaService[]
  zooKeepers: ZooKeeperService[]
  connects: ConnectService[]
  /** Commands that run once. */
  once: OneShot[]
  /** How clients connect, in the keys of a client.properties with paths of the containers; null = without encryption and login. */
  client: Record<string, string> | null
  /** Names of the services that are none of these: they have no form but a container. */
  others: string[]
  brokers: (KafkaService & { clientPort: number })[]
  /** Port on this machine of a service's container port. */
  portOf(service: string, port: number): number
  /** All ports this run takes. */
  ports: number[]
}

export interface LayoutWishes {
  /** Also ports for listeners that the file does not publish, as processes without a network of their own need. */
  privatePorts: boolean
  /** The ports that the file names, where the user set none: for a cluster that people know the address of. */
  ownPorts?: boolean
}

/**
 * Reads a layout and finds ports for it: those the user set (KBENCH_PORT_*), else free ones, so that several runs fit on a machine.
 * Throws `environment` when a port that it must have is taken.
 */
export async function prepareLayout(name: string, env: Environment, wishes: LayoutWishes): Promise<PreparedLayout> {
  const text = await readLayout(name)
  const variables = Object.keys(portVariables(text))
  const fixed = await fixedPorts(variables, wishes.ownPorts ? { ...ownPorts(text, env, wishes), ...env } : env)
  const taken = leasedPorts()
  const unset = variables.filter((variable) => !fixed.has(variable))
  const chosen = await freePorts(unset.length, new Set([...taken, ...fixed.values()]))
  const environment: Environment = {
    // Of our own: a broker of one run that meets the controllers of another must not be taken for theirs.
    KBENCH_CLUSTER_ID: newClusterId(),
    KBENCH_JVM_OPTS: compilerOptions(kafkaServices(parseServices(text, env)).length),
    ...env,
    // Where the commands are that x-kbench-client names.
    KBENCH_HOME: packageRoot,
    ...Object.fromEntries(unset.map((variable, i) => [variable, String(chosen[i])])),
  }
  const services = parseServices(text, environment)
  const kafka = kafkaServices(services)
  const zooKeepers = zooKeeperServices(services)
  const connects = connectServices(services)
  const once = oneShots(services, kafka)
  const nodes: readonly Service[] = [...kafka, ...zooKeepers, ...connects]
  const started = [...nodes, ...once]
  const published = nodes.flatMap(({ ports }) => ports.map(({ host }) => host))
  const unpublished = [
    ...kafka.flatMap((service) => privateListeners(service).map((port) => `${service.name}:${port}`)),
    ...zooKeepers.flatMap((service) => zooKeeperPorts(service).map((port) => `${service.name}:${port}`)),
  ]
  const privatePorts = wishes.privatePorts ? await freePorts(unpublished.length, new Set([...taken, ...published])) : []
  const portOfPrivate = new Map(privatePorts.map((port, i) => [unpublished[i]!, port]))
  return {
    name,
    environment,
    kafka,
    zooKeepers,
    connects,
    once,
    client: parseClient(text, environment),
    others: services.map((service) => service.name).filter((other) => !started.some(({ name }) => name === other)),
    brokers: kafka.filter(isReachable),
    ports: [...published, ...privatePorts],
    portOf(service, port) {
      const ports = nodes.find((candidate) => candidate.name === service)?.ports
      return ports?.find(({ container }) => container === port)?.host ?? portOfPrivate.get(`${service}:${port}`) ?? port
    },
  }
}

/** What was added to the brokers' JVM options; nothing where nothing was. */
export function jvmOptionsOf({ environment }: PreparedLayout): Record<string, string> {
  const options = environment.KBENCH_JVM_OPTS
  return options ? { KBENCH_JVM_OPTS: options } : {}
}

/** The ports that the file names for what it starts; on a machine's own network that is Kafka, ZooKeeper and Connect. */
function ownPorts(text: string, env: Environment, { privatePorts }: LayoutWishes): Record<string, string> {
  const defaults = portVariables(text)
  const services = parseServices(text, { ...env, ...defaults })
  const started = privatePorts
    ? [kafkaServices, zooKeeperServices, connectServices].flatMap((of): Service[] => of(services))
    : services
  const ports = new Set(started.flatMap((service) => service.ports.map(({ host }) => String(host))))
  return Object.fromEntries(Object.entries(defaults).filter(([, port]) => ports.has(port)))
}

function isReachable(service: KafkaService): service is KafkaService & { clientPort: number } {
  if (service.isBroker && service.clientPort === null) {
    throw new KbenchError('environment', `${service.name} publishes no port that it advertises on 127.0.0.1`)
  }
  return service.isBroker
}

async function fixedPorts(variables: readonly string[], env: Environment): Promise<Map<string, number>> {
  const ports = new Map(variables.filter((name) => env[name]).map((name) => [name, Number(env[name])]))
  for (const [name, port] of ports) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new KbenchError('usage', `${name}=${env[name]} is no port`)
    if (!(await isFree(port))) {
      throw new KbenchError('environment', `port ${port} on 127.0.0.1 is taken (${name})`, {
        hint: `free it, or set ${name} to another port`,
      })
    }
  }
  return ports
}

/**
 * With fewer than two processors a broker the optimising compiler (C2) of the JVMs takes all of them for more than a
 * minute. That slows the first client that is measured. Such brokers run with the quick compiler alone, which is steady
 * after seconds.
 */
function compilerOptions(brokers: number): string {
  return availableParallelism() < 2 * brokers ? '-XX:TieredStopAtLevel=1' : ''
}
