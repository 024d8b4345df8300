import { z } from 'zod'
import { isReadable } from '../recording/hdr-v2.ts'

// What fields of stored files may be. Whatever kbench writes is far within; a file from elsewhere may hold anything.

/** Of one text: a reason, a line that a tool printed. */
export const textAtMost = 100_000
/** Of a histogram in which every count is a large number of its own. */
const histogramAtMost = 400_000
/** Members of a list or of a map that grows with the length of a run: rows, samples, events. */
export const rowsAtMost = 20_000_000
/** Names that reports make a line each of: groups, error codes, brokers, clients, settings. */
export const namesAtMost = 1000

export const text = z.string().max(textAtMost)
/** Part of a key or an identifier. */
export const name = z.string().max(2000)
/** No quantity that is measured is larger, whatever its unit; one that is makes axes without end. */
export const quantity = z.number().min(-1e18).max(1e18)
export const figure = quantity.nullable()
/** Records, counted. */
export const count = z.number().min(0).max(Number.MAX_SAFE_INTEGER)
/** From the start of a variant: thirty years. */
export const seconds = z.number().min(-1e9).max(1e9)
export const secondsOrNone = seconds.nullable()
export const scalar = z.union([text, quantity, z.boolean()], 'expected text, a number, true or false')
export const histogram = z
  .string()
  .max(histogramAtMost)
  .regex(/^[A-Za-z0-9+/=]*$/, 'expected base64')
  .refine(isReadable, 'expected a histogram of 1 µs to 1 h with 3 digits, HDR V2 compressed')

export const maybe = <T extends z.ZodType>(type: T) => type.nullable()

/** A map of at most {@link namesAtMost} names, or of as many as are given. */
export const mapOf = <T extends z.ZodType>(type: T, most: number = namesAtMost) =>
  z
    .record(name, type)
    .refine((map) => Object.keys(map).length <= most, { message: `more than ${most} keys`, abort: true })

export const listOf = <T extends z.ZodType>(type: T, most: number = namesAtMost) => z.array(type).max(most)

/** So many fields of one type. */
export const each = <N extends string, T extends z.ZodType>(type: T, ...names: N[]): Record<N, T> =>
  Object.fromEntries(names.map((one) => [one, type])) as Record<N, T>

/** Of zod's errors the first, as "variants.0.ledger.acked: expected a number, got text": one line, whatever the file holds. */
export function issueText(error: z.ZodError): string {
  const { path, message } = deepest(error.issues, [])
  const at = path.map(String).join('.')
  const words = message.replace(/^Invalid input: |^Invalid /, '')
  return `${at.slice(0, 200)}${at === '' ? '' : ': '}${words.slice(0, 200)}`
}

interface Found {
  path: PropertyKey[]
  message: string
}

/** Of a union, what is wrong with the alternative that went furthest. */
function deepest(issues: readonly z.core.$ZodIssue[], parent: PropertyKey[]): Found {
  const [issue] = issues
  if (issue === undefined) return { path: parent, message: 'not valid' }
  const path = [...parent, ...issue.path]
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return { path, message: issue.message }
  const found = issue.errors.filter((errors) => errors.length > 0).map((errors) => deepest(errors, path))
  return found.reduce<Found>((best, one) => (one.path.length > best.path.length ? one : best), {
    path,
    message: found[0]?.message ?? issue.message,
  })
}
