import { createErrorFromCode, Decoder, Encoder, type RawRequest } from './raw-request.ts'

/** Requests about the quorum of a KRaft cluster's controllers. With ZooKeeper there is none. */

/** The active controller. In Metadata any broker may be named there. */
export const quorumRequest = (): RawRequest<number> =>
  describeQuorum(0, (decoder) => {
    if (decoder === null) throw new Error('DescribeQuorum: no partition in the answer')
    return decoder.readInt32()
  })

/**
 * The time by the clock of the active controller, ms since 1970, as it answers: of itself it reports the present. null = it does not
 * report it.
 */
export const controllerTimeRequest = (): RawRequest<number | null> =>
  describeQuorum(1, (decoder) => {
    if (decoder === null) return null
    const leader = decoder.readInt32()
    decoder.readInt32() // its epoch
    decoder.readInt64() // high watermark
    const voters = Array.from({ length: Math.max(0, decoder.readUVarInt() - 1) }, () => readReplica(decoder))
    const timeMs = voters.find(({ id }) => id === leader)?.fetchMs ?? -1
    return timeMs > 0 ? timeMs : null
  })

/** DescribeQuorum of the metadata's one partition. `read` begins at its leader; it gets null where the answer has no partition. */
function describeQuorum<T>(apiVersion: 0 | 1, read: (decoder: Decoder | null) => T): RawRequest<T> {
  return {
    since: '3.3',
    request: {
      apiKey: 55,
      apiVersion,
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
        if (decoder.readUVarInt() < 2) return read(null)
        decoder.readUVarIntString()
        if (decoder.readUVarInt() < 2) return read(null)
        decoder.readInt32() // partition
        const refused = decoder.readInt16()
        if (refused !== 0) throw createErrorFromCode(refused)
        return read(decoder)
      },
      parse: async (data) => data,
    },
  }
}

function readReplica(decoder: Decoder): { id: number; fetchMs: number } {
  const id = decoder.readInt32()
  decoder.readInt64() // end of its log
  const fetchMs = Number(decoder.readInt64().toString())
  decoder.readInt64() // when it had caught up
  decoder.readTaggedFields()
  return { id, fetchMs }
}
