import { type FindingFacts, finding } from '../contracts/findings.ts'
import { plannedBytes, writtenBytes } from '../profile/limits.ts'
import type { PlannedVariant } from '../profile/plan.ts'
import { meanRecordBytes } from '../profile/record-bytes.ts'
import type { Profile } from '../profile/schema.ts'
import type { RunSums } from './run-sums.ts'

/** A run: what was planned, and what has been measured so far. */
interface Spent {
  plan: { profile: Profile; variants: readonly PlannedVariant[] }
  sums: RunSums
}

/** Of `limits.bytes`, what this run's variants and the cluster's warm-up left; null = there is no such limit. */
export function bytesLeftOf({ plan, sums }: Spent, warmedBytes: number): number | null {
  const { bytes } = plan.profile.limits
  if (bytes === undefined) return null
  const profiles = new Map(plan.variants.map(({ id, profile }) => [id, profile]))
  const written = [...sums.variants].map(([id, { variant }]) =>
    variant === null ? 0 : writtenBytes(variant, profiles.get(id) ?? plan.profile),
  )
  return Math.max(0, bytes - warmedBytes - written.reduce((sum, each) => sum + each, 0))
}

/** Why a variant is not begun of whose bytes nothing is left; null = something is, or it writes nothing. */
export function nothingLeft(profile: Profile, bytesLeft: number | null): FindingFacts | null {
  if (bytesLeft === null || plannedBytes(profile) === 0) return null
  if (bytesLeft >= meanRecordBytes(profile.load.record)) return null
  const most = profile.limits.bytes!
  return finding('limit-reached', { limit: 'bytes', value: most, most, group: null, atS: null })
}
