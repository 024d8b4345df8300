import { createRequire } from 'node:module'
import { KbenchError } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { type AbortedTransaction, abortedRecords, type BatchRecord } from './aborted.ts'
import { reauthenticationMs, registerCodecs, securityConfig } from './client.ts'
import { quorumRequest } from './quorum-requests.ts'
import { createErrorFromCode, Encoder, type RawRequest } from './raw-request.ts'

/**
 * One connection to one broker, speaking single requests: no discovery, no retries, no sharing. kafkajs has the
 * protocol but no public way to it. So its source files are imported; the version is pinned (docs/adr/0002).
 */
const require = createRequire(import.meta.url)
const { requests } = require('kafkajs/src/protocol/requests') as { requests: Readonly<Record<string, unknown>> }
const apiKeys = require('kafkajs/src/protocol/requests/apiKeys') as Readonly<Record<string, number>>

export interface TopicMetadata {
  topic: string
  partitions: { partition: number; leader: number; isr: number[]; replicas: number[] }[]
}

export interface ClusterMetadata {
  /** null = the broker does not report it. */
  clusterId: string | null
  brokers: { nodeId: number; host: string; port: number; rack: string | null }[]
  controllerId: number
  topics: TopicMetadata[]
}

export interface FetchedPartition {
  partition: number
  highWatermark: number
  records: FetchedRecord[]
}

export interface FetchedRecord {
  offset: string
  /** ms since 1970. */
  timestamp: string
  key: Buffer | null
  value: Buffer | null
  headers: Record<string, Buffer | undefined>
  isControlRecord: boolean
  /** Of an aborted transaction; only known where committed records were asked for. */
  isAborted?: boolean
}

/**
 * A position in a log. It is the first offset, or the high watermark, which all replicas in sync have reached and
 * consumers see, or the last stable offset, which consumers of committed records see. `written` is the end of the
 * leader's log, ahead of the high watermark with acks 0 and 1.
 */
export type LogPosition = 'earliest' | 'latest' | 'stable' | 'written'

export interface BrokerConnection {
  /**
   * Of these topics; none named = of the brokers alone, for a cluster may have 100 000 partitions. A partition that nobody leads has leader
   * -1. Rejects with the broker's error for a topic that was named and is not there.
   */
  metadata(topics: readonly string[] | 'all'): Promise<ClusterMetadata>
  /** `sinceMs`: the first record at or after this time, ms since 1970; -1 = there is none so late. */
  offsets(
    topic: string,
    partitions: readonly number[],
    at: LogPosition | { sinceMs: number },
  ): Promise<Map<number, number>>
  coordinator(group: string): Promise<{ nodeId: number; host: string; port: number }>
  /** Committed offsets by partition; those without a commit are absent. */
  committed(group: string, topic: string, partitions: readonly number[]): Promise<Map<number, number>>
  fetch(
    topic: string,
    partitions: readonly { partition: number; offset: number }[],
    limits: { maxWaitMs: number; maxBytes: number; maxPartitionBytes: number; readCommitted: boolean },
  ): Promise<FetchedPartition[]>
  /**
   * A request of kafkajs' own, by its name there, in the newest version that both know. The answer as it was decoded: errors of single topics,
   * partitions and groups are codes in it.
   */
  call<T>(api: string, parameters: unknown): Promise<T>
  /** What kafkajs has no method for (state-requests). Rejects with `environment` what {@link supports} denies. */
  send<T>(request: RawRequest<T>): Promise<T>
  /** Does this broker know the request, in that version? One that does not would close the connection. */
  supports(request: { request: Pick<RawRequest<unknown>['request'], 'apiKey' | 'apiVersion'> }): boolean
  close(): Promise<void>
}

