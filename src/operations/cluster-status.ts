import { addressText } from '../base/address.ts'
import type { Network } from '../contracts/api.ts'
import { controllerOf } from '../kafka/wire.ts'
import { operate } from './admin-session.ts'

export interface BrokerStatus {
  id: number
  /** host:port that it advertises to clients. */
  address: string
  rack: string | null
  isController: boolean
  /** Partitions that it leads, holds a replica of, and ought to lead (is the first replica of). */
  leaders: number
  replicas: number
  preferred: number
}

export interface ClusterStatus {
  /** null = the brokers do not report it. */
  clusterId: string | null
  /** The active controller, with KRaft not always a broker; null = the brokers do not report it. */
  controllerId: number | null
  /** Of brokers that answer. */
  brokers: BrokerStatus[]
  topics: number
  partitions: number
  /** Partitions with fewer replicas in sync than they have, and those that nobody leads: "topic-0". */
  underReplicated: { partition: string; inSync: number[]; replicas: number[] }[]
  offline: string[]
}

/** Brokers and partitions of a cluster as its metadata has them; internal topics count. Throws `environment` when no broker answers. */
export async function clusterStatus(network: Network): Promise<ClusterStatus> {
  return operate(network, async ({ brokers }) => {
    const metadata = await brokers.metadata('all')
    const { clusterId, topics } = metadata
    // Before Kafka 3.3 with KRaft, and while there is none: everything else is reported all the same.
    const controllerId = await brokers.any(controllerOf).catch(() => null)
    const all = topics.flatMap(({ topic, partitions }) =>
      partitions.map((each) => ({ ...each, name: `${topic}-${each.partition}` })),
    )
    return {
      clusterId,
      controllerId,
      brokers: metadata.brokers
        .map(({ nodeId: id, host, port, rack }) => ({
          id,
          address: addressText({ host, port }),
          rack,
          isController: id === controllerId,
          leaders: all.filter(({ leader }) => leader === id).length,
          replicas: all.filter(({ replicas }) => replicas.includes(id)).length,
          preferred: all.filter(({ replicas }) => replicas[0] === id).length,
        }))
        .sort((a, b) => a.id - b.id),
      topics: topics.length,
      partitions: all.length,
      underReplicated: all
        .filter(({ isr, replicas }) => isr.length < replicas.length)
        .map(({ name, isr, replicas }) => ({ partition: name, inSync: isr, replicas })),
      offline: all.filter(({ leader }) => leader < 0).map(({ name }) => name),
    }
  })
}
