import { type Finding, fault } from './issues.ts'
import type { Path } from './paths.ts'
import { meanRecordBytes } from './record-bytes.ts'
import { meanRate } from './schedule-of.ts'
import type { Profile } from './schema.ts'
import { isReadable, isShape, shapeOf } from './shapes.ts'

/** The load's shape: what is wrong with its values together, and with them and the length of the measurement. */
export function checkLoad(profile: Profile): Finding[] {
  const { load, phases } = profile
  const { shape, options, path } = shapeOf(load.rate)
  const at: Path = ['load', 'rate', ...path]
  const uses: Path[] = [['phases', 'measure'], ...(isShape(load.rate) ? [] : [['load', 'record'] as Path])]
  // A measurement that is too long for numbers is refused elsewhere.
  const measureNs = Math.round(phases.measure * 1e6)
  if (!Number.isSafeInteger(measureNs) || !isReadable(load.rate)) return []
  const problems = shape.problems?.(options, { measureNs, meanRecordBytes: meanRecordBytes(load.record) }) ?? []
  if (problems.length > 0) return problems.map((problem) => fault([...at, ...problem.path], problem.message, uses))
  return meanRate(profile) === 0 ? [fault(at, 'is 0 all through the measurement, expected some load', uses)] : []
}
