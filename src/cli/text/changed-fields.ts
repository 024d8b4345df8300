import { cut, plain } from '../../reports/_text.ts'

/** So many fields are named, the others counted. */
const mostNamed = 200
const mostText = 60

/**
 * "variants[client=kafkajs].produce.ackedPerSec: 498.5 → 500", for every field of a result that is not the same. A list of numbers is one
 * field. Of more than 200, the rest is counted. Empty = no field changed. Pure.
 */
export function changedFields(before: unknown, after: unknown): string[] {
  const changes: string[] = []
  collect('', before, after, (path, text) => changes.push(`${plain(path)}: ${text}`))
  if (changes.length <= mostNamed) return changes
  return [...changes.slice(0, mostNamed), `and ${changes.length - mostNamed} more fields`]
}

type Report = (path: string, text: string) => void

function collect(path: string, before: unknown, after: unknown, report: Report): void {
  if (Object.is(before, after)) return
  if (isNumbers(before) && isNumbers(after)) {
    const text = numbersChange(before, after)
    if (text !== null) report(path, text)
  } else if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length)
    for (let at = 0; at < length; at++)
      collect(`${path}[${nameOf(before[at] ?? after[at], at)}]`, before[at], after[at], report)
  } else if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      collect(path === '' ? key : `${path}.${key}`, own(before, key), own(after, key), report)
    }
  } else report(path, `${shown(before)} → ${shown(after)}`)
}

const isNumbers = (value: unknown): value is (number | null)[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number' || each === null)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const own = (value: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(value, key) ? value[key] : undefined

/** What has an id is called by it. */
const nameOf = (value: unknown, at: number): string =>
  isObject(value) && typeof value.id === 'string' ? value.id : String(at)

function numbersChange(before: readonly (number | null)[], after: readonly (number | null)[]): string | null {
  if (before.length !== after.length) return `${before.length} numbers → ${after.length} numbers`
  const differing = before.flatMap((value, at) => (Object.is(value, after[at]) ? [] : [at]))
  const [first] = differing
  if (first === undefined) return null
  return `${differing.length} of ${before.length} numbers, the first ${before[first]} → ${after[first]}`
}

function shown(value: unknown): string {
  if (value === undefined) return 'absent'
  if (Array.isArray(value)) return `${value.length} entries`
  return cut(plain(isObject(value) ? JSON.stringify(value) : String(value)), mostText)
}
