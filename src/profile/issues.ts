import type { z } from 'zod'
import { nearest } from '../base/suggest.ts'
import { keyHint } from './overrides.ts'
import { alternatives, keysAt, type Path, schemasAt, wordsAt } from './paths.ts'

/** One thing that is wrong, not yet tied to a line. `uses`: further paths whose values led to it. */
export interface Finding {
  path: Path
  /** Whether the key or its value is at fault. */
  of: 'key' | 'value'
  message: string
  uses?: readonly Path[]
}

/** That are shown of one profile. */
export const problemsAtMost = 100

type Issue = z.core.$ZodIssue

/** A finding about the value at `path`. */
export const fault = (path: Path, message: string, uses: readonly Path[] = []): Finding => ({
  path,
  of: 'value',
  message,
  uses,
})

/** Turns zod's issues into findings that say what is expected, what is there, and what was probably meant. */
export function findingsOf(issues: readonly Issue[], data: unknown): Finding[] {
  // Each is searched the schema for what was meant; whoever made more mistakes than that reads no more of them.
  return issues.flatMap((issue) => findingsOfIssue(issue, data, [])).slice(0, problemsAtMost)
}

/** The value at a path of plain data; undefined when there is none. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, segment) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, segment)
        ? (value as Record<string | number, unknown>)[segment]
        : undefined,
    data,
  )
}

function findingsOfIssue(issue: Issue, data: unknown, parent: Path): Finding[] {
  const path = [...parent, ...(issue.path as (string | number)[])]
  const value = valueAt(data, path)
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.slice(0, problemsAtMost)
    return keys.map((key) => ({ path: [...path, key], of: 'key', message: unknownKey(key, path) }))
  }
  if (issue.code === 'invalid_union') return unionFindings(issue, value, data, path)
  return [{ path, of: 'value', message: messageOf(issue, value, path) }]
}

/** One message for a union: that of the alternative that fits the value's shape, else the union's own. */
function unionFindings(issue: z.core.$ZodIssueInvalidUnion, value: unknown, data: unknown, path: Path): Finding[] {
  if (isMap(value) && Object.keys(value).length > 0) {
    const fitting = issue.errors.filter((errors) =>
      errors.some((error) => error.path.length > 0 || isUnknownKey(error)),
    )
    const chosen = fitting.find((errors) => !errors.some(isUnknownKey))
    if (chosen) return chosen.flatMap((error) => findingsOfIssue(error, data, path))
    const unknown = new Set(fitting.flatMap((errors) => errors.filter(isUnknownKey).flatMap((error) => error.keys)))
    const strangers = fitting.length > 1 ? [...unknown].filter((key) => isUnknownToAll(key, fitting)) : [...unknown]
    if (strangers.length > 0) {
      return strangers.map((key) => ({ path: [...path, key], of: 'key', message: unknownKey(key, path) }))
    }
  }
  return [{ path, of: 'value', message: messageOf(issue, value, path) }]
}

function messageOf(issue: Issue, value: unknown, path: Path): string {
  if (value === undefined) return `missing, ${expectation(issue, path)}`
  if (value === null) return `has no value, ${expectation(issue, path)} (or remove the key)`
  if (isSecret(path)) return expectation(issue, path)
  if (issue.code === 'too_small' && typeof value === 'object') return expectation(issue, path)
  const word = typeof value === 'string' ? nearest(value, wordsAt(path)) : undefined
  const quote = issue.code === 'invalid_type' && issue.expected === 'string' && isDefault(issue.message)
  const advice = quote && typeof value !== 'object' ? `, quote it: "${String(value)}"` : booleanHint(issue, value)
  return `${expectation(issue, path)}, got ${shown(value)}${word !== undefined && word !== value ? `, did you mean "${word}"?` : advice}`
}

/** "expected a whole number", in a user's words; the schema's own message where it has one. */
function expectation(issue: Issue, path: Path): string {
  if (!isDefault(issue.message)) return issue.message
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'number' && isWhole(path)) return 'expected a whole number'
      return `expected ${typeWords[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `expected ${list(issue.values.map(String))}`
    case 'too_small':
      if (issue.origin === 'array') return `expected at least ${count(issue.minimum, 'entry')}`
      if (issue.origin === 'string') return 'expected some text'
      return `expected ${issue.inclusive ? `${issue.minimum} or more` : `more than ${issue.minimum}`}`
    case 'too_big':
      return issue.origin === 'array'
        ? `expected at most ${count(issue.maximum, 'entry')}`
        : `expected ${issue.maximum} or less`
    default:
      return issue.message
  }
}

const typeWords: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list in [ ]',
  tuple: 'a list of two in [ ]',
  object: 'keys with values below it',
  record: 'keys with values below it',
}

function unknownKey(key: string, parent: Path): string {
  if (key === '<<') return 'merge keys are not YAML 1.2, give an alias (*name) as a whole value instead'
  if (keysAt(parent).includes(key)) return 'excludes another key beside it, keep one of them'
  return `unknown key${keyHint(key, parent)}`
}

function isWhole(path: Path): boolean {
  return schemasAt(path)
    .flatMap(alternatives)
    .some((schema) => schema.type === 'integer')
}

function booleanHint(issue: Issue, value: unknown): string {
  if (issue.code !== 'invalid_type' || issue.expected !== 'boolean' || typeof value !== 'string') return ''
  if (/^(y|yes|on|true)$/i.test(value)) return ', did you mean true?'
  return /^(n|no|off|false)$/i.test(value) ? ', did you mean false?' : ''
}

/** A value as it was written, short; what may hold secrets is never shown whole. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isMap(value)) return 'keys'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 40 ? `${text.slice(0, 37)}…"` : text
}

/** Whatever is under security or a client's raw settings is never repeated in a message. */
function isSecret(path: Path): boolean {
  return path.some((segment) => segment === 'security' || segment === 'clientConfig')
}

/** "a, b or c". */
function list(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function count(n: number | bigint, noun: string): string {
  return Number(n) === 1 ? `one ${noun}` : `${n} ${noun.replace(/y$/, 'ies')}`
}

function isDefault(message: string): boolean {
  return /^(Invalid|Too small|Too big|Unrecognized)/.test(message)
}

function isUnknownKey(issue: Issue): issue is z.core.$ZodIssueUnrecognizedKeys {
  return issue.code === 'unrecognized_keys' && issue.path.length === 0
}

function isUnknownToAll(key: string, branches: readonly (readonly Issue[])[]): boolean {
  return branches.every((errors) => errors.some((error) => isUnknownKey(error) && error.keys.includes(key)))
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
