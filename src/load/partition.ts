import { crc32 } from '../base/crc32.ts'
import { createRng, type Rng } from '../base/rng.ts'
import type { Partitioner } from '../contracts/api.ts'

/**
 * Picks the partition of each record in JS, so that both clients get the same answer; −1 leaves it to the client. `atNs` ascends.
 */
export type ChoosePartition = (key: Buffer | null, atNs: number, sizeBytes: number) => number

export interface PartitionerOptions {
  seed: number
  producer: number
  batch: { lingerMs: number; maxBytes: number; maxRecords: number }
}

/**
 * murmur2 and crc32 hash a key as the Java client and librdkafka do, key for key. Without a key they stay on one
 * partition until a batch's bytes or records have gone there, as the Java client does (KIP-794). sticky does so in any
 * case but a keyed one. After 100 ms at most they draw another partition, so that a slow load reaches all partitions
 * too. round-robin and random ignore keys.
 */
export function createPartitioner(
  partitioner: Partitioner,
  partitions: number,
  options: PartitionerOptions,
): ChoosePartition {
  const rng = createRng(options.seed, 0x70617274 + options.producer)
  let next = options.producer
  if (typeof partitioner === 'object') {
    const { explicit } = partitioner
    return () => explicit[next++ % explicit.length]!
  }
  const sticky = createSticky(partitions, options.batch, rng)
  const hash = (key: Buffer) => (murmur2(key) & 0x7fffffff) % partitions
  switch (partitioner) {
    case 'native':
      return () => -1
    case 'random':
      return () => rng.below(partitions)
    case 'round-robin':
      return () => next++ % partitions
    case 'crc32':
      return (key, atNs, sizeBytes) => (key === null ? sticky(atNs, sizeBytes) : crc32(key) % partitions)
    case 'murmur2':
    case 'sticky':
      return (key, atNs, sizeBytes) => (key === null ? sticky(atNs, sizeBytes) : hash(key))
  }
}

function createSticky(partitions: number, batch: PartitionerOptions['batch'], rng: Rng) {
  const longestNs = Math.max(100, batch.lingerMs) * 1e6
  let current = rng.below(partitions)
  let sinceNs = Number.NEGATIVE_INFINITY
  let bytes = 0
  let records = 0
  return (atNs: number, sizeBytes: number): number => {
    if (atNs - sinceNs >= longestNs || bytes + sizeBytes > batch.maxBytes || records >= batch.maxRecords) {
      // Another partition than before, where there is one.
      current = (current + 1 + rng.below(Math.max(1, partitions - 1))) % partitions
      sinceNs = atNs
      bytes = 0
      records = 0
    }
    bytes += sizeBytes
    records++
    return current
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
