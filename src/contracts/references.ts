import type { Profile } from '../profile/schema.ts'
import type { ConsumerSettings, ProducerSettings } from './clients.ts'
import type { ConnectionNeeds, Network } from './plugin.ts'
import type { ReferenceResult } from './result.ts'

/** What a reference tool is to do: the load of a variant, with that variant's settings in the tool's own words. */
export interface ReferenceJob {
  network: Network
  topic: { name: string; partitions: number }
  kafkaVersion: string | null
  /** Records per second over all producers, or as fast as it goes. */
  ratePerSec: number | 'max'
  /** Records over all producers; null = as many as fit into the time. */
  count: number | null
  /** How long, warm-up included. */
  durationS: number
  warmupS: number
  recordBytes: number
  producers: number
  producer: ProducerSettings | null
  /** One per group. */
  consumers: readonly ConsumerSettings[]
  /** The topic is filled first, and then read; otherwise both happen at the same time. */
  prefill: boolean
  /** Folder for the tool's output. */
  directory: string
  signal: AbortSignal
  say(line: string): void
}

/** A well-known tool of another language, run beside the clients on the same cluster. */
export interface Reference {
  summary: string
  /** Why it cannot measure this variant, or connect as is needed; null = it can. Pure. */
  unsupported(profile: Profile, connection?: ConnectionNeeds | null): string | null
  /** Throws `environment` when the tool cannot be had. */
  run(job: ReferenceJob): Promise<ReferenceResult>
}
