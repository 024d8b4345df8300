import { type Silence, shortestSilenceNs } from './frame.ts'

/** What a producer notes of its acknowledgements, by partition, between two frames: array reads and writes alone. */
export function createSilence(partitions: number) {
  const firstDues = new Float64Array(partitions).fill(Number.NaN)
  const lastAcks = new Float64Array(partitions).fill(Number.NaN)
  const longestNs = new Float64Array(partitions)
  let gaps: number[] = []
  return {
    /** Records are handed over in the order in which they are due: the first one counts. */
    due(partition: number, dueNs: number): void {
      if (Number.isNaN(firstDues[partition]!)) firstDues[partition] = dueNs
    },
    acknowledged(partition: number, atNs: number, dueNs: number): void {
      if (!(partition < partitions)) return
      let lastNs = lastAcks[partition]!
      lastAcks[partition] = atNs
      if (Number.isNaN(lastNs)) {
        // With the client's own partitioner the partition is known only now.
        if (!(firstDues[partition]! <= dueNs)) firstDues[partition] = dueNs
        lastNs = firstDues[partition]!
      }
      const gapNs = atNs - lastNs
      if (gapNs > shortestSilenceNs) gaps.push(partition, lastNs, atNs)
      else if (gapNs > longestNs[partition]!) longestNs[partition] = gapNs
    },
    take(): Silence {
      const taken = {
        gaps: Float64Array.from(gaps),
        firstDues: firstDues.slice(),
        lastAcks: lastAcks.slice(),
        longestNs: longestNs.slice(),
      }
      gaps = []
      longestNs.fill(0)
      return taken
    },
  }
}
