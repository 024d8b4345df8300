import { createRequire } from 'node:module'

/**
 * What requests that kafkajs does not have are made of: its encoder and decoder (docs/adr/0002). Layouts of the requests are from the message
 * definitions of Apache Kafka (clients/src/main/resources/common/message).
 */
const require = createRequire(import.meta.url)
export const Encoder = require('kafkajs/src/protocol/encoder') as new () => Encoder
export const Decoder = require('kafkajs/src/protocol/decoder') as new (raw: Buffer) => Decoder
export const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error
}

export interface Encoder {
  writeInt8(value: number): Encoder
  writeInt32(value: number): Encoder
  writeBoolean(value: boolean): Encoder
  writeString(value: string | null): Encoder
  writeUVarInt(value: number): Encoder
  writeUVarIntString(value: string): Encoder
  writeNullableArray(values: readonly string[]): Encoder
}

export interface Decoder {
  readInt8(): number
  readInt16(): number
  readInt32(): number
  readInt64(): { toString(): string }
  readDouble(): number
  readBoolean(): boolean
  readBytes(): Buffer | null
  readString(): string | null
  readArray<T>(read: (decoder: Decoder) => T): T[]
  readUVarInt(): number
  readUVarIntString(): string | null
  readTaggedFields(): unknown
}

/** A request in the shape that kafkajs' connections send. */
export interface RawRequest<T> {
  /** The first Kafka that knows it, for the error where a broker does not. */
  since: string
  request: { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<unknown> }
  response: { decode(raw: Buffer): Promise<T>; parse(data: T): Promise<T> }
}