interface RawBroker {
  /** By key; known once connected. */
  versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>>
  connectionPool: { send<T>(request: RawRequest<T>): Promise<T> }
  connect(): Promise<void>
  disconnect(): Promise<void>
  /** The newest version of a request that kafkajs and the broker have; known once connected. */
  lookupRequest(apiKey: number, definition: unknown): (parameters: unknown) => Omit<RawRequest<unknown>, 'since'>
  listOffsets(request: unknown): Promise<{ responses: { partitions: { partition: number; offset: string }[] }[] }>
  findGroupCoordinator(request: unknown): Promise<{ coordinator: { nodeId: number; host: string; port: number } }>
  offsetFetch(request: unknown): Promise<{ responses: { partitions: { partition: number; offset: string }[] }[] }>
  fetch(request: unknown): Promise<{
    responses: { partitions: RawFetchedPartition[] }[]
  }>
}

interface RawFetchedPartition {
  partition: number
  highWatermark: string
  messages: (FetchedRecord & BatchRecord)[]
  /** Whose records come with the others, for whoever reads to leave out. */
  abortedTransactions?: readonly AbortedTransaction[]
}

interface RawMetadata {
  brokers: { nodeId: number; host: string; port: number; rack?: string | null }[]
  clusterId?: string | null
  controllerId: number
  topicMetadata: {
    topicErrorCode: number
    topic: string
    partitionMetadata: { partitionId: number; leader: number; isr: number[]; replicas: number[] }[]
  }[]
}

/** What an error code in an answer stands for, as kafkajs' own errors are; `text`: the broker's words, where it has any. */
export function refusalOf(code: number, text?: string | null): Error & { type: string } {
  const error = createErrorFromCode(code) as Error & { type: string }
  if (text) error.message = text
  return error
}

export async function connectBroker(
  network: Network,
  address: { host: string; port: number },
  options: { clientId: string; timeoutMs: number },
): Promise<BrokerConnection> {
  registerCodecs()
  const broker = createRawBroker(network, address, options)
  try {
    await broker.connect()
  } catch (error) {
    await broker.disconnect()
    throw error
  }
  const supports: BrokerConnection['supports'] = ({ request: { apiKey, apiVersion } }) => {
    const known = broker.versions[apiKey]
    return known !== undefined && known.minVersion <= apiVersion && apiVersion <= known.maxVersion
  }
  const call = async <T>(
    api: string,
    parameters: unknown,
    changed: (request: RawRequest<T>['request']) => RawRequest<T>['request'] = (request) => request,
  ): Promise<T> => {
    const { request, response } = broker.lookupRequest(apiKeys[api]!, requests[api])(parameters) as RawRequest<T>
    // Its own parse throws the whole answer away where a single item has an error.
    const parse = async (data: T) => data
    return broker.connectionPool.send({ since: '', request: changed(request), response: { ...response, parse } })
  }
  return {
    call,
    async metadata(wanted) {
      const topics = wanted === 'all' ? [] : wanted
      const answer = await call<RawMetadata>('Metadata', { topics, allowAutoTopicCreation: false }, (request) =>
        // For kafkajs no topic is all topics.
        wanted === 'all' || wanted.length > 0 ? request : { ...request, encode: () => noTopics(request.apiVersion) },
      )
      const { brokers, clusterId = null, controllerId, topicMetadata } = answer
      const wrong = wanted === 'all' ? undefined : topicMetadata.find(({ topicErrorCode }) => topicErrorCode !== 0)
      if (wrong) throw createErrorFromCode(wrong.topicErrorCode)
      return {
        clusterId,
        brokers: brokers.map(({ nodeId, host, port, rack }) => ({ nodeId, host, port, rack: rack ?? null })),
        controllerId,
        topics: topicMetadata.map(({ topic, partitionMetadata }) => ({
          topic,
          partitions: partitionMetadata
            .map(({ partitionId, leader, isr, replicas }) => ({ partition: partitionId, leader, isr, replicas }))
            .sort((a, b) => a.partition - b.partition),
        })),
      }
    },
    async offsets(topic, partitions, at) {
      const timestamp = typeof at === 'object' ? String(at.sinceMs) : at === 'earliest' ? '-2' : '-1'
      const request = {
        // To a caller that is no consumer (-1) a leader returns the end of its own log (ReplicaManager.fetchOffset). Not -2: to a debugger
        // followers return theirs as well.
        replicaId: at === 'written' ? -3 : -1,
        isolationLevel: at === 'stable' ? 1 : 0,
        topics: [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }],
      }
      return offsetsOf(await broker.listOffsets(request))
    },
    async coordinator(group) {
      const { coordinator } = await broker.findGroupCoordinator({ groupId: group, coordinatorType: 0 })
      return coordinator
    },
    async committed(group, topic, partitions) {
      const request = {
        groupId: group,
        topics: [{ topic, partitions: partitions.map((partition) => ({ partition })) }],
      }
      const offsets = offsetsOf(await broker.offsetFetch(request))
      for (const [partition, offset] of offsets) if (offset < 0) offsets.delete(partition)
      return offsets
    },
    async fetch(topic, partitions, limits) {
      const { responses } = await broker.fetch({
        isolationLevel: limits.readCommitted ? 1 : 0,
        maxWaitTime: limits.maxWaitMs,
        minBytes: 1,
        maxBytes: limits.maxBytes,
        topics: [
          {
            topic,
            partitions: partitions.map(({ partition, offset }) => ({
              partition,
              fetchOffset: String(offset),
              maxBytes: limits.maxPartitionBytes,
            })),
          },
        ],
      })
      return responses.flatMap((response) =>
        response.partitions.map(({ partition, highWatermark, messages, abortedTransactions }) => {
          if (limits.readCommitted && abortedTransactions) {
            for (const record of abortedRecords(messages, abortedTransactions)) record.isAborted = true
          }
          return { partition, highWatermark: Number(highWatermark), records: messages }
        }),
      )
    },
    async send(request) {
      if (supports(request)) return broker.connectionPool.send(request)
      const { apiName } = request.request
      throw new KbenchError('environment', `${apiName} needs Kafka ${request.since} or later`)
    },
    supports,
    close: () => broker.disconnect(),
  }
}

