import type { Network } from '../core/api.ts'
import { KbenchError, messageOf } from '../core/errors.ts'
import { type BrokerConnection, type ClusterMetadata, connectBroker } from './wire.ts'

/** Connections to the brokers of a cluster, made when first needed and again after they broke; nothing is retried inside. */
export interface Brokers extends AsyncDisposable {
  /** From whichever broker answers first. */
  metadata(topics: readonly string[]): Promise<ClusterMetadata>
  /** Runs on a connection to this broker; a failed connection is dropped, so that the next call makes a new one. */
  on<T>(address: { host: string; port: number }, use: (connection: BrokerConnection) => Promise<T>): Promise<T>
}

export function createBrokers(network: Network, options: { clientId: string; timeoutMs: number }): Brokers {
  const connections = new Map<string, Promise<BrokerConnection>>()
  let known = network.bootstrap.map((address) => {
    const colon = address.lastIndexOf(':')
    return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) }
  })

  const on: Brokers['on'] = async (address, use) => {
    const name = `${address.host}:${address.port}`
    let connecting = connections.get(name)
    if (!connecting) {
      connecting = connectBroker(network, address, options)
      connections.set(name, connecting)
    }
    try {
      return await use(await connecting)
    } catch (error) {
      // A protocol error, and what kbench itself refuses, leaves the connection usable; anything else does not.
      if (!(error instanceof KbenchError) && (error as { name?: string }).name !== 'KafkaJSProtocolError') {
        connections.delete(name)
        void connecting.then(
          (connection) => connection.close(),
          () => {},
        )
      }
      throw error
    }
  }

  return {
    on,
    async metadata(topics) {
      try {
        const metadata = await Promise.any(
          known.map((address) => on(address, (connection) => connection.metadata(topics))),
        )
        if (metadata.brokers.length > 0) known = metadata.brokers
        return metadata
      } catch (error) {
        const reasons = error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : messageOf(error)
        throw new Error(`no broker answered: ${reasons}`, { cause: error })
      }
    },
    async [Symbol.asyncDispose]() {
      const all = [...connections.values()]
      connections.clear()
      await Promise.allSettled(all.map(async (connecting) => (await connecting).close()))
    },
  }
}
