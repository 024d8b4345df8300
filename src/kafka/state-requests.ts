import type { ClusterState, PartitionState } from '../contracts/api.ts'
import { Decoder, Encoder, type RawRequest } from './raw-request.ts'

/** Requests for the state of a topic: Metadata with leader epochs. */

interface StateAnswer extends ClusterState {
  /** Of the topic itself: 0, or why it is not there. */
  error: number
}

/** Metadata v7 (Kafka 2.1 and later): the first version with a leader epoch, which distinguishes an old answer from a new one. */
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
