import { addressIn, addressText } from '../base/address.ts'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { type BrokerConnection, type ClusterMetadata, connectBroker } from './wire.ts'

/** Connections to the brokers of a cluster, made when first needed and again after they broke; nothing is retried inside. */
export interface Brokers extends AsyncDisposable {
  /** From whichever broker answers first. */
  metadata(topics: readonly string[]): Promise<ClusterMetadata>
  /** host:port of who answered first when the metadata were asked for last; null = never. */
  quickest(): string | null
  /** The brokers in turn, those first that answered before, until one answers or refuses. */
  any<T>(use: (connection: BrokerConnection) => Promise<T>): Promise<T>
  /** Runs on a connection to this broker; a failed connection is dropped, so that the next call makes a new one. */
  on<T>(address: { host: string; port: number }, use: (connection: BrokerConnection) => Promise<T>): Promise<T>
}

export function createBrokers(network: Network, options: { clientId: string; timeoutMs: number }): Brokers {
  const connections = new Map<string, Promise<BrokerConnection>>()
  let known = network.bootstrap.map(addressIn)

  /** Who told the metadata last. */
  let quickest: { host: string; port: number } | null = null

  const on: Brokers['on'] = async (address, use) => {
    const name = addressText(address)
    let connecting = connections.get(name)
    if (!connecting) {
      connecting = connectBroker(network, address, options)
      connections.set(name, connecting)
    }
    try {
      return await use(await connecting)
    } catch (error) {
      // It leaves the connection usable; anything else does not.
      if (!isRefusal(error)) {
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
    quickest: () => (quickest === null ? null : addressText(quickest)),
    async any(use) {
      const reasons: string[] = []
      for (const address of quickest === null ? known : [quickest, ...known]) {
        try {
          return await on(address, use)
        } catch (error) {
          if (isRefusal(error)) throw error
          reasons.push(messageOf(error))
        }
      }
      throw new Error(`no broker answered: ${[...new Set(reasons)].join('; ')}`)
    },
    async metadata(topics) {
      try {
        const first = await Promise.any(
          known.map(async (address) => ({
            address,
            metadata: await on(address, (connection) => connection.metadata(topics)),
          })),
        )
        const { metadata } = first
        quickest = first.address
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

/** A protocol error, or what kbench itself refuses. */
const isRefusal = (error: unknown): boolean =>
  error instanceof KbenchError || (error as { name?: string }).name === 'KafkaJSProtocolError'
