import type { Service } from '../shared/compose-file.ts'

/** Settings of the start script, not of the broker: the same list as in Kafka's KafkaDockerWrapper. */
const notProperties = new Set([
  'KAFKA_VERSION',
  'KAFKA_HEAP_OPTS',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_OPTS',
  'KAFKA_JMX_OPTS',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_LOG4J_ROOT_LOGLEVEL',
  'KAFKA_LOG4J_LOGGERS',
  'KAFKA_TOOLS_LOG4J_LOGLEVEL',
  'KAFKA_JMX_HOSTNAME',
])

/** KAFKA_* environment → server.properties, by the rule of the apache/kafka image: _ is a dot, __ an underscore, ___ a dash. */
export function serverProperties(environment: Readonly<Record<string, string>>): Record<string, string> {
  return propertiesOf(
    Object.fromEntries(Object.entries(environment).filter(([key]) => !notProperties.has(key))),
    'KAFKA_',
  )
}

/** Those variables that begin with `prefix` as properties, by the same rule, which Confluent's images share. */
export function propertiesOf(environment: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [propertyName(key.slice(prefix.length)), value]),
  )
}

const propertyName = (key: string): string =>
  key.toLowerCase().replaceAll('_', '.').replaceAll('...', '-').replaceAll('..', '_')

/** A node of the cluster that a service is: a broker, a controller, or both. */
export interface KafkaService extends Service {
  id: number
  isBroker: boolean
  /** Where clients on this machine reach it: the published port that it advertises; null for a mere controller. */
  clientPort: number | null
}

/** The Kafka nodes among the services, by id. */
export function kafkaServices(services: readonly Service[]): KafkaService[] {
  return services
    .flatMap((service) => {
      const id = Number(service.environment.KAFKA_NODE_ID ?? service.environment.KAFKA_BROKER_ID)
      if (!Number.isInteger(id)) return []
      const isBroker = (service.environment.KAFKA_PROCESS_ROLES ?? 'broker').split(',').includes('broker')
      return [{ ...service, id, isBroker, clientPort: isBroker ? advertisedPort(service) : null }]
    })
    .sort((a, b) => a.id - b.id)
}

/**
 * The order in which nodes end so that the remaining ones can do without them. Mere brokers end together, then brokers
 * that are controllers too end one after the other, because their quorum has to agree to each, then controllers.
 */
export function gently<T extends KafkaService>(nodes: readonly T[]): T[][] {
  const isController = ({ environment }: T) => (environment.KAFKA_PROCESS_ROLES ?? '').split(',').includes('controller')
  const brokers = nodes.filter((node) => !isController(node))
  const both = nodes.filter((node) => isController(node) && node.isBroker)
  const controllers = nodes.filter((node) => isController(node) && !node.isBroker)
  return [brokers, ...both.map((node) => [node]), controllers].filter((group) => group.length > 0)
}

const isThisMachine = ({ host }: { host: string }): boolean => host === '127.0.0.1' || host === 'localhost'

/** KAFKA_ADVERTISED_LISTENERS with another "host:port" for clients on this machine. */
export function advertising(service: KafkaService, address: string): string {
  return listeners(service.environment.KAFKA_ADVERTISED_LISTENERS ?? '')
    .map((each) => {
      const isClients = isThisMachine(each) && each.port === service.clientPort
      return `${each.name}://${isClients ? address : `${each.host}:${each.port}`}`
    })
    .join(',')
}

function advertisedPort({ environment, ports }: Service): number | null {
  const advertised = listeners(environment.KAFKA_ADVERTISED_LISTENERS ?? '')
  const onThisMachine = advertised.filter(isThisMachine)
  return ports.find(({ host }) => onThisMachine.some(({ port }) => port === host))?.host ?? null
}

/** "HOST://:9092,CONTROLLER://:19093" → its listeners. */
function listeners(text: string): { name: string; host: string; port: number }[] {
  return [...text.matchAll(/([^:,\s]+):\/\/([^:,]*):(\d+)/g)].map((match) => ({
    name: match[1]!,
    host: match[2]!,
    port: Number(match[3]),
  }))
}

/** How many ports {@link localEnvironment} takes beside the published ones. */
export function privateListeners(service: KafkaService): number[] {
  return listeners(service.environment.KAFKA_LISTENERS ?? '')
    .map(({ port }) => port)
    .filter((port) => !service.ports.some(({ container }) => container === port))
}

/**
 * The same environment for a process of this machine: every "service:port" of the layout becomes that of this run,
 * and so do the listeners. `addressOf` gives the local "host:port" of a service's container port.
 */
export function localEnvironment(
  service: Service,
  services: readonly Service[],
  addressOf: (service: string, port: number) => string,
): Record<string, string> {
  const names = services.map(({ name }) => name.replace(/[^A-Za-z0-9_-]/g, '\\$&')).join('|')
  const address = new RegExp(`(?<![A-Za-z0-9_.-])(${names}):(\\d+)`, 'g')
  const environment = Object.fromEntries(
    Object.entries(service.environment).map(([key, value]) => [
      key,
      value.replace(address, (_, name: string, port: string) => addressOf(name, Number(port))),
    ]),
  )
  const own = listeners(service.environment.KAFKA_LISTENERS ?? '')
  if (own.length > 0) {
    environment.KAFKA_LISTENERS = own.map(({ name, port }) => `${name}://${addressOf(service.name, port)}`).join(',')
  }
  return environment
}

/**
 * "apache/kafka:4.1.0" → "4.1.0", "confluentinc/cp-kafka:5.2.1" → "2.2.0"; null when the tag is no version. Of Confluent's images only the
 * first two numbers say which Kafka is in them (Confluent's table of supported versions); the patch of it is theirs.
 */
export function versionOf(image: string): string | null {
  const [, name = '', major = '', minor = '', patch = ''] = /([^/:]+):(\d+)\.(\d+)\.(\d+)$/.exec(image) ?? []
  if (major === '') return null
  if (!name.startsWith('cp-')) return `${major}.${minor}.${patch}`
  const kafka = confluent[Number(major)]?.(Number(minor))
  return kafka === undefined ? null : `${kafka}.0`
}

/** Kafka's major and minor by Confluent's major, as a function of its minor. */
const confluent: Readonly<Record<number, (minor: number) => string>> = {
  5: (minor) => `2.${minor}`,
  6: (minor) => `2.${minor + 6}`,
  7: (minor) => `3.${minor}`,
  8: (minor) => `4.${minor}`,
}
