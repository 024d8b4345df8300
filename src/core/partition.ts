import type { Partitioner } from './api.ts'
import { crc32 } from './crc32.ts'
import { createRng } from './rng.ts'

/** Picks the partition of each record in JS, so that both clients get the same answer; −1 leaves it to the client. */
export type ChoosePartition = (key: Buffer | null) => number

/**
 * murmur2 and crc32 hash the key as the Java client and librdkafka do, key for key; without a key they draw at random.
 * sticky keeps keyless records on one partition until `stickyRecords` have gone there (KIP-480), keyed ones as murmur2.
 */
export function createPartitioner(
  partitioner: Partitioner,
  partitions: number,
  options: { seed: number; producer: number; stickyRecords: number },
): ChoosePartition {
  const rng = createRng(options.seed, 0x70617274 + options.producer)
  if (typeof partitioner === 'object') {
    let next = options.producer
    return () => partitioner.explicit[next++ % partitioner.explicit.length]!
  }
  switch (partitioner) {
    case 'native':
      return () => -1
    case 'random':
      return () => rng.below(partitions)
    case 'round-robin': {
      let next = options.producer
      return () => next++ % partitions
    }
    case 'murmur2':
      return (key) => (key === null ? rng.below(partitions) : (murmur2(key) & 0x7fffffff) % partitions)
    case 'crc32':
      return (key) => (key === null ? rng.below(partitions) : crc32(key) % partitions)
    case 'sticky': {
      let current = rng.below(partitions)
      let left = options.stickyRecords
      return (key) => {
        if (key !== null) return (murmur2(key) & 0x7fffffff) % partitions
        if (left-- <= 0) {
          left = options.stickyRecords - 1
          // Another partition than before, where there is one.
          current = (current + 1 + rng.below(Math.max(1, partitions - 1))) % partitions
        }
        return current
      }
    }
  }
}

/** Kafka's murmur2 (org.apache.kafka.common.utils.Utils.murmur2), signed 32 bit. */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995
  const length = data.length
  let h = 0x9747b28c ^ length
  const words = length >> 2
  for (let word = 0; word < words; word++) {
    const at = word * 4
    let k = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    k = Math.imul(k, m)
    h = Math.imul(h, m) ^ k
  }
  const tail = words * 4
  const rest = length & 3
  if (rest === 3) h ^= data[tail + 2]! << 16
  if (rest >= 2) h ^= data[tail + 1]! << 8
  if (rest >= 1) {
    h ^= data[tail]!
    h = Math.imul(h, m)
  }
  h ^= h >>> 13
  h = Math.imul(h, m)
  return h ^ (h >>> 15)
}
