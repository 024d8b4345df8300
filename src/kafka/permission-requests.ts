import type { Operation } from '../contracts/api.ts'
import { Decoder, Encoder, type RawRequest } from './raw-request.ts'
import { refusalOf } from './wire.ts'

/** What a user may do, and what its quotas are, as brokers report it. Layouts from Apache Kafka's message definitions. */

/** null = the broker does not report it. */
export type Operations = ReadonlySet<Operation> | null

/** Each with its bit in an answer (AclOperation). */
const bits: Readonly<Record<Operation, number>> = {
  ...{ Read: 3, Write: 4, Create: 5, Delete: 6, Alter: 7, Describe: 8 },
  ...{ DescribeConfigs: 10, AlterConfigs: 11, IdempotentWrite: 12 },
}
const notReported = -2_147_483_648

function operationsIn(field: number): Operations {
  if (field === notReported) return null
  const names = Object.keys(bits) as Operation[]
  return new Set(names.filter((name) => (field & (1 << bits[name])) !== 0))
}

export interface TopicOperations {
  /** 0, or Kafka's code: 3 = there is none, 29 = it may not be looked at. */
  error: number
  operations: Operations
}

/** Metadata v8: what the user may do with a topic, which need not be there, and with the cluster. Creates nothing. */
export function operationsRequest(topic: string): RawRequest<{ topic: TopicOperations; cluster: Operations }> {
  return {
    since: '2.3',
    request: {
      apiKey: 3,
      apiVersion: 8,
      apiName: 'Metadata',
      encode: async () =>
        new Encoder().writeNullableArray([topic]).writeBoolean(false).writeBoolean(true).writeBoolean(true),
    },
    response: {
      async decode(raw) {
        const decoder = new Decoder(raw)
        decoder.readInt32() // throttle time
        decoder.readArray(skipBroker)
        decoder.readString() // cluster id
        decoder.readInt32() // controller
        const topics = decoder.readArray((d): TopicOperations => {
          const error = d.readInt16()
          d.readString() // name
          d.readBoolean() // internal
          d.readArray(skipPartition)
          return { error, operations: operationsIn(d.readInt32()) }
        })
        return { topic: topics[0] ?? { error: 3, operations: null }, cluster: operationsIn(decoder.readInt32()) }
      },
      parse: async (data) => data,
    },
  }
}

function skipBroker(decoder: Decoder): void {
  decoder.readInt32()
  decoder.readString()
  decoder.readInt32()
  decoder.readString()
}

function skipPartition(decoder: Decoder): void {
  decoder.readInt16()
  for (let field = 0; field < 3; field++) decoder.readInt32()
  for (let list = 0; list < 3; list++) decoder.readArray((each) => each.readInt32())
}

/** DescribeGroups v3: what the user may do with a group, which need not be there, of the broker that coordinates it; others answer with error 16. */
export function groupOperationsRequest(group: string): RawRequest<{ error: number; operations: Operations }> {
  return {
    since: '2.3',
    request: {
      apiKey: 15,
      apiVersion: 3,
      apiName: 'DescribeGroups',
      encode: async () => new Encoder().writeInt32(1).writeString(group).writeBoolean(true),
    },
    response: {
      async decode(raw) {
        const decoder = new Decoder(raw)
        decoder.readInt32() // throttle time
        const groups = decoder.readArray((d) => {
          const error = d.readInt16()
          for (let text = 0; text < 4; text++) d.readString() // id, state, protocol's type and name
          d.readArray((member) => {
            for (let text = 0; text < 3; text++) member.readString() // id, client id, host
            member.readBytes()
            member.readBytes()
          })
          return { error, operations: operationsIn(d.readInt32()) }
        })
        return groups[0] ?? { error: 69, operations: null }
      },
      parse: async (data) => data,
    },
  }
}

/** Part of the name of a quota: the user or the client id, whose quota may be that of all others (null). */
export interface QuotaEntity {
  type: 'user' | 'client-id'
  name: string | null
}

export interface Quota {
  entity: QuotaEntity[]
  /** producer_byte_rate, consumer_byte_rate, request_percentage and so on. */
  values: Record<string, number>
}

/** `any`: of whatever name. */
export interface QuotaFilter {
  type: QuotaEntity['type']
  name: string | null | 'any'
}

/** DescribeClientQuotas v0: those whose entity has all these parts; `strict`: and no other part. Rejects with the broker's refusal. */
export function quotasRequest(filters: readonly QuotaFilter[], strict: boolean): RawRequest<Quota[]> {
  return {
    since: '2.6',
    request: {
      apiKey: 48,
      apiVersion: 0,
      apiName: 'DescribeClientQuotas',
      async encode() {
        const encoder = new Encoder().writeInt32(filters.length)
        for (const { type, name } of filters) {
          encoder.writeString(type).writeInt8(name === 'any' ? 2 : name === null ? 1 : 0)
          encoder.writeString(name === 'any' ? null : name)
        }
        return encoder.writeBoolean(strict)
      },
    },
    response: {
      async decode(raw) {
        const decoder = new Decoder(raw)
        decoder.readInt32() // throttle time
        const error = decoder.readInt16()
        const message = decoder.readString()
        if (error !== 0) throw refusalOf(error, message)
        return decoder.readArray((d): Quota => {
          const entity = d.readArray((part) => ({
            type: part.readString() as QuotaEntity['type'],
            name: part.readString(),
          }))
          const values = d.readArray((each) => [each.readString() ?? '', each.readDouble()] as const)
          return { entity, values: Object.fromEntries(values) }
        })
      },
      parse: async (data) => data,
    },
  }
}
