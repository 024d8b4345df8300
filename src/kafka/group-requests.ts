import { Decoder, Encoder, type RawRequest } from './raw-request.ts'
import { refusalOf } from './wire.ts'

/** Groups of the protocol of KIP-848, of which DescribeGroups says nothing but that they are dead. Layout from Apache Kafka's message definitions. */

export interface ConsumerGroupAnswer {
  state: string
  assignor: string
  members: { id: string; clientId: string; host: string; partitions: { topic: string; partition: number }[] }[]
}

/** ConsumerGroupDescribe v0: a group of the consumer protocol with its members. Rejects with the broker's error, GROUP_ID_NOT_FOUND say. */
export function consumerGroupRequest(group: string): RawRequest<ConsumerGroupAnswer> {
  return {
    since: '4.0',
    request: {
      apiKey: 69,
      apiVersion: 0,
      apiName: 'ConsumerGroupDescribe',
      // A flexible version: the first byte closes the header's tagged fields, which kafkajs does not know of.
      encode: async () =>
        new Encoder().writeUVarInt(0).writeUVarInt(2).writeUVarIntString(group).writeBoolean(false).writeUVarInt(0),
    },
    response: {
      async decode(raw) {
        const decoder = new Decoder(raw)
        decoder.readTaggedFields() // of the header
        decoder.readInt32() // throttle time
        const [answer] = compactArray(decoder, readGroup)
        if (!answer) throw new Error('ConsumerGroupDescribe: no group in the answer')
        if (answer.error !== 0) throw refusalOf(answer.error, answer.message)
        return answer
      },
      parse: async (data) => data,
    },
  }
}

function compactArray<T>(decoder: Decoder, read: (decoder: Decoder) => T): T[] {
  const length = decoder.readUVarInt() - 1
  return Array.from({ length: Math.max(0, length) }, () => read(decoder))
}

function readGroup(decoder: Decoder) {
  const error = decoder.readInt16()
  const message = decoder.readUVarIntString()
  decoder.readUVarIntString() // its name
  const state = decoder.readUVarIntString() ?? ''
  decoder.readInt32() // epoch
  decoder.readInt32() // epoch of the assignment
  const assignor = decoder.readUVarIntString() ?? ''
  const members = compactArray(decoder, readMember)
  decoder.readInt32() // authorized operations
  decoder.readTaggedFields()
  return { error, message, state, assignor, members }
}

function readMember(decoder: Decoder): ConsumerGroupAnswer['members'][number] {
  const id = decoder.readUVarIntString() ?? ''
  decoder.readUVarIntString() // instance id
  decoder.readUVarIntString() // rack
  decoder.readInt32() // epoch
  const clientId = decoder.readUVarIntString() ?? ''
  const host = decoder.readUVarIntString() ?? ''
  compactArray(decoder, (each) => each.readUVarIntString()) // topics it subscribes to
  decoder.readUVarIntString() // and the pattern
  const partitions = readAssignment(decoder)
  readAssignment(decoder) // what it is to have
  decoder.readTaggedFields()
  return { id, clientId, host: host.replace(/^\//, ''), partitions }
}

function readAssignment(decoder: Decoder): { topic: string; partition: number }[] {
  const topics = compactArray(decoder, (each) => {
    each.readInt64() // id of the topic, 16 bytes
    each.readInt64()
    const topic = each.readUVarIntString() ?? ''
    const partitions = compactArray(each, (one) => one.readInt32())
    each.readTaggedFields()
    return partitions.map((partition) => ({ topic, partition }))
  })
  decoder.readTaggedFields()
  return topics.flat()
}
