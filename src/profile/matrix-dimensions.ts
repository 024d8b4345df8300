import { type Finding, fault } from './issues.ts'
import { keyHint, type Override } from './overrides.ts'
import { isPrefix, type Path, pathText, resolvePath } from './paths.ts'
import type { Profile } from './schema.ts'

/** One thing that varies: a key of the profile with its values, or a name of the user's with named sets of overrides. */
export interface Dimension {
  key: string
  /** Its values are names for sets of overrides. */
  named: boolean
  values: DimensionValue[]
}

export interface DimensionValue {
  /** As params give it: the value itself, or the name of the set. */
  name: string | number | boolean
  overrides: Override[]
}

/** One name and plan per run; what decides over them cannot vary within it. */
const fixed = [
  'name',
  'cluster',
  'repeat',
  'reference',
  'matrix',
  'exclude',
  'include',
  'clients',
  'thresholds',
  'limits',
]

/** The client first, then the keys of the matrix, in order; and what is wrong with them. */
export function dimensionsOf(profile: Profile): { dimensions: Dimension[]; findings: Finding[] } {
  const findings: Finding[] = []
  // Not a value of the profile: a variant has one client, which is no key of it.
  const clients = profile.clients.map((name) => ({ name, overrides: [] }))
  const dimensions: Dimension[] = [{ key: 'client', named: false, values: clients }]
  for (const [key, values] of Object.entries(profile.matrix)) {
    const at: Path = ['matrix', key]
    if (key === 'client') {
      findings.push({ path: at, of: 'key', message: 'the clients to compare are listed in clients: [kafkajs, …]' })
    } else if (Array.isArray(values)) {
      const twice = values.findIndex((value, index) => values.indexOf(value) < index)
      if (twice >= 0) findings.push(fault([...at, twice], `${JSON.stringify(values[twice])} is listed twice`))
      const read = values.map((value) => ({ name: value, ...overridesFrom({ [key]: value }, ['matrix']) }))
      findings.push(...(read[0]?.findings ?? []))
      dimensions.push({ key, named: false, values: read })
    } else {
      const read = Object.entries(values).map(([name, sets]) => ({ name, ...overridesFrom(sets, [...at, name]) }))
      if (read.length === 0) findings.push(fault(at, 'expected names with what each sets'))
      findings.push(...read.flatMap((one) => one.findings))
      dimensions.push({ key, named: true, values: read })
    }
  }
  return { dimensions, findings }
}

/** Keys as for --set with their values, each checked to be one of the profile that may vary; `at` is where they were written. */
export function overridesFrom(
  sets: Readonly<Record<string, unknown>>,
  at: Path,
): { overrides: Override[]; findings: Finding[] } {
  const overrides: Override[] = []
  const findings: Finding[] = []
  for (const [key, value] of Object.entries(sets)) {
    const wrong = (message: string) => findings.push({ path: [...at, key], of: 'key', message })
    const resolved = resolvePath(key)
    if (!('path' in resolved)) {
      wrong(
        'index' in resolved
          ? `${resolved.parent.join('.')} is a list, expected an index from 0`
          : `there is no such key in a profile${keyHint(resolved.unknown, resolved.parent)}`,
      )
    } else if (fixed.includes(String(resolved.path[0])))
      wrong('is the same for the whole run and cannot vary within it')
    else overrides.push({ kind: 'flag', label: key, path: resolved.path, value })
  }
  return { overrides, findings }
}

/** Two dimensions that set the same value: one would win unseen, and its variants would be the same under two names. */
export function overlaps(dimensions: readonly Dimension[]): Finding[] {
  const pathsOf = (dimension: Dimension) =>
    dimension.values.flatMap(({ overrides }) => overrides.map(({ path }) => path))
  return dimensions.flatMap((dimension, index) => {
    const mine = pathsOf(dimension)
    return dimensions.slice(0, index).flatMap((other): Finding[] => {
      const shared = mine.find((path) =>
        pathsOf(other).some((theirs) => isPrefix(theirs, path) || isPrefix(path, theirs)),
      )
      if (!shared) return []
      const message = `sets ${pathText(shared)}, which matrix.${other.key} sets, too`
      return [{ path: ['matrix', dimension.key], of: 'key', message }]
    })
  })
}

/** Every choice of a value per dimension, the last one varying fastest. */
export function combinations(dimensions: readonly Dimension[]): ReadonlyMap<string, DimensionValue>[] {
  return dimensions.reduce<Map<string, DimensionValue>[]>(
    (made, { key, values }) => made.flatMap((chosen) => values.map((value) => new Map([...chosen, [key, value]]))),
    [new Map()],
  )
}
