import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KbenchError } from '../../base/errors.ts'
import { formatBytes } from '../../base/units.ts'
import { meanRecordBytes } from '../../profile/record-bytes.ts'
import { recordingBytes } from '../../profile/recording-size.ts'
import { recordsDue } from '../../profile/schedule-of.ts'
import type { Profile } from '../../profile/schema.ts'
import { chooseProvider } from './choose-cluster.ts'

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

const chooseMs = 30_000

const hasBrokersHere = ({ provider, bootstrap }: Profile['cluster']): boolean =>
  ['local', 'compose'].includes(provider) || (provider === 'auto' && bootstrap === undefined)

/** What may still be written into a folder, which need not be there yet, bytes. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfsAbove(folder)
  return bavail * bsize
}

/**
 * Throws `environment` where a run cannot fit: its recordings, and, with brokers of this machine, their logs. Where nobody knows how much
 * is written, at rate max, it says nothing.
 */
export async function refuseWhereFull(
  profiles: readonly Profile[],
  results: string,
  freeBytesIn: (folder: string) => Promise<number> = freeBytesOf,
): Promise<void> {
  const [first] = profiles
  if (first === undefined) return
  const freeBytes = await freeBytesIn(results)
  let needBytes = neededBytes(profiles, hasBrokersHere(first.cluster))
  if (needBytes === null || needBytes <= freeBytes) return
  // The mock keeps its logs in memory.
  if (
    first.cluster.provider === 'auto' &&
    (await chooseProvider(first.cluster, AbortSignal.timeout(chooseMs))).provider === 'mock'
  ) {
    needBytes = neededBytes(profiles, false)!
    if (needBytes <= freeBytes) return
  }
  const text = `the run writes about ${formatBytes(needBytes)}, and ${results} has ${formatBytes(freeBytes)} left`
  throw new KbenchError('environment', text, {
    hint: 'make room, write elsewhere with --results, or lower load.rate, phases or topic.replicationFactor',
  })
}
