import { nearest, suggestion } from '../base/suggest.ts'
import { parseDurationMs, parseSizeBytes } from '../base/units.ts'
import type { Variant } from '../contracts/result.ts'
import { numberAt, numberPath, thresholdPaths } from './threshold-paths.ts'

export { thresholdPaths } from './threshold-paths.ts'

/** A condition on one number of a variant: `produce.responseUs.p99 < 20ms`. */
export interface Threshold {
  expression: string
  /** Keys from the variant to the number. */
  path: readonly string[]
  operator: Operator
  /** In the unit of the number: µs for *Us, ms for *Ms, s for *S and *Seconds, bytes for *Bytes*. */
  limit: number
}

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!='

const compare: Record<Operator, (value: number, limit: number) => boolean> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
  '==': (value, limit) => value === limit,
  '!=': (value, limit) => value !== limit,
}

/**
 * Reads `path operator number[unit]`. Gives a message for a person when it cannot. With `groups`, the path must exist; without, any
 * lag.<group> does.
 */
export function parseThreshold(expression: string, groups?: readonly string[]): Threshold | string {
  const match = /^\s*([A-Za-z][\w.-]*)\s*([<>=!]+)\s*([^<>=!\s].*?)\s*$/.exec(expression)
  if (!match) return 'expected a path, an operator and a number, like "integrity.lost == 0"'
  const [, name, operator, amount] = match as unknown as [string, string, string, string]
  if (!Object.hasOwn(compare, operator)) return `"${operator}" is no operator, expected <, <=, >, >=, == or !=`
  // For a group whose number does not exist the message lists the numbers there are.
  const group = /^lag\.(.+)\.[A-Za-z0-9]+$/.exec(name)?.[1]
  const paths = thresholdPaths(groups ?? (group === undefined ? [] : [group]))
  if (!paths.includes(name)) {
    if (group !== undefined && groups && !groups.includes(group)) return unknownGroup(group, groups)
    return `"${name}" is no number of a result, ${hint(name, paths)}`
  }
  const limit = limitOf(amount, unitOf(name))
  if (typeof limit === 'string') return limit
  return { expression, path: numberPath(name)!.keys, operator: operator as Operator, limit }
}

/** Compares. A number that is null, missing, or of an audit that did not happen is unknown, and what is unknown is missed. */
export function evaluateThreshold(threshold: Threshold, variant: Variant): { value: number | null; ok: boolean } {
  const value = numberAt(variant, threshold.path)
  return { value, ok: isMet(threshold, value) }
}

/** Whether a value is within the limit; null is not. */
export function isMet({ operator, limit }: Threshold, value: number | null): boolean {
  return value !== null && compare[operator](value, limit)
}

/** The value that is further from being met; null is further than any number. */
export function worseOf({ operator, limit }: Threshold, a: number | null, b: number | null): number | null {
  if (a === null || b === null) return null
  if (operator === '<' || operator === '<=') return Math.max(a, b)
  if (operator === '>' || operator === '>=') return Math.min(a, b)
  const aIsFurther = Math.abs(a - limit) >= Math.abs(b - limit)
  return aIsFurther === (operator === '==') ? a : b
}

export type Unit = 'us' | 'ms' | 's' | 'bytes' | 'plain'

/** The unit of a limit on the number at this path; plain where it takes none. */
export function unitOf(path: string): Unit {
  const unit = numberPath(path)?.unit
  return unit === undefined || unit === 'count' || unit === 'percent' ? 'plain' : unit
}

const perMs = { us: 1000, ms: 1, s: 0.001 } as const

function limitOf(amount: string, unit: Unit): number | string {
  if (/^[-+]?(\d+(\.\d+)?|\.\d+)(e[-+]?\d+)?$/i.test(amount) && Number.isFinite(Number(amount))) return Number(amount)
  const durationMs = parseDurationMs(amount)
  const sizeBytes = parseSizeBytes(amount)
  if (unit === 'bytes') return sizeBytes ?? `expected a number of bytes or a size like 1MiB, got "${amount}"`
  if (unit === 'plain') return `expected a number without a unit, got "${amount}"`
  if (durationMs === undefined)
    return `expected a number of ${unit === 'us' ? 'µs' : unit} or a duration like 20ms, got "${amount}"`
  // 20ms in µs is 20000, not 20000.000000000004.
  return Number((durationMs * perMs[unit]).toPrecision(12))
}

function unknownGroup(group: string, groups: readonly string[]): string {
  return groups.length === 0
    ? `"lag.${group}" needs a consumer group "${group}", and the profile has no consumers`
    : `there is no consumer group "${group}", ${suggestion(group, groups)}`
}

/** What is alike, or what there is where the path leads to, so that the list stays short. */
function hint(name: string, paths: readonly string[]): string {
  const dot = name.lastIndexOf('.')
  const parent = name.slice(0, dot)
  const siblings = paths.filter((path) => path.lastIndexOf('.') === dot && path.startsWith(`${parent}.`))
  const near = nearest(name, siblings.length > 0 ? [] : paths) ?? nearest(name.slice(dot + 1), siblings.map(lastKey))
  if (near !== undefined) return `did you mean "${siblings.length > 0 ? `${parent}.${near}` : near}"?`
  return siblings.length > 0 ? `${parent} has ${siblings.map(lastKey).join(', ')}` : 'see docs/profiles.md, Thresholds'
}

function lastKey(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}
