import { KbenchError } from '../base/errors.ts'
import { escapeControls } from '../base/printable.ts'
import { nearest } from '../base/suggest.ts'
import type { Trust } from '../base/trust.ts'
import { checkPlannedBytes } from './check-limits.ts'
import type { KnownNames } from './check-names.ts'
import { checkOverruled } from './check-overruled.ts'
import { checkThresholdVariants } from './check-thresholds.ts'
import { checkTrust } from './check-trust.ts'
import { checkProfile } from './checks.ts'
import { embedFiles } from './embed-files.ts'
import { type Finding, findingsOf, problemsAtMost, valueAt } from './issues.ts'
import { type Cell, expandMatrix } from './matrix.ts'
import { notesOn } from './notes.ts'
import { type Origin, originsOf } from './origins.ts'
import { applyOverrides, type Override, type OverrideError, outsideOverrides, type Sets } from './overrides.ts'
import { isPrefix, keysAt, type Path, pathText } from './paths.ts'
import { type Profile, profileSchema } from './schema.ts'
import { readSource } from './source.ts'

export type { Origin } from './origins.ts'

export interface ParseOptions {
  /** How messages call the file. */
  file: string
  /** Values of --set, in order; YAML. */
  sets: Sets
  env: Readonly<Record<string, string | undefined>>
  /** Clients, workloads, providers and layouts that exist; what is absent is not checked. */
  known?: KnownNames
  /** Text of a file that the profile names, relative to the profile; throws with what is wrong. Absent = files are not read. */
  readText?: (file: string) => string
  /** Of the text; absent = as a person writes it. */
  bytesAtMost?: number
  /** Absent = a profile of the user's own, without plug-ins. */
  trust?: Trust
}

/** One thing that is wrong with a profile. `where` is file:line:col, --set path, or the name of a variable. */
export interface Problem {
  where: string
  path: string
  message: string
  line: number | null
  col: number | null
}

export interface ParsedProfile {
  profile: Profile
  /** What was written, with what was set from outside and what its files hold laid over it: reads as this very profile, without any of these. */
  input: unknown
  /** What will be run, in order: a combination of client and matrix each. */
  cells: Cell[]
  /** Path → where its value came from, for every value of the profile. */
  origins: Map<string, Origin>
  /** What is legal and yet limits what the result can say, a sentence each. */
  notes: string[]
}

const ownProfile: Trust = { nativePlugins: false, untrusted: false }

/** The whole profile, checked, or one KbenchError('profile') whose details are all that is wrong. Pure. */
export function parseProfile(text: string, options: ParseOptions): ParsedProfile {
  const result = tryParseProfile(text, options)
  if ('problems' in result) throw profileError(`${options.file} is`, result.problems)
  return result
}

/** As {@link parseProfile}, with what is wrong as data, sorted by position. */
export function tryParseProfile(text: string, options: ParseOptions): ParsedProfile | { problems: Problem[] } {
  const source = readSource(text, options.bytesAtMost)
  const inText = (place: { line: number; col: number }, path: string, message: string): Problem => ({
    where: `${options.file}:${place.line}:${place.col}`,
    path,
    message,
    ...place,
  })
  const syntax = source.errors.map(({ place, message }) => inText(place, '', message))
  if (!source.usable) return { problems: sorted(syntax) }
  if (!isMap(source.value)) return { problems: [inText({ line: 1, col: 1 }, '', emptyMessage(source.value))] }

  const raw = outsideOverrides(options.env, options.sets)
  const overrides = raw.filter((entry): entry is Override => 'path' in entry)
  const laid = applyOverrides(source.value, overrides)
  // What may read no file must not find out by an error which there are, either.
  const embedded =
    options.readText && !options.trust?.untrusted
      ? embedFiles(laid.value, options.readText)
      : { value: laid.value, findings: [] }
  const isError = (entry: Override | OverrideError): entry is OverrideError => !('path' in entry)
  const outside = [...raw.filter(isError), ...laid.errors].map(fromOutside)
  const { profile, findings: wrong } = validate(embedded.value, options.known ?? {})
  const findings = [...wrong, ...checkTrust(laid.value, options.trust ?? ownProfile)]
  const toProblem = (finding: Finding): Problem => {
    const path = pathText(finding.path)
    const by = overrides.findLast((override) => isPrefix(override.path, finding.path))
    if (!by) return inText(source.place(finding.path, finding.of), path, finding.message)
    return {
      where: by.label,
      path: by.label.endsWith(` ${path}`) ? '' : path,
      // A variable may hold a secret: what it is expected to be is enough.
      message: by.kind === 'env' ? finding.message.replace(/, got ("[\s\S]*?"|\S+)(?=,|$)/, '') : finding.message,
      line: null,
      col: null,
    }
  }
  const all = [...syntax, ...[...embedded.findings, ...findings].map(toProblem), ...outside]
  if (all.length > 0 || !profile) return { problems: sorted(all) }
  const expanded = expandMatrix(embedded.value, profile, (data) => validate(data, options.known ?? {}))
  if (expanded.findings.length > 0) return { problems: sorted(expanded.findings.map(toProblem)) }
  // Earlier versions took --set without effect in silence, and scripts may have it: a note there, an error for the options that came later.
  const overruled = checkOverruled(profile, overrides)
  const refused = overruled.filter(({ label }) => !label.startsWith('--set '))
  if (refused.length > 0) return { problems: refused.map(fromOutside) }
  const aimless = [...checkThresholdVariants(profile, expanded.cells), ...checkPlannedBytes(profile, expanded.cells)]
  if (aimless.length > 0) return { problems: sorted(aimless.map(toProblem)) }
  const origins = originsOf(profile, source, overrides)
  const notes = [...notesOn(profile), ...overruled.map(({ label, message }) => `${label} ${message}`)]
  return { profile, input: embedded.value, cells: expanded.cells, origins, notes }
}

