import type { EventEmitter } from 'node:events'

/** The part of node-rdkafka 3.6 that kbench uses, and its descendants have. Their own types are not imported: the packages are optional. */
export interface NodeRdkafka {
  Producer: new (config: RdConfig, topicConfig: RdConfig) => RdProducer
  KafkaConsumer: new (config: RdConfig, topicConfig: RdConfig) => RdConsumer
  features: readonly string[]
  librdkafkaVersion: string
}

export type RdConfig = Record<string, unknown>

export interface RdError extends Error {
  code: number
}

export interface RdReport {
  partition: number
  offset: number
  opaque: number
}

export interface RdMessage {
  topic: string
  partition: number
  offset: number
  /** ms since 1970. */
  timestamp?: number
  value: Buffer | null
  headers?: Record<string, Buffer | string>[]
}

export interface RdPartition {
  topic: string
  partition: number
}

export interface RdClient extends EventEmitter {
  /** node-rdkafka's alone. */
  setOauthBearerToken(token: string): void
  /** Asks for the metadata of every topic of the cluster, unless it is given one of them and `allTopics: false`. */
  connect(
    options: { timeout?: number; topic?: string; allTopics?: boolean },
    callback: (error: RdError | null) => void,
  ): void
  isConnected(): boolean
}

export interface RdProducer extends RdClient {
  produce(
    topic: string,
    partition: number | null,
    value: Buffer | null,
    key: Buffer | null,
    timestamp: number | null,
    opaque: number,
    headers?: Record<string, Buffer>[],
  ): unknown
  poll(): void
  setPollInterval(intervalMs: number): void
  flush(timeoutMs: number, callback: (error: RdError | null) => void): void
  disconnect(timeoutMs: number, callback: (error: RdError | null) => void): void
}

export interface RdConsumer extends RdClient {
  subscribe(topics: readonly string[]): void
  consume(count: number, callback: (error: RdError | null, messages: RdMessage[]) => void): void
  setDefaultConsumeTimeout(timeoutMs: number): void
  assignments(): RdPartition[]
  assign(partitions: RdPartition[]): void
  unassign(): void
  incrementalAssign(partitions: RdPartition[]): void
  incrementalUnassign(partitions: RdPartition[]): void
  rebalanceProtocol(): string
  pause(partitions: RdPartition[]): void
  resume(partitions: RdPartition[]): void
  disconnect(callback: (error: RdError | null) => void): void
}
