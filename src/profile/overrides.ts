import { nearest } from '../base/suggest.ts'
import { brokersOfEnvironment } from './brokers-of-environment.ts'
import { alternatives, freeValues, isPrefix, keysAt, type Path, pathText, resolvePath, schemasAt } from './paths.ts'
import { readSource } from './source.ts'

/** One value from outside the profile, and where it came from: "--set load.rate", "--rate" or "KBENCH_LOAD__RATE". */
export interface Override {
  kind: 'flag' | 'env'
  label: string
  path: Path
  value: unknown
}

export interface OverrideError {
  label: string
  message: string
}

/** A value that the command line gives; YAML. `option`: the option that stands for it, absent = --set. */
export interface SetValue {
  path: string
  value: string
  option?: string
}

/** In order: later ones win. */
export type Sets = readonly SetValue[]

/** Values of the command line, each path checked against the schema. */
export function flagOverrides(sets: Sets): (Override | OverrideError)[] {
  return sets.map(({ path: text, value, option }) => {
    const label = option ?? `--set ${text}`
    const resolved = resolvePath(text)
    if ('path' in resolved) return override('flag', label, resolved.path, value)
    if ('index' in resolved) {
      const parent = pathText(resolved.parent)
      return { label, message: `${parent} is a list, expected an index from 0, like ${parent}.0` }
    }
    return { label, message: `unknown key${keyHint(resolved.unknown, resolved.parent)}` }
  })
}

/**
 * Values of KBENCH_* variables: dots become "__", camelCase becomes UPPER_SNAKE (KBENCH_TOPIC__REPLICATION_FACTOR=1). Variables that
 * do not start like a key of the profile (KBENCH_KAFKA_IMAGE) are somebody else's.
 */
export function envOverrides(env: Readonly<Record<string, string | undefined>>): (Override | OverrideError)[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('KBENCH_') && env[name] !== undefined)
    .sort()
    .flatMap((label): (Override | OverrideError)[] => {
      const segments = label.slice('KBENCH_'.length).split('__')
      if (!keysAt([]).some((key) => upperSnake(key) === segments[0])) return []
      const path: (string | number)[] = []
      for (const segment of segments) {
        const found = envStep(path, segment)
        if (typeof found === 'object') return [{ label, message: found.message }]
        path.push(found)
      }
      return [override('env', label, path, env[label]!)]
    })
}

/**
 * Everything from outside, later ones winning: variables, then the command line. Brokers that a variable names are an external cluster, as
 * with `-b`, unless another variable or the command line names the provider: then that cluster is meant.
 */
export function outsideOverrides(
  env: Readonly<Record<string, string | undefined>>,
  sets: Sets,
): (Override | OverrideError)[] {
  const variables = envOverrides(env)
  const flags = flagOverrides(sets)
  const isAt = (path: Path) => (entry: Override | OverrideError) => 'path' in entry && isPrefix(entry.path, path)
  const named = [...variables, ...flags].findLast(isAt(['cluster', 'provider']))
  const target = brokersOfEnvironment(env)
  const others = variables.filter(({ label }) => label !== 'KBENCH_CLUSTER__BOOTSTRAP')
  const isTaken =
    named === undefined || !('value' in named) || typeof named.value !== 'string' || named.value === 'external'
  if (target === undefined || !isTaken) return [...others, ...flags]
  const from = { kind: 'env', label: target.name } as const
  const external: Override = { ...from, path: ['cluster', 'provider'], value: 'external' }
  const bootstrap: Override = { ...from, path: ['cluster', 'bootstrap'], value: target.list.split(',') }
  return [...(named ? [] : [external]), ...others, bootstrap, ...flags]
}

