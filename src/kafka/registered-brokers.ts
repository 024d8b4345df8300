import { Kafka, logLevel } from 'kafkajs'
import type { Network } from '../core/api.ts'
import { securityConfig } from './client.ts'

export interface RegisteredBroker {
  id: number
  host: string
  port: number
}

/**
 * The brokers that one broker of the list knows to be registered and unfenced (kafkajs Admin, Metadata request), by id.
 * One attempt with 2 s time-outs, no retry; rejects with the client's own error.
 */
export async function registeredBrokers(network: Network): Promise<RegisteredBroker[]> {
  const admin = new Kafka({
    clientId: 'kbench-ready',
    brokers: [...network.bootstrap],
    ...securityConfig(network),
    connectionTimeout: 2000,
    requestTimeout: 2000,
    authenticationTimeout: 5000,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  }).admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    return brokers.map(({ nodeId, host, port }) => ({ id: nodeId, host, port })).sort((a, b) => a.id - b.id)
  } finally {
    await admin.disconnect()
  }
}
