import { addressIn, addressText } from '../base/address.ts'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { type BrokerConnection, type ClusterMetadata, connectBroker } from './wire.ts'

/** Connections to the brokers of a cluster, made when first needed and again after they broke; nothing is retried inside. */
export interface Brokers extends AsyncDisposable {
  /** From whichever broker answers first. Rejects with the refusal where those that answer refuse it, as for a topic that is not there. */
  metadata(topics: readonly string[] | 'all'): Promise<ClusterMetadata>
  /** host:port of who answered first when the metadata were asked for last; null = never. */
  quickest(): string | null
  /** The brokers in turn, those first that answered before, until one answers or refuses. */
  any<T>(use: (connection: BrokerConnection) => Promise<T>): Promise<T>
  /** The broker that takes changes: with KRaft any; with ZooKeeper the controller, which is looked for where another says that it is none. */
  controller<T>(use: (connection: BrokerConnection) => Promise<T>): Promise<T>
  /** Runs on a connection to this broker; a failed connection is dropped, so that the next call makes a new one. */
  on<T>(address: { host: string; port: number }, use: (connection: BrokerConnection) => Promise<T>): Promise<T>
}

export function createBrokers(network: Network, options: { clientId: string; timeoutMs: number }): Brokers {
  const connections = new Map<string, Promise<BrokerConnection>>()
  let known = network.bootstrap.map(addressIn)

  /** The broker that answered the last metadata request. */
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

  const any: Brokers['any'] = async (use) => {
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
  }

  const metadata: Brokers['metadata'] = async (topics) => {
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
      const refused = error instanceof AggregateError ? error.errors.find(isRefusal) : undefined
      if (refused) throw refused
      const reasons = error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : messageOf(error)
      throw new Error(`no broker answered: ${reasons}`, { cause: error })
    }
  }

  return {
    on,
    quickest: () => (quickest === null ? null : addressText(quickest)),
    async controller(use) {
      try {
        return await any(use)
      } catch (error) {
        if ((error as { type?: string }).type !== 'NOT_CONTROLLER') throw error
      }
      const { controllerId, brokers } = await metadata([])
      const controller = brokers.find(({ nodeId }) => nodeId === controllerId)
      if (!controller) throw new Error('no broker is the controller now')
      return on(controller, use)
    },
    any,
    metadata,
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
