import type { RunResult, Variant } from '../contracts/result.ts'

/** What names and plans a run, and changes none of its numbers; the real cluster is under environment. */
const planning = [
  ...['name', 'repeat', 'matrix', 'exclude', 'include', 'clients', 'thresholds', 'reference'],
  ...['limits', 'cluster.metrics'],
]
/** Key under which a run's settings hold the named sets of its matrix; no variant has it. */
const sets = 'named sets'
const observed = ['cluster.provider', 'cluster.layout']

/** Nested settings as dotted paths: { a: { b: 1 } } → [["a.b", "1"]]. */
export function flatten(value: unknown, path = ''): [string, string][] {
  if (Array.isArray(value) && value.some((one) => typeof one === 'object' && one !== null)) {
    return value.flatMap((one, at) => flatten(one, `${path}[${at}]`))
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, one]) => flatten(one, path === '' ? key : `${path}.${key}`))
  }
  return [[path, Array.isArray(value) ? value.map(String).join(', ') : String(value)]]
}

/** Everything that two runs have to have in common to be comparable. */
export function settingsOfRun({ profile, environment, cluster }: RunResult): Record<string, string> {
  const { clients, memoryBytes, ...machine } = environment
  const place = {
    ...machine,
    // Kernels report a few MiB more or less from boot to boot.
    memoryGiB: Math.round(memoryBytes / 2 ** 30),
    clients,
    provider: cluster.provider,
    layout: cluster.layout,
    kafkaVersion: cluster.kafkaVersion ?? 'unknown',
    brokers: cluster.brokers.length,
    brokerOptions: cluster.brokerOptions ?? {},
  }
  const asked = flatten(profile).filter(
    ([key]) => !planning.some((name) => isUnder(key, name)) && !observed.includes(key),
  )
  return Object.fromEntries([...asked, ...flatten({ environment: place }), ...flatten({ [sets]: namedSets(profile) })])
}

/** What the names of the matrix stand for: dimension → name → settings; of `include` likewise. */
function namedSets({ matrix, include }: Record<string, unknown>): Record<string, unknown> {
  const dimensions = Object.entries((matrix ?? {}) as Record<string, unknown>).filter(
    ([, values]) => !Array.isArray(values),
  )
  const added = ((include ?? []) as Record<string, unknown>[]).filter(({ name }) => name !== undefined)
  const named = added.map(({ name, client: _, ...rest }) => [String(name), rest])
  return { ...Object.fromEntries(dimensions), ...(named.length > 0 && { include: Object.fromEntries(named) }) }
}

/** Those of one combination: its matrix keys laid over the run's, and of the clients' versions only its own client's. */
export function settingsOf(run: Record<string, string>, params: Variant['params']): Record<string, string> {
  const keys = Object.keys(params)
  const version = run[`environment.clients.${params.client}`]
  // A name alone means nothing: what it sets is compared, and belongs to its dimension.
  const entries = Object.entries(run)
  const named = entries.filter(([key]) => isUnder(key, sets))
  const laid = Object.entries(params).flatMap(([key, value]) => {
    const prefix = `${sets}.${key}.${value}.`
    return named.flatMap(([path, set]) =>
      path.startsWith(prefix) ? [{ key, path: path.slice(prefix.length), set }] : [],
    )
  })
  const rest = entries.filter(
    ([key]) =>
      !isUnder(key, sets) &&
      !keys.some((name) => isUnder(key, name)) &&
      !laid.some(({ path }) => isUnder(key, path)) &&
      !(version !== undefined && isUnder(key, 'environment.clients')),
  )
  return {
    ...Object.fromEntries(Object.entries(params).map(([key, value]) => [key, String(value)])),
    ...Object.fromEntries(laid.map(({ key, path, set }) => [`${key}.${path}`, set])),
    ...Object.fromEntries(rest),
    ...(version === undefined ? {} : { 'environment.client': `${params.client} ${version}` }),
  }
}

/** The key itself, or one inside it. */
export const isUnder = (key: string, name: string): boolean =>
  key.startsWith(name) && (key.length === name.length || key[name.length] === '.' || key[name.length] === '[')

export interface Difference {
  key: string
  /** null = has no such setting. */
  base: string | null
  other: string | null
}

export function differencesOf(base: Record<string, string>, other: Record<string, string>): Difference[] {
  return [...new Set([...Object.keys(base), ...Object.keys(other)])]
    .filter((key) => base[key] !== other[key])
    .map((key) => ({ key, base: base[key] ?? null, other: other[key] ?? null }))
}
