import type { Network, ProducerSettings, WorkerPlan } from '../contracts/api.ts'
import type { TopicFact } from '../contracts/facts.ts'
import type { VariantPlan, WorkerSpec } from '../contracts/plan.ts'
import { createAxis } from './axis.ts'

/** A topic is filled within this, or not at all, ns. */
const fillNs = 600e9

/** What a worker gets to know: its spec, the topic as the cluster has it, and how to reach it. Pure. */
export function workerPlan(plan: VariantPlan, spec: WorkerSpec, topic: TopicFact, network: Network): WorkerPlan {
  const { loadEndNs } = createAxis(plan.axis)
  const fills = plan.fill !== null && spec.role.kind === 'producer'
  return {
    worker: spec.worker,
    workload: plan.workload,
    driver: plan.client,
    role: spec.role,
    network,
    clientId: spec.clientId,
    topic: {
      ...{ name: topic.name, partitions: topic.partitions },
      ...(topic.offline && { offline: topic.offline }),
      ...(topic.maxMessageBytes !== null && { maxMessageBytes: topic.maxMessageBytes }),
    },
    producer: spec.producer && fitted(spec.producer, topic.maxMessageBytes),
    consumer: spec.consumer,
    record: plan.record,
    schedule: fills ? { ...plan.load, segments: null, count: plan.fill!.records } : plan.load,
    producers: plan.producers,
    edges: plan.axis.edges,
    // Filling ends with its count; the time is only a bound for when the cluster does not take it.
    loadEndNs: fills ? fillNs : loadEndNs,
    deadlineNs: fills ? fillNs + 30e9 : loadEndNs + plan.drainMs * 1e6,
    seed: plan.seed,
    run: plan.run,
    watchSilence: plan.faults.length > 0,
    prefill: plan.fill !== null,
    ...(plan.fill?.existing && { existing: true, byTimestamp: plan.fill.byTimestamp === true }),
  }
}

/** Of a batch, before its first record (Kafka's message format 2). */
const batchHeaderBytes = 61

/** Batches that the topic takes: a larger one is refused as a whole, with every record in it. */
function fitted(producer: ProducerSettings, maxMessageBytes: number | null): ProducerSettings {
  if (maxMessageBytes === null) return producer
  const maxBytes = Math.max(1, Math.min(producer.batch.maxBytes, maxMessageBytes - batchHeaderBytes))
  return maxBytes === producer.batch.maxBytes ? producer : { ...producer, batch: { ...producer.batch, maxBytes } }
}
