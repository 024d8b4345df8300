import type { KafkaService } from '../local/server-properties.ts'
import type { Service } from './compose-file.ts'

/** A service of a layout that runs a command once and ends: certificates before the brokers start, users once they are there. */
export interface OneShot extends Service {
  command: readonly string[]
  /** It needs a broker. */
  afterBrokers: boolean
}

/** Where the volume of a layout's secrets is in its containers. */
export const secretsPath = '/etc/kafka/secrets'

/** The services with a command and the brokers' image that are no brokers. */
export function oneShots(services: readonly Service[], kafka: readonly KafkaService[]): OneShot[] {
  return services.flatMap((service) => {
    const { name, command, image, dependsOn } = service
    if (command === null || kafka.some((node) => node.name === name) || !kafka.some((node) => node.image === image))
      return []
    return [{ ...service, command, afterBrokers: kafka.some((node) => dependsOn.includes(node.name)) }]
  })
}
