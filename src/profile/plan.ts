import type { ConnectionNeeds, ConsumerSettings, ProducerSettings, Security } from '../contracts/api.ts'
import { type Cell, type Params, type StatedTopic, wordsOf } from './matrix.ts'
import type { ConsumerGroupProfile, Profile, SecurityProfile } from './schema.ts'

/** One configuration to run once. */
export interface PlannedVariant {
  id: string
  client: string
  /** From 1. */
  repeat: number
  params: Params
  /** The run's profile with this variant's values. */
  profile: Profile
  /** What of the topic was written, and is no default; absent = nothing. */
  stated?: readonly StatedTopic[]
}

/** A profile without a matrix: one combination per client. */
export function cellsOf(profile: Profile): Cell[] {
  return profile.clients.map((client) => ({ params: { client }, profile }))
}

/** The same combinations for a reference tool, which stands where a client would. */
export function referenceCells(cells: readonly Cell[], reference: string): Cell[] {
  const made = new Map(
    cells.map(({ params, profile, stated }) => {
      const mine = { ...params, client: reference }
      return [wordsOf(mine), { params: mine, profile, ...(stated && { stated }) }]
    }),
  )
  return [...made.values()]
}

/** Variants in the order they run: interleaved and mirrored (ABBA) over repetitions, so that drift hits all alike. */
export function planVariants(cells: readonly Cell[], repeat: number): PlannedVariant[] {
  return Array.from({ length: repeat }, (_, index) => index + 1).flatMap((time) =>
    (time % 2 === 1 ? cells : cells.toReversed()).map(({ params, profile, stated }) => ({
      id: `${wordsOf(params)}${repeat > 1 ? `#${time}` : ''}`,
      client: String(params.client),
      repeat: time,
      params,
      profile,
      ...(stated && { stated }),
    })),
  )
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

/** What a client has to be able to do to connect; null = neither encryption nor login. */
export function connectionNeeds(security: SecurityProfile | undefined): ConnectionNeeds | null {
  if (!security) return null
  const { tls, sasl } = security
  const tokenFrom = sasl?.tokenEndpoint ? 'endpoint' : sasl?.tokenCommand ? 'command' : sasl?.tokenFile ? 'file' : null
  return {
    tls: tls === false ? null : tls === true ? 'full' : tls.verification,
    mechanism: sasl?.mechanism ?? null,
    tokenFrom,
    extensions: sasl?.extensions !== undefined,
  }
}

/** The same of what was read from elsewhere. */
export function needsOf(security: Security | null): ConnectionNeeds | null {
  if (security === null) return null
  const { tls, sasl } = security
  const bearer = sasl?.mechanism === 'oauthbearer' ? sasl : null
  return {
    tls: tls?.verification ?? null,
    mechanism: sasl?.mechanism ?? null,
    tokenFrom: bearer?.token.from ?? null,
    extensions: bearer?.extensions !== undefined,
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
    // Where it begins is committed for the group; this is for a partition of which nothing could be.
    from: profile.from === 'latest' ? 'latest' : 'earliest',
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
    ...(profile.clientRack === undefined ? {} : { clientRack: profile.clientRack }),
    clientConfig: profile.clientConfig[client] ?? {},
  }
}
