import { addressIn } from '../base/address.ts'
import type { Network } from '../contracts/api.ts'
import { clientIdOf } from './client-id.ts'
import { connectBroker } from './wire.ts'

export interface RegisteredBroker {
  id: number
  host: string
  port: number
}

/**
 * The brokers that one broker of the list knows to be registered and unfenced, by id: that which answers first. One attempt with 2 s
 * time-outs, no retry; rejects with the client's own error, of the first of the list.
 */
export async function registeredBrokers(network: Network): Promise<RegisteredBroker[]> {
  const answers = network.bootstrap.map((address) => brokersOf(network, address))
  try {
    return await Promise.any(answers)
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error
  }
}

async function brokersOf(network: Network, address: string): Promise<RegisteredBroker[]> {
  const options = { clientId: clientIdOf(network, 'ready'), timeoutMs: 2000 }
  const connection = await connectBroker(network, addressIn(address), options)
  try {
    const { brokers } = await connection.metadata([])
    return brokers.map(({ nodeId, host, port }) => ({ id: nodeId, host, port })).sort((a, b) => a.id - b.id)
  } finally {
    await connection.close()
  }
}
