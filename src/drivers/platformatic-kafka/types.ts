import type { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'

/** The part of @platformatic/kafka 1.35 that kbench uses. Its own types are not imported: the package is optional. */
export interface Platformatic {
  Producer: new (options: Record<string, unknown>) => PlatformaticProducer
  Consumer: new (options: Record<string, unknown>) => PlatformaticConsumer
  /** Its own choice for a record with a key: a hash that it takes modulo the partitions. */
  defaultPartitioner(message: unknown, key: Buffer | undefined): number
}

interface PlatformaticClient extends EventEmitter {
  connectToBrokers(): Promise<unknown>
  metadata(options: { topics: string[] }): Promise<unknown>
  clearMetadata(): void
}

export interface PlatformaticMessage {
  topic: string
  partition: number | undefined
  key: Buffer | undefined
  value: Buffer | undefined
  headers: ReadonlyMap<Buffer, Buffer> | undefined
}

/** Where the batch of each partition that was appended begins. */
export interface ProduceResult {
  offsets?: readonly { topic: string; partition: number; offset: bigint }[]
}

export interface PlatformaticProducer extends PlatformaticClient {
  initIdempotentProducer(options: object): Promise<unknown>
  send(options: { messages: PlatformaticMessage[]; acks: number }): Promise<ProduceResult>
  close(force: boolean): Promise<void>
}

export interface PlatformaticConsumer extends PlatformaticClient {
  /** Joins the group where it is not in it. The stream has the consumer's settings. */
  consume(options: { topics: string[]; mode: string; fallbackMode: string }): Promise<Readable>
  commit(options: { offsets: readonly CommitOffset[] }): Promise<void>
  close(force: boolean): Promise<void>
}

export interface CommitOffset {
  topic: string
  partition: number
  offset: bigint
  leaderEpoch: number
}

export interface ConsumedMessage {
  topic: string
  partition: number
  offset: bigint
  value: Buffer | null | undefined
  headers: Map<Buffer | string, Buffer | null | undefined>
}

export type GroupAssignment = readonly { topic: string; partitions: readonly number[] }[]

export type GroupAssigner = (
  current: string,
  members: ReadonlyMap<string, unknown>,
  topics: ReadonlySet<string>,
  metadata: { topics: ReadonlyMap<string, { partitionsCount: number }> },
) => { memberId: string; assignments: Map<string, { topic: string; partitions: number[] }> }[]
