import type { LagSampler, LagSamplerOptions, Network } from '../contracts/api.ts'
import { type Brokers, createBrokers } from '../kafka/brokers.ts'
import { clientIdOf } from '../kafka/client-id.ts'
import type { ClusterMetadata, LogPosition } from '../kafka/wire.ts'

/** Every so many samples the start of the log is asked for as well. */
const samplesPerStart = 10

/**
 * Samples from outside, never through the consumers that are measured: committed offsets first, then end offsets, so that lag is
 * never understated by a commit in between. One connection a broker, 1 s timeouts, no retries: what does not answer is unknown.
 */
export function createLagSampler(network: Network, options: LagSamplerOptions): LagSampler {
  const brokers = createLagConnections(network)
  const sample = lagLooks(brokers, options)
  return { sample, [Symbol.asyncDispose]: () => brokers[Symbol.asyncDispose]() }
}

/** What lag is asked over. */
export const createLagConnections = (network: Network): Brokers =>
  createBrokers(network, { clientId: clientIdOf(network, 'lag'), timeoutMs: 1000 })

/** The same over connections that several topics share. */
export function lagLooks(brokers: Brokers, options: LagSamplerOptions): LagSampler['sample'] {
  const { topic, partitions, groups } = options
  const all = Array.from({ length: partitions }, (_, partition) => partition)
  const coordinators = new Map<string, { host: string; port: number }>()
  let metadata: ClusterMetadata | null = null

  async function committed(group: string): Promise<(number | null)[]> {
    try {
      let address = coordinators.get(group)
      if (!address) {
        address = await findCoordinator(brokers, metadata, group)
        coordinators.set(group, address)
      }
      const offsets = await brokers.on(address, (connection) => connection.committed(group, topic, all))
      // What is before the log's start cannot be read any more: it is no lag.
      return all.map((partition) => {
        const at = offsets.get(partition) ?? options.startOffsets.get(partition)
        return at === undefined ? null : Math.max(at, starts[partition] ?? 0)
      })
    } catch (cause) {
      // Counted as unknown in the sample; the coordinator may have moved.
      options.unanswered?.(group, cause)
      coordinators.delete(group)
      return all.map(() => null)
    }
  }

  /** Where the log begins: retention moves it, which need not be looked at in every sample. */
  let starts: readonly (number | null)[] = []
  let samples = 0

  async function offsets(at: LogPosition): Promise<(number | null)[]> {
    const found: (number | null)[] = all.map(() => null)
    if (!metadata) return found
    const led = metadata.topics.find((candidate) => candidate.topic === topic)?.partitions ?? []
    const current = metadata
    await Promise.all(
      current.brokers.map(async (broker) => {
        const mine = led.filter(({ leader }) => leader === broker.nodeId).map(({ partition }) => partition)
        if (mine.length === 0) return
        try {
          const answer = await brokers.on(broker, (connection) => connection.offsets(topic, mine, at))
          for (const [partition, offset] of answer) found[partition] = offset
        } catch {
          // Unknown in the sample; ask anew who leads.
          metadata = null
        }
      }),
    )
    // Leaders are asked for again until there is one.
    if (led.some(({ leader }) => leader < 0)) metadata = null
    return found
  }

  return async () => {
    try {
      metadata ??= await brokers.metadata([topic])
    } catch {
      metadata = null
    }
    if (samples++ % samplesPerStart === 0) {
      const earliest = await offsets('earliest')
      starts = earliest.map((start, partition) => start ?? starts[partition] ?? null)
    }
    const commits = await Promise.all(groups.map(({ group }) => committed(group)))
    const end = await offsets(groups.some(({ isolation }) => isolation === 'read_committed') ? 'stable' : 'latest')
    return {
      atNs: options.nowNs(),
      ends: end,
      groups: Object.fromEntries(groups.map(({ group }, index) => [group, { committed: commits[index]! }])),
    }
  }
}

async function findCoordinator(
  brokers: Brokers,
  metadata: ClusterMetadata | null,
  group: string,
): Promise<{ host: string; port: number }> {
  const candidates = metadata?.brokers ?? []
  return await Promise.any(
    candidates.map((broker) => brokers.on(broker, (connection) => connection.coordinator(group))),
  )
}
