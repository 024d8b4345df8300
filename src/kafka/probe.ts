import { setTimeout as delay } from 'node:timers/promises'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network, ProbeRecord } from '../contracts/api.ts'
import { type Brokers, createBrokers } from './brokers.ts'
import { clientIdOf } from './client-id.ts'
import { isPermissionRefusal, refusedStep } from './missing-permission.ts'
import { refusalOf } from './wire.ts'

export interface Probe {
  topic: string
  partitions: readonly number[]
  /** As the load will have it: what takes records with acks 1 need not take them with acks all. */
  acks: 1 | 'all'
  record: ProbeRecord
}

/** A partition that is there answers within this, ms; one that does not is offline. */
const usualPatienceMs = 10_000

/** Refusals that pass, or that mean that the partition is not there now: asked again, and offline in the end. */
const passing: ReadonlySet<number> = new Set([3, 5, 6, 7, 9, 13, 19, 20, 56, 72, 74])

/**
 * Writes one flagged record of the load's kind to every partition: each is led, takes records and answers before a load starts. Resolves with
 * the partitions that did not within `patienceMs`, 10 s. Throws `environment` where a record is refused for good, with the broker's words.
 */
export async function probePartitions(
  network: Network,
  probe: Probe,
  signal: AbortSignal,
  patienceMs = usualPatienceMs,
): Promise<number[]> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'probe'), timeoutMs: 5000 })
  const open = new Set(probe.partitions)
  const untilMs = performance.now() + patienceMs
  while (open.size > 0 && performance.now() < untilMs) {
    signal.throwIfAborted()
    await probeOnce(brokers, probe, open)
    if (open.size > 0) await delay(100)
  }
  return [...open].sort((a, b) => a - b)
}

/** Takes those out of `open` that acknowledged. */
async function probeOnce(brokers: Brokers, { topic, acks, record }: Probe, open: Set<number>): Promise<void> {
  const metadata = await brokers.metadata([topic]).catch(() => null)
  if (metadata === null) return
  const led = metadata.topics.find((each) => each.topic === topic)?.partitions ?? []
  const asked = metadata.brokers.map(async (broker) => {
    const mine = led.filter(({ leader, partition }) => leader === broker.nodeId && open.has(partition))
    if (mine.length === 0) return
    const partitions = mine.map(({ partition }) => ({ partition, messages: [record] }))
    const request = { acks: acks === 'all' ? -1 : 1, timeout: 4000, topicData: [{ topic, partitions }] }
    const answer = await brokers
      .on(broker, (connection) => connection.call<ProduceAnswer>('Produce', request))
      // Down or cut off; who is not, may lead in its place soon.
      .catch(() => null)
    for (const { partition, errorCode } of answer?.topics.flatMap((each) => each.partitions) ?? []) {
      if (errorCode === 0) open.delete(partition)
      else if (!passing.has(errorCode)) throw refused(topic, errorCode)
    }
  })
  await Promise.all(asked)
}

interface ProduceAnswer {
  topics: { partitions: { partition: number; errorCode: number }[] }[]
}

function refused(topic: string, code: number): KbenchError {
  const cause = refusalOf(code)
  if (isPermissionRefusal(cause)) {
    return refusedStep(
      { operation: 'Write', resource: { type: 'topic', name: topic }, what: 'does not take records' },
      cause,
    )
  }
  const why =
    cause.type === 'INVALID_RECORD'
      ? 'INVALID_RECORD: its brokers validate records against a schema, or want a key'
      : `${cause.type}: ${messageOf(cause)}`
  const text = `topic ${topic} does not take records: ${why}`
  return new KbenchError('environment', text, { cause, hint: hints[cause.type] ?? 'the brokers’ logs say more' })
}

const hints: Readonly<Record<string, string>> = {
  INVALID_RECORD:
    "name another topic, or one without schema validation: kbench's values follow no schema. A topic that only wants keys takes load.record.keys.distribution: uniform",
  MESSAGE_TOO_LARGE: 'load.record.size is more than the topic takes (max.message.bytes)',
  POLICY_VIOLATION: 'a policy of the cluster refuses it',
}
