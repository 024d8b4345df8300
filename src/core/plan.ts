import type { ConsumerSettings, ProducerSettings } from './api.ts'
import type { ConsumerGroupProfile, Profile } from './profile.ts'

/** One configuration to run once. */
export interface PlannedVariant {
  id: string
  client: string
  /** From 1. */
  repeat: number
  params: Record<string, string | number | boolean>
}

/** Variants in the order they run: interleaved and mirrored (ABBA) over repetitions, so that drift hits both alike. */
export function planVariants(profile: Profile): PlannedVariant[] {
  const variants: PlannedVariant[] = []
  for (let repeat = 1; repeat <= profile.repeat; repeat++) {
    const clients = repeat % 2 === 1 ? profile.clients : [...profile.clients].reverse()
    for (const client of clients) {
      variants.push({
        id: `client=${client}${profile.repeat > 1 ? `#${repeat}` : ''}`,
        client,
        repeat,
        params: { client },
      })
    }
  }
  return variants
}

export function producerSettings(profile: Profile, client: string): ProducerSettings {
  const { producers } = profile
  return {
    acks: producers.acks,
    idempotence: producers.idempotence,
    partitioner: producers.partitioner,
    compression: producers.compression,
    batch: producers.batch,
    maxInFlight: producers.maxInFlight,
    maxInFlightRequests: producers.maxInFlightRequests,
    sendScope: producers.sendScope,
    retries: producers.retries,
    retryBackoffMs: producers.retryBackoff,
    requestTimeoutMs: producers.requestTimeout,
    deliveryTimeoutMs: producers.deliveryTimeout,
    clientConfig: producers.clientConfig[client] ?? {},
  }
}

/** `group` is the full name of the run's group. */
export function consumerSettings(
  profile: ConsumerGroupProfile,
  client: string,
  group: string,
  member: number,
): ConsumerSettings {
  return {
    group,
    member,
    assignor: profile.assignor,
    protocol: profile.protocol,
    isolation: profile.isolation,
    from: profile.from,
    fetch: {
      maxWaitMs: profile.fetch.maxWait,
      minBytes: profile.fetch.minBytes,
      maxBytes: profile.fetch.maxBytes,
      maxPartitionBytes: profile.fetch.maxPartitionBytes,
    },
    commitIntervalMs: profile.commit.interval,
    sessionTimeoutMs: profile.sessionTimeout,
    heartbeatMs: profile.heartbeat,
    instanceId: profile.instanceId ?? null,
    clientConfig: profile.clientConfig[client] ?? {},
  }
}
