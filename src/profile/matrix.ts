import { formatCount } from '../base/units.ts'
import { variantsAtMost } from '../contracts/result.ts'
import { type Finding, fault, valueAt } from './issues.ts'
import {
  combinations,
  type Dimension,
  type DimensionValue,
  dimensionsOf,
  overlaps,
  overridesFrom,
} from './matrix-dimensions.ts'
import { applyOverrides, type Override } from './overrides.ts'
import { isPrefix, type Path } from './paths.ts'
import type { Profile } from './schema.ts'

/** Keys of `topic` that contradict a topic that is there, where they are written. */
export type StatedTopic = 'partitions' | 'replicationFactor'

export type Params = Record<string, string | number | boolean>

/** One combination of the matrix: what varies in it, and the profile that it makes. */
export interface Cell {
  /** Always has `client`; further keys are spelled as in the profile's matrix. */
  params: Params
  profile: Profile
  /** As a planned variant has it. */
  stated?: readonly StatedTopic[]
}

type Validate = (data: unknown) => { profile?: Profile; findings: Finding[] }

/** A combination, and what it lays over the profile; `from` says where in the profile each override was written. */
interface Planned {
  params: Params
  overrides: readonly Override[]
  /** Where to report what is wrong with it, by what it is about. */
  blame(finding: Finding): Path
}

/**
 * Every combination, the last key of the matrix varying fastest and the client slowest, then those of `include`, and what is wrong
 * with them. `data` is what the profile was read from; `validate` reads it again with a combination's values laid over it. Pure.
 */
export function expandMatrix(
  data: unknown,
  profile: Profile,
  validate: Validate,
): { cells: Cell[]; findings: Finding[] } {
  const excess = excessOf(profile)
  if (excess.length > 0) return { cells: [], findings: excess }
  const { dimensions, findings } = dimensionsOf(profile)
  findings.push(...checkExclude(profile, dimensions), ...overlaps(dimensions))
  if (findings.length > 0) return { cells: [], findings }
  const added = includedIn(profile, dimensions)
  findings.push(...added.findings)
  const planned = [...combined(profile, dimensions), ...added.planned]
  const cells: Cell[] = []
  const seen = new Set<string>()
  const ids = new Set<string>()
  for (const { params, overrides, blame } of planned) {
    const words = wordsOf(params)
    if (ids.has(words))
      findings.push(fault(blame(fault([], '')), `there is a variant ${words} already, give it a name`))
    ids.add(words)
    const laid = applyOverrides(data, overrides).value
    const made = validate(laid)
    for (const finding of made.findings) {
      const at = blame(finding)
      const message = `with ${words}: ${finding.path.join('.')}: ${finding.message}`
      if (seen.has(`${at.join('.')} ${finding.message}`)) continue
      seen.add(`${at.join('.')} ${finding.message}`)
      findings.push(fault(at, message))
    }
    if (made.profile) cells.push({ params, profile: made.profile, stated: statedIn(laid) })
  }
  if (planned.length === 0 && findings.length === 0) {
    findings.push(fault(['exclude'], 'leaves nothing to run, every combination is excluded'))
  }
  return { cells, findings }
}

/** More combinations, or variants, than a run may have: refused before any is made. */
function excessOf({ matrix, clients, include, repeat }: Profile): Finding[] {
  const values = Object.values(matrix).map((each) => (Array.isArray(each) ? each.length : Object.keys(each).length))
  const combinations = values.reduce((product, count) => product * Math.max(1, count), clients.length)
  const most = formatCount(variantsAtMost)
  if (combinations > variantsAtMost) {
    return [fault(['matrix'], `makes ${formatCount(combinations)} combinations, expected ${most} or less`)]
  }
  const variants = (combinations + include.length * clients.length) * repeat
  if (variants <= variantsAtMost) return []
  const path: Path = repeat > 1 ? ['repeat'] : ['include']
  return [fault(path, `makes ${formatCount(variants)} variants, expected ${most} or less`)]
}

