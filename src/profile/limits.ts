import { parseSizeBytes } from '../base/units.ts'
import { meanRecordBytes } from './record-bytes.ts'
import { peakRate, recordsDue, rehearsalRate } from './schedule-of.ts'
import type { Profile } from './schema.ts'
import { isReadable } from './shapes.ts'

/** `limits.rate` in records/s; null = none. Pure. */
export function limitPerSec({ limits, load }: Profile): number | null {
  const { rate } = limits
  if (rate === undefined) return null
  if (typeof rate === 'number') return rate
  return (parseSizeBytes(rate.slice(0, -2)) ?? Number.POSITIVE_INFINITY) / meanRecordBytes(load.record)
}

/** The producers fill the topic before the measurement, as fast as they can. */
export const fills = ({ workload, load }: Profile): boolean => workload === 'consume' && load.fill === 'count'
const onlyReads = ({ workload, load }: Profile): boolean => workload === 'consume' && load.fill === 'none'

/** The highest rate that is planned, records/s; 0 = nothing is written, null = as fast as possible. Pure. */
export function plannedRate(profile: Profile): number | null {
  if (onlyReads(profile)) return 0
  return fills(profile) || !isReadable(profile.load.rate) ? null : peakRate(profile)
}

/** Bytes that a variant is planned to write, key and value; null = as many as it can. Pure. */
export function plannedBytes(profile: Profile): number | null {
  if (onlyReads(profile)) return 0
  const records = fills(profile) ? (profile.load.count ?? 0) : recordsDue(profile)
  return records === null ? null : records * meanRecordBytes(profile.load.record)
}

/** The same of one client's part of the cluster's warm-up, in which `clients` of them load it at a time; null = as many as it can. Pure. */
export function rehearsalBytes(profile: Profile, clients: number): number | null {
  if (profile.workload === 'consume' || profile.phases.clusterWarmup === 0) return 0
  const perSec = rehearsalRate(profile)
  if (perSec === null) return null
  const most = limitPerSec(profile)
  const kept = most === null ? perSec : Math.min(perSec, most / clients)
  return (kept * meanRecordBytes(profile.load.record) * profile.phases.clusterWarmup) / 1000
}

/** A profile for the cluster's warm-up, in which `clients` load at a time: together they keep to `limits.rate`. Pure. */
export function sharedRate(profile: Profile, clients: number): Profile {
  const most = limitPerSec(profile)
  if (most === null) return profile
  const share = most / clients
  const perSec = rehearsalRate(profile)
  const limits = { ...profile.limits, rate: share }
  if (perSec === null || perSec <= share) return { ...profile, limits }
  return { ...profile, limits, load: { ...profile.load, rate: share } }
}

/** All of a run: its variants and the first warm-up of its cluster; null = as many as it can. Pure. */
export function plannedRunBytes(profiles: readonly { client: string; profile: Profile }[]): number | null {
  const first = new Map(profiles.toReversed().map(({ client, profile }) => [client, profile]))
  const parts = [
    ...profiles.map(({ profile }) => plannedBytes(profile)),
    ...[...first.values()].map((profile) => rehearsalBytes(profile, first.size)),
  ]
  return parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0)
}

/** Where a warm-up has no rate, all clients of it together write so much of what is left, at most. */
const warmUpShare = 0.1

/** For the plan of one client's warm-up; nothing where the profile has no `limits.bytes`. Pure. */
export function rehearsalBytesLeft(profile: Profile, clients: number, left: number | null): { bytesLeft?: number } {
  if (left === null) return {}
  return { bytesLeft: rehearsalRate(profile) === null ? (left * warmUpShare) / clients : left }
}

/** What a variant wrote, key and value: records that were handed to its client, of the profile's mean size. Pure. */
export function writtenBytes(
  { ledger }: { ledger: { scheduled: number; unsent: number } },
  { load }: Pick<Profile, 'load'>,
): number {
  return load.fill === 'none' ? 0 : (ledger.scheduled - ledger.unsent) * meanRecordBytes(load.record)
}
