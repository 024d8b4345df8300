import { setTimeout as sleep } from 'node:timers/promises'

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, number>

const pollMs = 300
/** A follower that was refused waits `replica.fetch.backoff.ms`, a second by default, before it asks again. */
const quietMs = 3000
const mostMs = 60_000

/**
 * The end offsets of a log once it has come to rest. What consumers see of a log ends where all replicas in sync have it: with acks 0 and 1
 * that is behind what leaders have acknowledged, by megabytes after a load at rate max. `expected`: records that ought to be there from
 * `first` on. With those there it waits until nothing more comes for a moment; with less until nothing came for 3 s, 60 s at most.
 */
export async function settledEnds(
  read: () => Promise<Offsets>,
  first: Offsets,
  expected: number,
  pause: (ms: number) => Promise<unknown> = sleep,
): Promise<Offsets> {
  const count = (ends: Offsets) =>
    [...first].reduce((sum, [partition, from]) => sum + (ends.get(partition) ?? from) - from, 0)
  let ends = await read()
  for (let waitedMs = 0, quiet = 0; waitedMs < mostMs; waitedMs += pollMs) {
    await pause(pollMs)
    const now = await read()
    quiet = count(now) === count(ends) ? quiet + pollMs : 0
    ends = now
    if (quiet >= (count(ends) >= expected ? pollMs : quietMs)) break
  }
  return ends
}
