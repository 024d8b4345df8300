import { formatBytes, formatCount } from '../base/units.ts'
import { type Finding, fault } from './issues.ts'
import { fills, limitPerSec, plannedRate, plannedRunBytes } from './limits.ts'
import type { Cell } from './matrix.ts'
import type { Path } from './paths.ts'
import type { Profile } from './schema.ts'
import { isReadable } from './shapes.ts'

const rate: Path = ['limits', 'rate']
const bytes: Path = ['limits', 'bytes']
const load: Path[] = [['load'], ['phases'], ['workload']]

/** A rate that is planned above the limit would only be cut off. */
export function checkLimits(profile: Profile): Finding[] {
  if (profile.reference !== undefined && Object.keys(profile.limits).length > 0) {
    return [fault(['reference'], 'runs a tool that no limit can end: leave out limits, or the reference', [['limits']])]
  }
  const most = limitPerSec(profile)
  if (most !== null && !Number.isFinite(most)) return [fault(rate, 'expected at most 100000000 records/s')]
  // A measurement that is too long for numbers is refused elsewhere.
  if (most === null || !Number.isSafeInteger(Math.round(profile.phases.measure * 1e6))) return []
  if (fills(profile)) {
    const message =
      'cannot be kept, workload consume fills the topic as fast as it can; load.fill: none reads what is there'
    return [{ path: rate, of: 'key', message, uses: load }]
  }
  const planned = plannedRate(profile)
  if (planned === null || planned <= most) return []
  const message = `is ${formatCount(planned)} records/s at its highest, and limits.rate is ${formatCount(most)}`
  return [fault(['load', 'rate'], message, [rate, ...load])]
}

/** What all variants write together, as far as it is known beforehand. Every cell is valid of its own. */
export function checkPlannedBytes(profile: Profile, cells: readonly Cell[]): Finding[] {
  const most = profile.limits.bytes
  if (most === undefined || cells.some((cell) => !isReadable(cell.profile.load.rate))) return []
  const variants = Array.from({ length: profile.repeat }, () => cells).flat()
  const planned = plannedRunBytes(
    variants.map(({ params, profile: mine }) => ({ client: String(params.client), profile: mine })),
  )
  if (planned === null || planned <= most) return []
  const count = `${variants.length} ${variants.length === 1 ? 'variant writes' : 'variants write'}`
  const message = `is ${formatBytes(most)}, and the ${count} ${formatBytes(Math.round(planned))}, warm-ups included`
  return [fault(bytes, message, load)]
}
