import type { Clock, OutRecord, Producer } from '../contracts/clients.ts'
import { flags, prepareStamp, stampBytes, writeStamp } from './stamp.ts'

export interface Song {
  topic: string
  /** Partitions 0 to this are watched. */
  partitions: number
  /** To each partition. */
  recordsPerSec: number
  /** Tag in the stamps (load/stamp.ts). */
  run: number
  /** Key of every probe, for topics that take no record without one; null = none. */
  key?: string | null
  clock: Clock
  producer: Producer
  stop: AbortSignal
  /**
   * [partition, offset, acknowledged at ns, …] since the last call, in order; offset −1 = not known. All acknowledgements until `atNs` have
   * been reported then. Called with the first probe, then with the next one after 250 ms, even if there is nothing, and at the end.
   */
  acks(acks: Float64Array, atNs: number): void
}

export interface SongEnd {
  /** From here on no probe was sent. */
  stoppedNs: number
  sent: number
  /** Refused or given up by the client. */
  failed: number
  /** Not sent, because so many of that partition were under way. */
  skipped: number
}

const reportNs = 250e6
/** What is on its way when the load ends still shows that its partition is there. */
const lastCallNs = 500e6
export const canaryDeliveryTimeoutMs = 60_000

/**
 * Probes that may be under way to one partition. Each partition has its own: those that wait for a silent one never keep others from being
 * probed. Two seconds of them at least, so that some wait for the next leader while others wait for an answer of the last one.
 */
export function mostUnderWay(partitions: number, recordsPerSec: number): number {
  const share = Math.floor(20_000 / partitions)
  const ofSeconds = (seconds: number) => Math.max(2, Math.ceil(recordsPerSec * seconds))
  return Math.min(Math.max(share, ofSeconds(2)), ofSeconds(canaryDeliveryTimeoutMs / 1000))
}

/** Sends a probe to every partition at the given rate until stopped; resolves when the last acknowledgements were reported. */
export async function sing(song: Song): Promise<SongEnd> {
  const { clock, partitions, stop } = song
  const pools = createPools(song, mostUnderWay(partitions, song.recordsPerSec))
  const periodNs = 1e9 / song.recordsPerSec
  const end: SongEnd = { stoppedNs: 0, sent: 0, failed: 0, skipped: 0 }
  let acks: number[] = []
  let reportedNs = Number.NEGATIVE_INFINITY
  const report = (nowNs: number) => {
    song.acks(Float64Array.from(acks), nowNs)
    acks = []
    reportedNs = nowNs
  }
  const settled: Parameters<Producer['send']>[1] = (record, outcome, atNs) => {
    pools.release(record)
    if (outcome.kind === 'acked') acks.push(record.partition, record.offset ?? -1, atNs)
    else end.failed++
  }
  let nextNs = clock.nowNs()
  while (!stop.aborted) {
    const nowNs = clock.nowNs()
    if (nowNs - reportedNs >= reportNs) report(nowNs)
    const batch: OutRecord[] = []
    for (let partition = 0; partition < partitions; partition++) {
      const record = pools.acquire(partition, end.sent, nowNs)
      if (!record) {
        end.skipped++
        continue
      }
      end.sent++
      batch.push(record)
    }
    song.producer.send(batch, settled)
    // A tick that comes late is not made up for: two records at the same time show no more than one.
    nextNs = Math.max(nextNs + periodNs, clock.nowNs())
    await clock.sleepUntil(nextNs, stop)
  }
  end.stoppedNs = clock.nowNs()
  const lastNs = end.stoppedNs + lastCallNs
  while (pools.underWay() > 0 && clock.nowNs() < lastNs) await clock.sleepUntil(clock.nowNs() + 10e6)
  report(clock.nowNs())
  return end
}

/** Records by partition, at most `most` of each under way, made as they are needed. */
function createPools({ topic, partitions, run, key: keyText = null }: Song, most: number) {
  const key = keyText === null ? null : Buffer.from(keyText)
  const free: OutRecord[][] = Array.from({ length: partitions }, () => [])
  const made = new Array<number>(partitions).fill(0)
  /** By slot. */
  const views: DataView[] = []
  const make = (partition: number): OutRecord => {
    made[partition]!++
    const value = Buffer.alloc(stampBytes)
    const view = new DataView(value.buffer, value.byteOffset, stampBytes)
    prepareStamp(view, run, 0, flags.canary, 0)
    const slot = views.push(view) - 1
    const place = { topic, partition, key, headers: undefined }
    return { ...place, value, offset: -1, slot, sequence: 0, dueNs: 0, sentNs: 0 }
  }
  return {
    /** Null where as many are under way as may be. */
    acquire(partition: number, sequence: number, nowNs: number): OutRecord | null {
      const record = free[partition]!.pop() ?? (made[partition]! < most ? make(partition) : null)
      if (record) {
        record.offset = -1
        writeStamp(views[record.slot]!, sequence, nowNs)
      }
      return record
    },
    release: (record: OutRecord) => void free[record.partition]!.push(record),
    underWay: () => free.reduce((sum, mine, partition) => sum + made[partition]! - mine.length, 0),
  }
}
