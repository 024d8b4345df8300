import type { Network, TopicDescription } from '../contracts/api.ts'
import { createBrokers } from './brokers.ts'
import { describeConfigsRequest } from './change-requests.ts'
import { clientIdOf } from './client-id.ts'
import { stateRequest } from './state-requests.ts'

/** Settings of a topic that decide how it is measured. */
const deciding = ['min.insync.replicas', 'max.message.bytes', 'cleanup.policy', 'retention.ms']

/**
 * What a topic really is, whatever a profile says; null where there is none, or nobody answers. `settings`: names of further settings that
 * are wanted.
 */
export async function describeTopic(
  network: Network,
  name: string,
  settings: readonly string[] = [],
): Promise<TopicDescription | null> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'admin'), timeoutMs: 5000 })
  const state = await brokers.any((connection) => connection.send(stateRequest(name))).catch(() => null)
  if (state?.error !== 0 || state.partitions.length === 0) return null
  // DescribeConfigs of a topic names what is in force: its own setting, else the broker's, else Kafka's default.
  const names = [...new Set([...deciding, ...settings])]
  const configs = await brokers
    .any((connection) => connection.send(describeConfigsRequest({ topic: name }, names)))
    // Not every cluster has it, and not everybody may ask.
    .catch(() => [])
  const inForce = Object.fromEntries(configs.map((entry) => [entry.name, entry.value]))
  const figure = (setting: string): number | null => {
    const value = inForce[setting] == null ? Number.NaN : Number(inForce[setting])
    return Number.isFinite(value) ? value : null
  }
  return {
    partitions: state.partitions.length,
    replicationFactor: Math.max(...state.partitions.map(({ replicas }) => replicas.length)),
    minInsyncReplicas: figure('min.insync.replicas'),
    maxMessageBytes: figure('max.message.bytes'),
    settings: inForce,
  }
}
