import { setTimeout as sleep } from 'node:timers/promises'

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, number>

const pollMs = 300
const mostMs = 60_000
const unacknowledgedMs = 3000

/**
 * The end offsets of a log once followers have read what was written. What consumers see of a log ends where all replicas in sync have it:
 * with acks 0 and 1 that is behind what leaders have acknowledged, by megabytes after a load at rate max. Asks leaders how far they have
 * written, and then waits until all of that is seen, 60 s at most; what others write meanwhile is not waited for. A leader that is followed
 * by one with less has lost the rest: that is not waited for either. `unacknowledged`: there are records that nobody has confirmed, which a
 * broker may still be writing; for those it waits, 3 s at most, until nothing more comes.
 */
export async function settledEnds(
  read: (at: 'latest' | 'written') => Promise<Offsets>,
  unacknowledged: boolean,
  time: { nowMs(): number; pause(ms: number): Promise<unknown> } = { nowMs: () => performance.now(), pause: sleep },
): Promise<Offsets> {
  const beganMs = time.nowMs()
  const wanted = new Map(await read('written'))
  // The first answer may have taken long, where nobody led a partition.
  const knownMs = time.nowMs()
  let isQuiet = !unacknowledged
  while (!isQuiet && time.nowMs() - knownMs < unacknowledgedMs) {
    await time.pause(pollMs)
    isQuiet = true
    for (const [partition, written] of await read('written')) {
      if (written !== wanted.get(partition)) isQuiet = false
      wanted.set(partition, written)
    }
  }
  for (;;) {
    const ends = await read('latest')
    const isThere = [...wanted].every(([partition, written]) => (ends.get(partition) ?? written) >= written)
    if (isThere || time.nowMs() - beganMs >= mostMs) return ends
    await time.pause(pollMs)
    for (const [partition, written] of await read('written')) {
      wanted.set(partition, Math.min(written, wanted.get(partition) ?? written))
    }
  }
}