/** The data with the overrides laid over it, later ones winning. The data itself is not changed. */
export function applyOverrides(
  data: unknown,
  overrides: readonly Override[],
): { value: unknown; errors: OverrideError[] } {
  const root: { value: unknown } = { value: structuredClone(data) }
  const errors: OverrideError[] = []
  for (const { path, value, label } of overrides) {
    let holder = root as Record<string | number, unknown>
    let key: string | number = 'value'
    for (const segment of path) {
      let inner = holder[key]
      if (typeof inner !== 'object' || inner === null) {
        inner = typeof segment === 'number' ? [] : {}
        holder[key] = inner
      }
      if (Array.isArray(inner) && typeof segment === 'number' && segment > inner.length) {
        errors.push({ label, message: `there is no entry before it, the next index is ${inner.length}` })
        break
      }
      holder = inner as Record<string | number, unknown>
      key = segment
    }
    if (errors.every((error) => error.label !== label)) holder[key] = structuredClone(value)
  }
  return { value: root.value, errors }
}

const singular = (word: string): string => word.toLowerCase().replace(/s$/, '')

/** `, did you mean "acks"?`, or the keys there are, or nothing to suggest. */
export function keyHint(key: string, parent: Path): string {
  const keys = keysAt(parent)
  const near = nearest(key, keys)
  // The very word, elsewhere, beats a word that is only alike: "rate" at the top means load.rate, not name. Not its plural.
  const isSame = near !== undefined && singular(near) === singular(key)
  const elsewhere = isSame ? [] : homesOf(key)
  if (elsewhere.length > 0) return `, did you mean ${elsewhere.map((home) => `"${home}"`).join(' or ')}?`
  if (near !== undefined) return `, did you mean "${near}"?`
  return keys.length > 0 && keys.length <= 12 ? `, expected one of ${keys.join(', ')}` : ''
}

/** Where in the profile a key of this very name lives, at most two places. */
function homesOf(key: string): string[] {
  homes ??= allHomes()
  const found = homes.get(key) ?? []
  return found.length <= 2 ? found : []
}

let homes: ReadonlyMap<string, string[]> | undefined

function allHomes(): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const search = (path: Path) => {
    if (path.length > 4) return
    for (const name of keysAt(path)) {
      const here = [...path, name]
      found.set(name, [...(found.get(name) ?? []), pathText(here).replaceAll('.0.', '[].')])
      search(
        schemasAt(here)
          .flatMap(alternatives)
          .some((schema) => schema.type === 'array')
          ? [...here, 0]
          : here,
      )
    }
  }
  search([])
  return found
}

function override(kind: Override['kind'], label: string, path: Path, text: string): Override | OverrideError {
  // A variable may hold a secret, and messages go into logs.
  const source = readSource(text, undefined, kind === 'flag')
  if (source.errors.length > 0) return { label, message: `${source.errors[0]!.message} (values are YAML: quote them)` }
  return { kind, label, path, value: asList(path, source.value) }
}

/** Lists of names, in which a comma separates. */
const lists = ['clients', 'cluster.bootstrap']

/** `--set clients=kafkajs` means a list of one, and `kafkajs,node-rdkafka` a list of two. */
function asList(path: Path, value: unknown): unknown {
  const schemas = schemasAt(path).flatMap(alternatives)
  const isList = schemas.length > 0 && schemas.every((schema) => schema.type === 'array')
  if (!isList || (typeof value !== 'string' && typeof value !== 'number')) return value
  return lists.includes(pathText(path))
    ? String(value)
        .split(',')
        .map((each) => each.trim())
    : [value]
}

function envStep(path: Path, segment: string): string | number | { message: string } {
  const here = schemasAt(path).flatMap(alternatives)
  if (/^\d{1,6}$/.test(segment) && schemasAt([...path, Number(segment)]).length > 0) return Number(segment)
  const keys = keysAt(path)
  const key = keys.find((candidate) => upperSnake(candidate) === segment)
  if (key !== undefined) return key
  if (here.some((schema) => freeValues(schema) !== undefined)) {
    return { message: `set ${pathText(path)} as a whole (a YAML map), or use --set ${pathText(path)}.…` }
  }
  const near = nearest(segment, keys.map(upperSnake))
  return { message: `no such key in the profile${near ? `, did you mean "${near}"?` : ''}` }
}

function upperSnake(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()
}

/** Kept next to the rule above, for the docs: every variable name that is a plain key of the profile. */
export function envName(path: Path): string {
  return `KBENCH_${path.map((segment) => upperSnake(String(segment))).join('__')}`
}
