import type { Profile } from './profile.ts'
import { type Finding, fault } from './profile-issues.ts'
import { applyOverrides, keyHint, type Override } from './profile-overrides.ts'
import { isPrefix, type Path, resolvePath } from './profile-paths.ts'

export type Params = Record<string, string | number | boolean>

/** One combination of the matrix: what varies in it, and the profile that it makes. */
export interface Cell {
  /** Always has `client`; further keys are spelled as in the profile's matrix. */
  params: Params
  profile: Profile
}

interface Dimension {
  key: string
  path: Path
  values: Params[string][]
}

/** One cluster, name and plan per run; what decides over them cannot vary within it. */
const fixed = ['name', 'cluster', 'repeat', 'matrix', 'exclude', 'clients', 'thresholds']

/**
 * Every combination, the last key of the matrix varying fastest and the client slowest, and what is wrong with them. `data` is what the
 * profile was read from; `validate` reads it again with a combination's values laid over it. Pure.
 */
export function expandMatrix(
  data: unknown,
  profile: Profile,
  validate: (data: unknown) => { profile?: Profile; findings: Finding[] },
): { cells: Cell[]; findings: Finding[] } {
  const { dimensions, findings } = dimensionsOf(profile)
  findings.push(...checkExclude(profile, dimensions))
  if (findings.length > 0) return { cells: [], findings }
  const varied = dimensions.filter(({ path }) => path.length > 0)
  const cells: Cell[] = []
  const seen = new Set<string>()
  for (const params of combinations(dimensions)) {
    if (profile.exclude.some((excluded) => Object.entries(excluded).every(([key, value]) => params[key] === value))) {
      continue
    }
    const overrides = varied.map(({ key, path }): Override => ({ kind: 'flag', label: key, path, value: params[key] }))
    const made = validate(applyOverrides(data, overrides).value)
    for (const finding of made.findings) {
      const [text, at] = [wordsOf(params), blamed(finding, varied)]
      const message = `with ${text}: ${finding.path.join('.')}: ${finding.message}`
      if (seen.has(`${at.key} ${finding.message}`)) continue
      seen.add(`${at.key} ${finding.message}`)
      findings.push(fault(['matrix', at.key], message))
    }
    if (made.profile) cells.push({ params, profile: made.profile })
  }
  if (cells.length === 0 && findings.length === 0) {
    findings.push(fault(['exclude'], 'leaves nothing to run, every combination is excluded'))
  }
  return { cells, findings }
}

function dimensionsOf(profile: Profile): { dimensions: Dimension[]; findings: Finding[] } {
  const findings: Finding[] = []
  // Not a value of the profile: a variant has one client, which is no key of it.
  const dimensions: Dimension[] = [{ key: 'client', path: [], values: profile.clients }]
  for (const [key, values] of Object.entries(profile.matrix)) {
    const at: Path = ['matrix', key]
    const twice = values.findIndex((value, index) => values.indexOf(value) < index)
    if (twice >= 0) findings.push(fault([...at, twice], `${JSON.stringify(values[twice])} is listed twice`))
    if (key === 'client') {
      findings.push({ path: at, of: 'key', message: 'the clients to compare are listed in clients: [kafkajs, …]' })
      continue
    }
    const resolved = resolvePath(key)
    if (!('path' in resolved)) {
      const message =
        'index' in resolved
          ? `${resolved.parent.join('.')} is a list, expected an index from 0`
          : `there is no such key in a profile${keyHint(resolved.unknown, resolved.parent)}`
      findings.push({ path: at, of: 'key', message })
    } else if (fixed.includes(String(resolved.path[0]))) {
      findings.push({ path: at, of: 'key', message: 'is the same for the whole run and cannot vary within it' })
    } else {
      dimensions.push({ key, path: resolved.path, values })
    }
  }
  return { dimensions, findings }
}

function checkExclude({ exclude }: Profile, dimensions: readonly Dimension[]): Finding[] {
  const keys = dimensions.map(({ key }) => key)
  return exclude.flatMap((entry, index) => {
    const at: Path = ['exclude', index]
    const given = Object.keys(entry)
    if (given.length === 0)
      return [fault(at, 'expected what to leave out, like { client: kafkajs, producers.acks: 1 }')]
    return given
      .filter((key) => !keys.includes(key))
      .map((key): Finding => {
        const message = `does not vary in this profile, expected one of ${keys.join(', ')}`
        return { path: [...at, key], of: 'key', message }
      })
  })
}

function combinations(dimensions: readonly Dimension[]): Params[] {
  return dimensions.reduce<Params[]>(
    (made, { key, values }) => made.flatMap((params) => values.map((value) => ({ ...params, [key]: value }))),
    [{}],
  )
}

/** The key of the matrix that a finding comes from, best guess: the last one whose value it is about. */
function blamed({ path, uses = [] }: Finding, dimensions: readonly Dimension[]): Dimension {
  const about = [path, ...uses]
  return dimensions.findLast((dimension) => about.some((used) => isPrefix(dimension.path, used))) ?? dimensions.at(-1)!
}

export function wordsOf(params: Params): string {
  return Object.entries(params)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}
