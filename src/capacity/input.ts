import { suggestion } from '../base/suggest.ts'
import type { Source } from '../profile/source.ts'
import {
  decimal,
  flag,
  hours,
  milliseconds,
  oneOf,
  percent,
  type Read,
  range,
  rate,
  size,
  volumeRate,
  whole,
  words,
} from './quantities.ts'

/** The keys of a load file, which are also the options of the command line; each with what it means and its unit in the result. */
const readers = {
  /** Peak produce rate, bytes on the wire. */
  in: rate('40MB/s'),
  /** Average produce rate, for storage and cost; absent = the peak. */
  'average-in': rate('20MB/s'),
  /** Peak consume rate over all groups; absent = in × groups. */
  out: rate('80MB/s'),
  /** Average consume rate; absent = average in × peak out ÷ peak in. */
  'average-out': rate('40MB/s'),
  /** Consumer groups that read everything; excludes out; absent = 1. */
  groups: whole('2'),
  /** Replication factor; absent = 3. */
  replication: whole('3'),
  /** Availability zones; absent = 3. */
  zones: whole('3'),
  /** How long records are kept; absent = 24h. */
  retention: hours('24h'),
  /** Of these on the brokers, the rest tiered; absent = all. */
  'local-retention': hours('24h'),
  /** Partitions of all topics, counted by their leaders. */
  partitions: whole('100'),
  /** TCP connections over all brokers. */
  connections: whole('500'),
  /** How clients log in. */
  auth: oneOf(['iam', 'scram', 'tls']),
  /** Mean size of a record before compression. */
  'record-size': size('1KiB'),
  /** Size before ÷ after compression; in and out are after it. */
  'compression-ratio': decimal('3'),
  /** Growth of the load per year, compound; absent = 0 %. */
  growth: percent('30%', '0 or more'),
  /** Share of the throughput ceiling that the peak may use; absent = 80%. */
  headroom: percent('80%'),
  /** Consumers fetch in their own zone; absent = true. */
  'rack-aware': flag(),
  /** Provisioned volume throughput; absent = the type's maximum. */
  provisioned: volumeRate('500MiB/s'),
  /** Only these broker types; * stands for anything. */
  types: words('kafka.m7g.*,express.*'),
  /** Processor cores that the brokers need together at the peak, as measured on brokers of that kind. */
  'cpu-cores': decimal('12'),
  /** Requests per MB, as measured. */
  'requests-per-mb': decimal('12'),
  /** Cores of the target for one core of the calibrated machine, from..to. */
  'core-speed': range('0.7..1.3'),
  /** Rate that one group has to reach, for partitions; absent = in. */
  'target-rate': rate('250MB/s'),
  /** Produce speed of one partition, as measured. */
  'partition-in': rate('50MB/s'),
  /** Consume speed of one partition, as measured. */
  'partition-out': rate('25MB/s'),
  /** How far a consumer group is behind before it catches up; absent = 12h. */
  behind: hours('12h'),
  /** Highest response p99, for the validation profile; absent = 100ms. */
  slo: milliseconds('50ms'),
}

type Readers = typeof readers
export type InputKey = keyof Readers
export type PlanInput = { [K in InputKey]?: Readers[K] extends Read<infer T> ? T : never }

export const inputKeys = Object.keys(readers) as InputKey[]

/** One thing that is wrong with the input; `where` is "--in" or "load.yaml:3:5 in". */
export interface InputProblem {
  where: string
  message: string
}

/** Values as they were written: by option, and by a file. */
export interface WrittenInput {
  options: Readonly<Record<string, unknown>>
  file: { name: string; source: Source } | null
}

/** The input with everything that is wrong with it; options win over the file. `input` holds what could be read. */
export function parseInput({ options, file }: WrittenInput): { input: PlanInput; problems: InputProblem[] } {
  const source = file?.source ?? null
  const inFile = (path: readonly (string | number)[], of: 'key' | 'value', message: string): InputProblem => {
    const { line, col } = source!.place(path, of)
    return { where: `${file!.name}:${line}:${col}${path.length > 0 ? ` ${path.join('.')}` : ''}`, message }
  }
  if (source && !source.usable) {
    const problems = source.errors.map(({ place, message }) => ({
      where: `${file!.name}:${place.line}:${place.col}`,
      message,
    }))
    return { input: {}, problems }
  }
  const problems: InputProblem[] = (source?.errors ?? []).map(({ place, message }) => ({
    where: `${file!.name}:${place.line}:${place.col}`,
    message,
  }))
  const written = source?.value ?? {}
  if (typeof written !== 'object' || Array.isArray(written)) {
    return { input: {}, problems: [...problems, inFile([], 'value', 'expected keys with values, like "in: 40MB/s"')] }
  }
  const fromFile = written as Record<string, unknown>
  // What is not given is not there: an option that commander knows and nobody wrote is undefined.
  const given = Object.fromEntries(Object.entries({ ...fromFile, ...defined(options) }))
  const where = (key: string, message: string, of: 'key' | 'value' = 'value'): InputProblem =>
    defined(options)[key] === undefined && Object.hasOwn(fromFile, key)
      ? inFile([key], of, message)
      : { where: `--${key}`, message }
  // What is right is held against each other even where something else is wrong.
  const read: [InputKey, unknown][] = []
  for (const key of inputKeys) {
    if (!Object.hasOwn(given, key)) continue
    const reading = readers[key](given[key])
    if ('problem' in reading) problems.push(where(key, reading.problem))
    else read.push([key, reading.value])
  }
  const unknown = Object.keys(given).filter((key) => !Object.hasOwn(readers, key))
  for (const key of unknown) problems.push(where(key, `unknown key, ${suggestion(key, inputKeys)}`, 'key'))
  const input = Object.fromEntries(read) as PlanInput
  for (const { key, message } of contradictions(input, given)) problems.push(where(key, message))
  return { input, problems }
}

const defined = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

/** Values that are each right and exclude each other. */
function contradictions(
  input: PlanInput,
  given: Readonly<Record<string, unknown>>,
): { key: InputKey; message: string }[] {
  const found: { key: InputKey; message: string }[] = []
  const above = (key: InputKey, most: number | undefined, what: string) => {
    const value = input[key]
    if (typeof value === 'number' && most !== undefined && value > most)
      found.push({ key, message: `expected at most ${what}` })
  }
  if (given.groups !== undefined && given.out !== undefined)
    found.push({ key: 'groups', message: 'excludes out, keep one of them: out = in × groups' })
  above('average-in', input.in, 'in, which is the peak')
  above('average-out', input.out ?? peakOutOf(input), 'out, which is the peak')
  above('local-retention', input.retention ?? 24, `retention, which is ${input.retention ?? 24}h`)
  above('headroom', 1, '100%: above it the ceiling itself is exceeded')
  if (input.provisioned !== undefined && input.provisioned < 250)
    found.push({ key: 'provisioned', message: 'expected 250MiB/s or more: a volume has that much without' })
  above('zones', 60, '60, the most brokers of a cluster')
  above('replication', 60, '60, the most brokers of a cluster')
  return found
}

const peakOutOf = ({ in: peak, groups }: PlanInput): number | undefined =>
  peak === undefined ? undefined : peak * (groups ?? 1)
