import { parseDurationMs, parseSizeBytes } from '../base/units.ts'

// Each reads what an option or a YAML value holds, and reports what it expected where it is nothing of the kind.

type Parse = (text: string) => number | undefined

/** The value, or what was expected and what stands there instead. */
export type Reading<T> = { value: T } | { problem: string }
export type Read<T> = (written: unknown) => Reading<T>

function quantity(parse: Parse, expected: string, atLeast: 'above 0' | '0 or more' = 'above 0'): Read<number> {
  return (written) => {
    const text = String(written).trim()
    const negative = text.startsWith('-')
    const value = typeof written === 'object' ? undefined : parse(negative ? text.slice(1).trim() : text)
    if (value === undefined || !Number.isFinite(value))
      return { problem: `expected ${expected}, got ${shown(written)}` }
    if (negative || (value === 0 && atLeast === 'above 0'))
      return { problem: `expected ${atLeast}, got ${shown(written)}` }
    return { value }
  }
}

const shown = (written: unknown): string => {
  const text = typeof written === 'object' ? (JSON.stringify(written) ?? '') : String(written)
  return `"${text.length > 40 ? `${text.slice(0, 37)}…` : text}"`
}

/** MB/s (10⁶ bytes); MiB/s are converted. */
export const rate = (example: string) =>
  quantity((text) => {
    const bytes = text.endsWith('/s') ? sizeOf(text.slice(0, -2)) : undefined
    return bytes === undefined ? undefined : bytes / 1e6
  }, `a rate with its unit, like ${example}`)

/** Without the rounding to whole bytes of a record's size: 0.5B/s is no rate anybody has, 0.3KiB/s is. */
const sizeOf = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|KiB|MiB|GiB)$/.exec(text)
  const one = match ? parseSizeBytes(`1${match[2]}`) : undefined
  return one === undefined ? undefined : Number(match![1]) * one
}

/** MiB/s as AWS sells volume throughput; a number of MB/s is taken as the same number (conflict 8). */
export const volumeRate = (example: string) =>
  quantity((text) => {
    const match = /^(\d+(?:\.\d+)?)(MiB|MB)\/s$/.exec(text)
    return match ? Number(match[1]) : undefined
  }, `a throughput like ${example}`)

/** Bytes. */
export const size = (example: string) => quantity(parseSizeBytes, `a size with its unit, like ${example}`)

/** Hours; days are 24 of them. */
export const hours = (example: string) =>
  quantity((text) => {
    const days = /^(\d+(?:\.\d+)?)d$/.exec(text)
    if (days) return Number(days[1]) * 24
    const ms = parseDurationMs(text)
    return ms === undefined ? undefined : ms / 3_600_000
  }, `a time with its unit, like ${example}`)

/** Milliseconds. */
export const milliseconds = (example: string) => quantity(parseDurationMs, `a time with its unit, like ${example}`)

/** A share: "80%" → 0.8. */
export const percent = (example: string, atLeast: 'above 0' | '0 or more' = 'above 0') =>
  quantity(
    (text) => {
      const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)
      return match ? Number(match[1]) / 100 : undefined
    },
    `a percentage, like ${example}`,
    atLeast,
  )

const plainNumber: Parse = (text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined)

export const decimal = (example: string) => quantity(plainNumber, `a number, like ${example}`)

export const whole = (example: string) =>
  quantity((text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined), `a whole number, like ${example}`)

/** "0.7..1.3" → both ends, the lower one above 0. */
export const range =
  (example: string): Read<{ low: number; high: number }> =>
  (written) => {
    const match = /^(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)$/.exec(String(written).trim())
    const [low, high] = [Number(match?.[1]), Number(match?.[2])]
    if (match && low > 0 && high >= low) return { value: { low, high } }
    return { problem: `expected two numbers above 0, like ${example}, got ${shown(written)}` }
  }

/** true or false, as YAML has them and the command line gives them. */
export const flag = (): Read<boolean> => (written) => {
  if (written === true || written === 'true') return { value: true }
  if (written === false || written === 'false') return { value: false }
  return { problem: `expected true or false, got ${shown(written)}` }
}

/** A list of texts, or one text with commas. */
export const words =
  (example: string): Read<string[]> =>
  (written) => {
    const list = Array.isArray(written) ? written : String(written).split(',')
    const texts = list.map((each) => String(each).trim()).filter((each) => each !== '')
    if (texts.length > 0 && (typeof written === 'string' || Array.isArray(written))) return { value: texts }
    return { problem: `expected names like ${example}, got ${shown(written)}` }
  }

/** One of these texts. */
export const oneOf =
  <T extends string>(values: readonly T[]): Read<T> =>
  (written) => {
    const value = values.find((each) => each === written)
    return value === undefined ? { problem: `expected ${values.join(', ')}, got ${shown(written)}` } : { value }
  }
