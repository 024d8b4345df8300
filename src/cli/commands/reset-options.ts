import { KbenchError } from '../../base/errors.ts'
import { parseDurationMs } from '../../base/units.ts'
import type { ResetScope, ResetTo } from '../../operations/reset-offsets.ts'

export interface ResetOptions {
  toEarliest?: true
  toLatest?: true
  toCurrent?: true
  toOffset?: number
  toDatetime?: string
  byDuration?: string
  shiftBy?: number
}

/** Exactly one of them. `nowMs`: since 1970. */
export function resetTargets(options: ResetOptions, nowMs: number): ResetTo {
  const { toEarliest, toLatest, toCurrent, toOffset, toDatetime, byDuration, shiftBy } = options
  const given: ResetTo[] = [
    ...(toEarliest ? [{ to: 'earliest' as const }] : []),
    ...(toLatest ? [{ to: 'latest' as const }] : []),
    ...(toCurrent ? [{ to: 'current' as const }] : []),
    ...(toOffset === undefined ? [] : [{ to: 'offset' as const, offset: toOffset }]),
    ...(toDatetime === undefined ? [] : [{ to: 'time' as const, ms: datetimeMs(toDatetime) }]),
    ...(byDuration === undefined ? [] : [{ to: 'time' as const, ms: nowMs - durationMs(byDuration) }]),
    ...(shiftBy === undefined ? [] : [{ to: 'shift' as const, by: shiftBy }]),
  ]
  if (given.length === 1) return given[0]!
  throw new KbenchError('usage', given.length === 0 ? 'where to?' : 'where to? More than one was named', {
    hint: '--to-earliest, --to-latest, --to-current, --to-offset, --to-datetime, --by-duration, --shift-by or --from-file',
  })
}

/** ISO 8601; without a zone it is UTC, as in Kafka's own script. */
function datetimeMs(text: string): number {
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(zoned) : Number.NaN
  if (Number.isFinite(ms)) return ms
  throw new KbenchError('usage', `--to-datetime ${text}: expected a time like 2026-03-01T10:15:00.000Z`)
}

/** kbench's durations, and those of ISO 8601 that Kafka's script takes: P7D, PT1H30M. */
function durationMs(text: string): number {
  const own = parseDurationMs(text)
  if (own !== undefined) return own
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text)
  const [days, hours, minutes, seconds] = (match?.slice(1) ?? []).map((part) => Number(part ?? 0))
  if (match?.slice(1).some((part) => part !== undefined)) {
    return (((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000
  }
  throw new KbenchError('usage', `--by-duration ${text}: expected a duration like 90s, 24h, P7D or PT1H30M`)
}

/** `orders`, `orders:0,2`. */
export function scopeIn(text: string): ResetScope {
  const match = /^([^:]+)(?::(\d+(?:,\d+)*))?$/.exec(text)
  if (!match)
    throw new KbenchError('usage', `--topic ${text}: expected a topic, or topic:0,1 for some of its partitions`)
  return { topic: match[1]!, partitions: match[2] === undefined ? null : match[2].split(',').map(Number) }
}

/** Lines of topic,partition,offset as Kafka's script exports them; all that is wrong in one error. */
export function offsetsInFile(text: string, file: string): { topic: string; partition: number; offset: number }[] {
  const problems: string[] = []
  const offsets = text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return []
    const match = /^\s*"?([^",]+)"?\s*,\s*(\d+)\s*,\s*(\d+)\s*$/.exec(line)
    if (!match) {
      problems.push(`${file}:${index + 1}: expected topic,partition,offset`)
      return []
    }
    return [{ topic: match[1]!, partition: Number(match[2]), offset: Number(match[3]) }]
  })
  if (problems.length > 0) throw new KbenchError('usage', `${file} cannot be read`, { details: problems })
  if (offsets.length === 0) throw new KbenchError('usage', `${file} has no lines of topic,partition,offset`)
  return offsets
}
