import { recordsDue } from './schedule-of.ts'
import type { Profile } from './schema.ts'

/** Recordings are packed when their variant is over: packed size by plain size, as measured. */
const packed = 0.3
/** Of so many records a second and worker, latencies fill the cells of a histogram; more make the counts higher, not more. */
const fullAt = 1500

/** What a variant's recording takes, bytes: while it is written, and packed, when the variant is over. Measured; docs/results.md has the formula. Pure. */
export function recordingBytes(profile: Profile): { plainBytes: number; packedBytes: number } {
  const { phases, topic, consumers, producers, samplers, faults, canary } = profile
  const loadS = (phases.warmup + phases.measure) / 1000
  // It goes on until the groups have read everything.
  const lengthS = loadS + Math.min(2, phases.drain / 1000)
  const members = consumers.reduce((sum, group) => sum + group.members, 0)
  const records = recordsDue(profile) ?? Number.POSITIVE_INFINITY
  const perWorker = (workers: number) => Math.min(fullAt, records / Math.max(1, loadS) / Math.max(1, workers))
  const watched = faults.length > 0 ? 32 * topic.partitions : 0
  const frames =
    producers.count * (1200 + 5 * perWorker(producers.count) + watched) + members * (800 + 3 * perWorker(members))
  const perGroup = 2 * consumers.length
  const lag = (80 + 8 * topic.partitions * (1 + perGroup)) * (1000 / samplers.lag.interval)
  const usage = (500 + 600) * (1000 / samplers.brokers.interval)
  const isProbed = canary.enabled ?? faults.length > 0
  const probes = isProbed ? 32 * canary.recordsPerSec * Math.min(topic.partitions, canary.partitions) : 0
  const header = 2500 + 700 * (producers.count + members) + 12 * lengthS
  const plainBytes = Math.round(header + lengthS * (frames + lag + usage + probes))
  return { plainBytes, packedBytes: Math.round(plainBytes * packed) }
}
