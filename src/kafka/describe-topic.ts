import type { Network, TopicDescription } from '../contracts/api.ts'
import { createBrokers } from './brokers.ts'
import { describeConfigsRequest } from './change-requests.ts'
import { stateRequest } from './state-requests.ts'

/** What a topic really is, whatever a profile says; null where there is none, or nobody answers. */
export async function describeTopic(network: Network, name: string): Promise<TopicDescription | null> {
  await using brokers = createBrokers(network, { clientId: 'kbench-admin', timeoutMs: 5000 })
  const state = await brokers.any((connection) => connection.send(stateRequest(name))).catch(() => null)
  if (state?.error !== 0 || state.partitions.length === 0) return null
  // DescribeConfigs of a topic names what is in force: its own setting, else the broker's, else Kafka's default.
  const configs = await brokers
    .any((connection) =>
      connection.send(describeConfigsRequest({ topic: name }, ['min.insync.replicas', 'max.message.bytes'])),
    )
    // Not every cluster has it, and not everybody may ask.
    .catch(() => [])
  const figure = (name: string): number | null => {
    const value = Number(configs.find((entry) => entry.name === name)?.value ?? Number.NaN)
    return Number.isFinite(value) ? value : null
  }
  return {
    partitions: state.partitions.length,
    replicationFactor: Math.max(...state.partitions.map(({ replicas }) => replicas.length)),
    minInsyncReplicas: figure('min.insync.replicas'),
    maxMessageBytes: figure('max.message.bytes'),
  }
}