const fromOutside = ({ label, message }: OverrideError): Problem => ({
  ...{ where: label, path: '', message, line: null, col: null },
})

/** Characters: a key may be as long as the file. */
const pathAtMost = 200
/** So may a value that a message names. */
const messageAtMost = 600

/** `profiles/x.yaml:12:9 producers.ack: unknown key, did you mean "acks"?` */
export function problemText({ where, path, message }: Problem): string {
  const at = path.length > pathAtMost ? `${path.slice(0, pathAtMost)}…` : path
  const words = message.length > messageAtMost ? `${message.slice(0, messageAtMost)}…` : message
  const text = at === '' ? `${where}: ${words}` : `${where} ${at}: ${words}`
  // Keys are the user's text: one problem stays one line, and no escape sequence reaches a terminal.
  return escapeControls(text)
}

/** The one error that carries all problems; `what` is "x.yaml is" or "2 of 3 profiles are". */
export function profileError(what: string, problems: readonly Problem[]): KbenchError {
  const count = problems.length === 1 ? 'one error' : `${problems.length} errors`
  return new KbenchError('profile', `${what} not valid, ${count}`, {
    details: problems.map(problemText),
    hint: 'docs/profiles.md has every key, its meaning and its default',
  })
}

/** Shape first; then, on as much as has a right shape, the values together, so that all errors are reported together. */
function validate(data: unknown, known: KnownNames): { profile?: Profile; findings: Finding[] } {
  const strange = protoKeys(data)
  if (strange.length > 0) return { findings: strange }
  const parsed = profileSchema.safeParse(data)
  if (parsed.success) return { profile: parsed.data, findings: checkProfile(parsed.data, known) }
  const findings = findingsOf(parsed.error.issues, data)
  const broken = findings.flatMap(({ path, of }) => (of === 'key' ? [path, meant(path)] : [path]))
  const rest = salvage(data)
  if (!rest) return { findings }
  const unreliable = [...broken, ...rest.removed]
  const further = checkProfile(rest.profile, known).filter(({ path, uses = [] }) =>
    [path, ...uses].every((used) => !unreliable.some((other) => isPrefix(other, used))),
  )
  return { findings: [...findings, ...further] }
}

/** No key of a profile is `__proto__`, in whatever map: who copies it key by key changes what the copy inherits. */
function protoKeys(data: unknown, path: Path = []): Finding[] {
  if (typeof data !== 'object' || data === null) return []
  const entries = Array.isArray(data) ? data.entries() : Object.entries(data)
  return [...entries].flatMap(([key, value]): Finding[] => {
    const at = [...path, key]
    return key === '__proto__' ? [{ path: at, of: 'key', message: 'unknown key' }] : protoKeys(value, at)
  })
}

/** What is left when broken values are taken out, until nothing is broken; a broken item takes its whole list along. */
function salvage(data: unknown): { profile: Profile; removed: Path[] } | undefined {
  const copy = { name: 'unnamed', ...(structuredClone(data) as Record<string, unknown>) }
  const removed: Path[] = []
  // Each round takes at least one level of the tree away; profiles are a handful of levels deep.
  for (let round = 0; round < 8; round++) {
    const parsed = profileSchema.safeParse(copy)
    if (parsed.success) return { profile: parsed.data, removed }
    for (const { path } of findingsOf(parsed.error.issues, copy)) {
      const end = existing(copy, path)
      removed.push(end)
      const holder = valueAt(copy, end.slice(0, -1)) as Record<string | number, unknown>
      delete holder[end.at(-1)!]
    }
    copy.name ??= 'unnamed'
  }
  return undefined
}

/** The part of a path to take out: what is there, and no single item of a list. */
function existing(data: unknown, path: Path): Path {
  let end = path
  while (end.length > 1 && (valueAt(data, end) === undefined || typeof end.at(-1) === 'number')) end = end.slice(0, -1)
  return end
}

/** The key that a misspelt one stands for: its value is as good as unknown. */
function meant(path: Path): Path {
  const parent = path.slice(0, -1)
  return [...parent, nearest(String(path.at(-1)), keysAt(parent)) ?? path.at(-1)!]
}

function sorted(problems: readonly Problem[]): Problem[] {
  const last = Number.POSITIVE_INFINITY
  const all = problems.toSorted((a, b) => (a.line ?? last) - (b.line ?? last) || (a.col ?? last) - (b.col ?? last) || 0)
  if (all.length <= problemsAtMost) return all
  const rest = { ...all[problemsAtMost]!, path: '', message: `and ${all.length - problemsAtMost} more from here on` }
  return [...all.slice(0, problemsAtMost), rest]
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function emptyMessage(value: unknown): string {
  return value === null || value === undefined
    ? 'the file is empty, "kbench init" writes one to start from'
    : 'a profile is keys with values, like "name: my-profile"'
}
