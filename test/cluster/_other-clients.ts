import { pluginNames } from '../../src/registry.ts'

/** The clients that every version of Kafka is not tried with, those of optional packages among them. */
export const otherClients = async (): Promise<string[]> =>
  (await pluginNames('drivers')).filter((name) => !['fake', 'kafkajs', 'node-rdkafka'].includes(name))
