import type { AuditSession, Cluster, ClusterAccess, PermissionNeed } from '../../contracts/api.ts'
import { awaitLeaders, awaitTopic } from '../../kafka/await-topic.ts'
import { describeTopic } from '../../kafka/describe-topic.ts'
import { commitStart } from '../../kafka/group-offsets.ts'
import { missingOf } from '../../kafka/permissions.ts'
import { probePartitions } from '../../kafka/probe.ts'
import { awaitReplicated, topicOffsets } from '../../kafka/topic-offsets.ts'
import { createTopic, deleteTopicAndGroups } from '../../kafka/topics.ts'
import { createLagSampler } from '../../samplers/lag.ts'
import { auditSessionOf, openAudit } from './audit.ts'

/** How kbench talks to a cluster: Kafka's protocol, unless the cluster brings its own way. */
export function accessTo(cluster: Cluster): ClusterAccess {
  const { network } = cluster
  return (
    cluster.access ?? {
      ...(!cluster.createTopic && {
        missingPermissions: (needs: readonly PermissionNeed[]) => missingOf(network, needs),
      }),
      async createTopic(spec, signal) {
        if (!cluster.createTopic) return createTopic(network, spec, signal)
        await cluster.createTopic(spec.name, spec.partitions, spec.replicationFactor)
        return true
      },
      describeTopic: (name, settings) => describeTopic(network, name, settings),
      async probe({ name, partitions }, { created, acks, record, signal }) {
        const state = await (created
          ? awaitTopic(network, name, partitions, signal)
          : awaitLeaders(network, name, signal))
        const led = Array.from({ length: partitions }, (_, partition) => partition).filter(
          (partition) => !state.offline.includes(partition),
        )
        const silent =
          record === null ? [] : await probePartitions(network, { topic: name, partitions: led, acks, record }, signal)
        const probes = record === null ? 0 : led.length - silent.length
        // Else the run would begin before its own probes, and count them.
        const probed = led.filter((partition) => !silent.includes(partition))
        if (acks === 1 && probes > 0) await awaitReplicated(network, name, probed, signal)
        return { offline: [...state.offline, ...silent].sort((a, b) => a - b), brokersDown: state.brokersDown, probes }
      },
      // The mock's topics are all fresh: nothing is in them that a group would have to pass over.
      ...(!cluster.createTopic && {
        commitStart: (group: string, topic: string, offsets: ReadonlyMap<number, number>) =>
          commitStart(network, group, topic, offsets),
      }),
      offsets: (topic, at, partitions) => topicOffsets(network, topic, at, partitions ?? null),
      lagSampler: (options) => createLagSampler(network, options),
      remove: async (topic, groups) => (cluster.createTopic ? [] : deleteTopicAndGroups(network, topic, groups)),
    }
  )
}

/** The audit of one variant's topic, to be opened before its load. */
export function auditOf(cluster: Cluster, topic: { topic: string; partitions: number }): AuditSession {
  return cluster.access ? auditSessionOf(cluster.access) : openAudit(cluster.network, topic)
}
