/** Above this many missed ticks, one entry stands for several: what a stall costs to record stays bounded. */
export const maxLatenessEntries = 10_000

/**
 * Records how late a periodic tick came, and the ticks that could not happen meanwhile. A tick that is late by L stands
 * for further ones that were due one, two, … periods later. Those were late by L − period, L − 2 × period, …: the
 * expected-interval correction of HdrHistogram's recordValueWithExpectedInterval. Without it a loop that stands still
 * for 10 s counts as one late tick of a thousand. `record` gets ns and how many ticks it stands for; the count of all
 * is that of the ticks that were due, whatever L is.
 */
export function recordLateness(
  record: (latenessNs: number, count: number) => void,
  latenessNs: number,
  periodNs: number,
): void {
  const lateNs = Math.max(0, latenessNs)
  record(lateNs, 1)
  // Ticks that were due before now; one that is due at this very moment is not late.
  const missed = Math.ceil(lateNs / periodNs) - 1
  if (missed <= 0) return
  const perEntry = Math.ceil(missed / maxLatenessEntries)
  for (let first = 1; first <= missed; first += perEntry) {
    const count = Math.min(perEntry, missed - first + 1)
    // Several ticks get the lateness of the one in their middle.
    record(lateNs - (first + (count - 1) / 2) * periodNs, count)
  }
}
