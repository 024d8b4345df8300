import type { LimitSpec, ScheduleSpec } from '../contracts/plan.ts'
import { limitPerSec } from '../profile/limits.ts'
import { meanRecordBytes } from '../profile/record-bytes.ts'
import type { Profile } from '../profile/schema.ts'

/**
 * What ends a variant's load; null = the profile has no limits. `load`: its schedule, null where the topic is filled or only read. `bytesLeft`: of
 * the run's bytes. Pure.
 */
export function limitsOf(profile: Profile, load: ScheduleSpec | null, bytesLeft?: number): LimitSpec | null {
  const { bytes, foreignLag, underReplicated } = profile.limits
  const recordBytes = meanRecordBytes(profile.load.record)
  const perSec = limitPerSec(profile)
  const spec: LimitSpec = {
    recordBytes,
    ...(perSec !== null && { recordsPerSec: perSec }),
    ...(bytes !== undefined && { bytes: bytesOf(bytes, bytesLeft ?? bytes, recordBytes, load) }),
    ...(foreignLag !== undefined && { foreignLag }),
    ...(underReplicated !== undefined && { underReplicated }),
  }
  return Object.keys(spec).length === 1 ? null : spec
}

function bytesOf(
  ofRun: number,
  left: number,
  recordBytes: number,
  load: ScheduleSpec | null,
): NonNullable<LimitSpec['bytes']> {
  const most = Math.floor(left / Math.max(1, recordBytes))
  const isBound = load !== null && load.segments === null && (load.count === null || load.count > most)
  return { ofRun, left, ...(isBound && { records: most }) }
}
