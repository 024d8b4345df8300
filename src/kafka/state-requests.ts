import { createRequire } from 'node:module'
import type { ClusterState, PartitionState } from '../contracts/api.ts'

/**
 * Requests that kafkajs does not have, in the shape its connections send: Metadata with leader epochs and the quorum's leader.
 * Layouts from the message definitions of Apache Kafka (clients/src/main/resources/common/message).
 */
export interface RawRequest<T> {
  /** The first Kafka that knows it, for the error where a broker does not. */
  since: string
  request: { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<unknown> }
  response: { decode(raw: Buffer): Promise<T>; parse(data: T): Promise<T> }
}

const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder') as new () => Encoder
const Decoder = require('kafkajs/src/protocol/decoder') as new (raw: Buffer) => Decoder
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as { createErrorFromCode(code: number): Error }

interface Encoder {
  writeInt32(value: number): Encoder
  writeBoolean(value: boolean): Encoder
  writeString(value: string): Encoder
  writeUVarInt(value: number): Encoder
  writeUVarIntString(value: string): Encoder
  writeNullableArray(values: readonly string[]): Encoder
}

interface Decoder {
  readInt16(): number
  readInt32(): number
  readBoolean(): boolean
  readString(): string | null
  readArray<T>(read: (decoder: Decoder) => T): T[]
  readUVarInt(): number
  readUVarIntString(): string | null
  readTaggedFields(): unknown
}

interface StateAnswer extends ClusterState {
  /** Of the topic itself: 0, or why it is not there. */
  error: number
}

/** Metadata v7 (Kafka 2.1 and later): the first version with a leader epoch, by which an old answer is told from a new one. */
export function stateRequest(topic: string): RawRequest<StateAnswer> {
  return {
    since: '2.1',
    request: {
      apiKey: 3,
      apiVersion: 7,
      apiName: 'Metadata',
      encode: async () => new Encoder().writeNullableArray([topic]).writeBoolean(false),
    },
    response: {
      async decode(raw) {
        const decoder = new Decoder(raw)
        decoder.readInt32() // throttle time
        const brokers = decoder.readArray((d) => ({
          id: d.readInt32(),
          host: d.readString() ?? '',
          port: d.readInt32(),
          rack: d.readString(),
        }))
        decoder.readString() // cluster id
        const controllerId = decoder.readInt32()
        const topics = decoder.readArray((d) => {
          const error = d.readInt16()
          d.readString() // name
          d.readBoolean() // internal
          return { error, partitions: d.readArray(readPartition) }
        })
        return { brokers, controllerId, partitions: topics[0]?.partitions ?? [], error: topics[0]?.error ?? 0 }
      },
      parse: async (data) => data,
    },
  }
}

function readPartition(decoder: Decoder): PartitionState {
  decoder.readInt16() // LEADER_NOT_AVAILABLE comes with leader −1
  const partition = decoder.readInt32()
  const leader = decoder.readInt32()
  const leaderEpoch = decoder.readInt32()
  const replicas = decoder.readArray((d) => d.readInt32())
  const isr = decoder.readArray((d) => d.readInt32())
  decoder.readArray((d) => d.readInt32()) // offline replicas
  return { partition, leader, leaderEpoch, isr, replicas }
}

/** DescribeQuorum v0: the active controller of a KRaft cluster. In Metadata any broker may be named there. With ZooKeeper it is not known. */
export function quorumRequest(): RawRequest<number> {
  return {
    since: '3.3',
    request: {
      apiKey: 55,
      apiVersion: 0,
      apiName: 'DescribeQuorum',
      // A flexible version: the first byte closes the header's tagged fields, which kafkajs does not know of.
      encode: async () =>
        new Encoder()
          .writeUVarInt(0)
          .writeUVarInt(2)
          .writeUVarIntString('__cluster_metadata')
          .writeUVarInt(2)
          .writeInt32(0)
          .writeUVarInt(0)
          .writeUVarInt(0)
          .writeUVarInt(0),
    },
    response: {
      async decode(raw) {
        const decoder = new Decoder(raw)
        decoder.readTaggedFields() // of the header
        const error = decoder.readInt16()
        if (error !== 0) throw createErrorFromCode(error)
        if (decoder.readUVarInt() < 2) throw new Error('DescribeQuorum: no topic in the answer')
        decoder.readUVarIntString()
        if (decoder.readUVarInt() < 2) throw new Error('DescribeQuorum: no partition in the answer')
        decoder.readInt32()
        const partitionError = decoder.readInt16()
        if (partitionError !== 0) throw createErrorFromCode(partitionError)
        return decoder.readInt32()
      },
      parse: async (data) => data,
    },
  }
}
