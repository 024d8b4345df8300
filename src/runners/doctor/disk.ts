import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { formatBytes } from '../../base/units.ts'
import { meanRecordBytes } from '../../profile/record-bytes.ts'
import { recordingBytes } from '../../profile/recording-size.ts'
import { recordsDue } from '../../profile/schedule-of.ts'
import type { Profile } from '../../profile/schema.ts'
import { defineCheck, lines } from './check.ts'

export interface Disk {
  folder: string
  freeBytes: number
  /** What the run writes there; null = nobody knows, for it goes as fast as it can. */
  needBytes: number | null
}

/** Deleted topics stay on the disk for a while (file.delete.delay.ms), and segments come whole. */
const spare = 2

/** Free space where results go, against recordings and, with brokers on this machine, their logs. */
export default defineCheck<Disk>({
  id: 'disk',
  subject: 'free disk space',
  of: 'machine',

  async look({ results, run, target }) {
    const folder = resolve(results)
    const { bavail, bsize } = await statfsAbove(folder)
    const profiles = run.variants.map(({ profile }) => profile)
    return { folder, freeBytes: bavail * bsize, needBytes: neededBytes(profiles, target === null) }
  },

  judge({ folder, freeBytes, needBytes }) {
    const { ok, warning, failure, unknown } = lines('disk')
    const subject = `free disk space in ${folder}`
    const free = formatBytes(freeBytes)
    if (needBytes === null) return [unknown(subject, `${free}; at rate max nobody knows how much is written`)]
    const text = `${free}; the run writes about ${formatBytes(needBytes)}`
    const remedy = 'make room, write elsewhere with --results, or lower load.rate, phases or topic.replicationFactor'
    if (freeBytes < needBytes) return [failure(subject, text, remedy)]
    return [freeBytes < spare * needBytes ? warning(subject, text, remedy) : ok(subject, text)]
  },
})

/** Recordings of all variants, the largest one not packed yet; and, of brokers here, the log of a variant and of the one before it. Pure. */
export function neededBytes(profiles: readonly Profile[], isLocal: boolean): number | null {
  const recordings = profiles.map(recordingBytes)
  const kept = recordings.reduce((sum, { packedBytes }) => sum + packedBytes, 0)
  const plain = Math.max(0, ...recordings.map(({ plainBytes }) => plainBytes))
  if (!isLocal) return kept + plain
  const logs = profiles.map((profile) => {
    const records = recordsDue(profile)
    return records === null ? null : records * meanRecordBytes(profile.load.record) * profile.topic.replicationFactor
  })
  if (logs.includes(null)) return null
  const largest = (logs as number[]).sort((a, b) => b - a).slice(0, 2)
  return kept + plain + largest.reduce((sum, bytes) => sum + bytes, 0)
}

/** Of the folder, or of the nearest above it that is there. */
async function statfsAbove(folder: string): Promise<{ bavail: number; bsize: number }> {
  try {
    return await statfs(folder)
  } catch (error) {
    const above = dirname(folder)
    if (above === folder) throw error
    return statfsAbove(above)
  }
}
