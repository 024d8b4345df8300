import type { AuditSession, Cluster, ClusterAccess } from '../../contracts/api.ts'
import { awaitTopic, createTopic, deleteTopicAndGroups, topicOffsets } from '../../kafka/admin.ts'
import { describeTopic } from '../../kafka/describe-topic.ts'
import { probePartitions } from '../../kafka/probe.ts'
import { createLagSampler } from '../../samplers/lag.ts'
import { auditSessionOf, openAudit } from './audit.ts'

/** How kbench talks to a cluster: Kafka's protocol, unless the cluster brings its own way. */
export function accessTo(cluster: Cluster): ClusterAccess {
  const { network } = cluster
  return (
    cluster.access ?? {
      async createTopic(spec, signal) {
        let created = true
        if (cluster.createTopic) {
          await cluster.createTopic(spec.name, spec.partitions, spec.replicationFactor)
          await awaitTopic(network, spec.name, spec.partitions, signal)
        } else created = await createTopic(network, spec, signal)
        // A topic that was there before has its own count.
        const { partitions } = created ? spec : ((await describeTopic(network, spec.name)) ?? spec)
        await probePartitions(network, spec.name, partitions)
        return created
      },
      describeTopic: (name) => describeTopic(network, name),
      offsets: (topic, at) => topicOffsets(network, topic, at),
      lagSampler: (options) => createLagSampler(network, options),
      remove: async (topic, groups) => (cluster.createTopic ? [] : deleteTopicAndGroups(network, topic, groups)),
    }
  )
}

/** The audit of one variant's topic, to be opened before its load. */
export function auditOf(cluster: Cluster, topic: { topic: string; partitions: number }): AuditSession {
  return cluster.access ? auditSessionOf(cluster.access) : openAudit(cluster.network, topic)
}
