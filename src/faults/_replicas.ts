import { KbenchError } from '../base/errors.ts'
import { plural } from '../base/plural.ts'
import type { PartitionState } from '../contracts/api.ts'

/** Partition → brokers that are to have it, the preferred leader first. */
export type Replicas = ReadonlyMap<number, readonly number[]>

/** Every replica to the broker with the next id; after the last comes the first. */
export function shifted(partitions: readonly PartitionState[], ids: readonly number[]): Replicas {
  const next = (id: number) => ids[(ids.indexOf(id) + 1) % ids.length]!
  return new Map(partitions.map(({ partition, replicas }) => [partition, replicas.map(next)]))
}

/** As many replicas as there are now, on these brokers only, the preferred leaders in turn. */
export function spreadOver(partitions: readonly PartitionState[], to: readonly number[]): Replicas {
  return new Map(
    partitions.map(({ partition, replicas }) => {
      if (replicas.length > to.length) {
        throw new KbenchError(
          'environment',
          `partition ${partition} has ${plural(replicas.length, 'replica')}, and "to" names ${plural(to.length, 'broker')}`,
        )
      }
      return [partition, replicas.map((_, index) => to[(partition + index) % to.length]!)]
    }),
  )
}