/** Metadata of no topic; from version 4 on with whether topics may be made. */
async function noTopics(version: number): Promise<Encoder> {
  const encoder = new Encoder().writeInt32(0)
  return version < 4 ? encoder : encoder.writeBoolean(false)
}

/** LeaderAndIsr, which brokers take from a controller that is one of them: with ZooKeeper, not with KRaft. */
const leaderAndIsr = { request: { apiKey: 4, apiVersion: 0 } }

/**
 * The active controller: the leader of the quorum (KRaft), which need not be a broker, or the one that the metadata name (ZooKeeper; with
 * KRaft they name any broker). Rejects with `environment` before Kafka 3.3 with KRaft, which does not report it.
 */
export async function controllerOf({ send, supports, metadata }: BrokerConnection): Promise<number> {
  return supports(leaderAndIsr) ? (await metadata([])).controllerId : send(quorumRequest())
}

function offsetsOf(response: {
  responses: { partitions: { partition: number; offset: string }[] }[]
}): Map<number, number> {
  return new Map(
    response.responses.flatMap(({ partitions }) =>
      partitions.map(({ partition, offset }) => [partition, Number(offset)]),
    ),
  )
}

function createRawBroker(
  network: Network,
  { host, port }: { host: string; port: number },
  { clientId, timeoutMs }: { clientId: string; timeoutMs: number },
): RawBroker {
  const ConnectionPool = require('kafkajs/src/network/connectionPool')
  const Broker = require('kafkajs/src/broker')
  const socketFactory = require('kafkajs/src/network/socketFactory')
  const { createLogger, LEVELS } = require('kafkajs/src/loggers')
  const logger = createLogger({ level: LEVELS.NOTHING, logCreator: () => () => {} })
  const connectionPool = new ConnectionPool({
    host,
    port,
    clientId,
    socketFactory: socketFactory(),
    connectionTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    enforceRequestTimeout: true,
    maxInFlightRequests: null,
    reauthenticationThreshold: reauthenticationMs,
    logger,
    ...securityConfig(network),
  })
  return new Broker({ connectionPool, logger, allowAutoTopicCreation: false, authenticationTimeout: timeoutMs })
}
