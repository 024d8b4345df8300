import type { Address, Calls } from './calls.ts'
import { topicPartition, topicPartitionList } from './layout.ts'
import { createReader } from './memory.ts'

export interface Partition {
  topic: string
  partition: number
}

/** Reads a rd_kafka_topic_partition_list_t. */
export function createPartitionReader(): (list: Address) => Partition[] {
  const reader = createReader()
  const split = (address: Address): [number, number] => [address >>> 0, Math.floor(address / 4294967296)]
  const longAt = (byte: number) => {
    const at = reader.at + byte / 4
    return (reader.words[at]! >>> 0) + reader.words[at + 1]! * 4294967296
  }
  // Topic names are at most 249 bytes (Kafka).
  const text = new Uint8Array(256)
  const nameAt = (address: Address): string => {
    for (let length = 0; length < text.length; length++) {
      reader.copy(...split(address + length), 1, text, length)
      if (text[length] === 0) return Buffer.from(text.subarray(0, length)).toString('latin1')
    }
    return ''
  }
  return (list) => {
    if (list === 0) return []
    reader.seek(...split(list))
    const count = reader.words[reader.at + topicPartitionList.cnt / 4]!
    const elements = longAt(topicPartitionList.elems)
    return Array.from({ length: count }, (_, index) => {
      reader.seek(...split(elements + index * topicPartition.size))
      const partition = reader.words[reader.at + topicPartition.partition / 4]!
      return { topic: nameAt(longAt(topicPartition.topic)), partition }
    })
  }
}

/** Calls with a list of the partitions, which is given back whatever happens. */
export function withPartitions<T>(calls: Calls, partitions: readonly Partition[], use: (list: Address) => T): T {
  const list = calls.newPartitions(partitions.length)
  try {
    for (const { topic, partition } of partitions) calls.addPartition(list, topic, partition)
    return use(list)
  } finally {
    calls.destroyPartitions(list)
  }
}