/** What of the topic is written: a default is no statement about one that is there. */
export const statedIn = (data: unknown): StatedTopic[] =>
  (['partitions', 'replicationFactor'] as const).filter((key) => valueAt(data, ['topic', key]) !== undefined)

/** The product of the dimensions, without what is excluded. */
function combined(profile: Profile, dimensions: readonly Dimension[]): Planned[] {
  const varied = dimensions.filter(({ key }) => key !== 'client')
  return combinations(dimensions).flatMap((chosen): Planned[] => {
    const params = paramsOf(chosen)
    if (profile.exclude.some((excluded) => Object.entries(excluded).every(([key, value]) => params[key] === value))) {
      return []
    }
    const overrides = [...chosen.values()].flatMap((value) => value.overrides)
    return [{ params, overrides, blame: (finding) => ['matrix', blamed(finding, chosen, varied).key] }]
  })
}

const paramsOf = (chosen: ReadonlyMap<string, DimensionValue>): Params =>
  Object.fromEntries([...chosen].map(([key, value]) => [key, value.name]))

/** `include`: an entry is a combination of its own, of one client or of all; what it does not say is as in the profile. */
function includedIn(
  { include, clients }: Profile,
  dimensions: readonly Dimension[],
): { planned: Planned[]; findings: Finding[] } {
  const planned: Planned[] = []
  const findings: Finding[] = []
  for (const [index, entry] of include.entries()) {
    const at: Path = ['include', index]
    const { client, name, ...rest } = entry
    if (client !== undefined && !clients.includes(String(client))) {
      findings.push(fault([...at, 'client'], `is none of the clients, expected one of ${clients.join(', ')}`))
    }
    if (name !== undefined && typeof name !== 'string') findings.push(fault([...at, 'name'], 'expected text'))
    const params: Params = {}
    const overrides: Override[] = []
    for (const [key, value] of Object.entries(rest)) {
      const named = dimensions.find((dimension) => dimension.key === key && dimension.named)
      const choice = named?.values.find((one) => one.name === value)
      if (named && !choice) {
        const names = named.values.map((one) => one.name).join(', ')
        findings.push(fault([...at, key], `expected one of ${names}`))
      } else if (choice) overrides.push(...choice.overrides)
      else {
        const read = overridesFrom({ [key]: value }, at)
        overrides.push(...read.overrides)
        findings.push(...read.findings)
      }
      if (typeof value === 'object' && name === undefined) {
        findings.push(fault([...at, key], 'is no plain value: give the entry a name, like name: huge'))
      } else if (typeof value !== 'object') params[key] = value as Params[string]
    }
    if (Object.keys(rest).length === 0)
      findings.push(fault(at, 'expected what to run, like { load.record.size: 1MiB }'))
    for (const of of client === undefined ? clients : [String(client)]) {
      // With a name the name says it all, but for what the other variants have, too.
      const shown = Object.entries(params).filter(
        ([key]) => name === undefined || dimensions.some((d) => d.key === key),
      )
      const own = name === undefined ? {} : { include: String(name) }
      planned.push({ params: { client: of, ...Object.fromEntries(shown), ...own }, overrides, blame: () => at })
    }
  }
  return { planned: findings.length > 0 ? [] : planned, findings }
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

/** The dimension that a finding comes from, best guess: the last one that sets a value which it is about. */
function blamed(
  { path, uses = [] }: Finding,
  chosen: ReadonlyMap<string, DimensionValue>,
  dimensions: readonly Dimension[],
): Dimension {
  const about = [path, ...uses]
  const sets = ({ key }: Dimension) =>
    chosen.get(key)!.overrides.some((override) => about.some((used) => isPrefix(override.path, used)))
  return dimensions.findLast(sets) ?? dimensions.at(-1)!
}

export function wordsOf(params: Params): string {
  return Object.entries(params)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}
