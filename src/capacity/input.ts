import { z } from 'zod'
import { suggestion } from '../base/suggest.ts'
import type { Source } from '../profile/source.ts'
import {
  decimal,
  flag,
  hours,
  milliseconds,
  oneOf,
  percent,
  range,
  rate,
  size,
  volumeRate,
  whole,
  words,
} from './quantities.ts'

/** The keys of a load file, which are also the options of the command line; each with what it means and its unit in the result. */
export const inputSchema = z.strictObject({
  in: rate('40MB/s').optional().describe('peak produce rate, bytes on the wire'),
  'average-in': rate('20MB/s').optional().describe('average produce rate, for storage and cost; absent = the peak'),
  out: rate('80MB/s').optional().describe('peak consume rate over all groups; absent = in × groups'),
  'average-out': rate('40MB/s').optional().describe('average consume rate; absent = average in × peak out ÷ peak in'),
  groups: whole('2').optional().describe('consumer groups that read everything; excludes out; absent = 1'),
  replication: whole('3').optional().describe('replication factor; absent = 3'),
  zones: whole('3').optional().describe('availability zones; absent = 3'),
  retention: hours('24h').optional().describe('how long records are kept; absent = 24h'),
  'local-retention': hours('24h').optional().describe('of these on the brokers, the rest tiered; absent = all'),
  partitions: whole('100').optional().describe('partitions of all topics, counted by their leaders'),
  connections: whole('500').optional().describe('TCP connections over all brokers'),
  auth: oneOf(['iam', 'scram', 'tls']).optional().describe('how clients log in'),
  'record-size': size('1KiB').optional().describe('mean size of a record before compression'),
  'compression-ratio': decimal('3').optional().describe('size before ÷ after compression; in and out are after it'),
  growth: percent('30%', '0 or more').optional().describe('growth of the load per year, compound; absent = 0 %'),
  headroom: percent('80%').optional().describe('share of the throughput ceiling that the peak may use; absent = 80%'),
  'rack-aware': flag().optional().describe('consumers fetch in their own zone; absent = true'),
  provisioned: volumeRate('500MiB/s').optional().describe("provisioned volume throughput; absent = the type's maximum"),
  types: words('kafka.m7g.*,express.*').optional().describe('only these broker types; * stands for anything'),
  'cpu-cores': decimal('12')
    .optional()
    .describe('processor cores that the brokers need together at the peak, as measured on brokers of that kind'),
  'requests-per-mb': decimal('12').optional().describe('requests per MB, as measured'),
  'core-speed': range('0.7..1.3')
    .optional()
    .describe('cores of the target for one core of the calibrated machine, from..to'),
  'target-rate': rate('250MB/s').optional().describe('rate that one group has to reach, for partitions; absent = in'),
  'partition-in': rate('50MB/s').optional().describe('produce speed of one partition, as measured'),
  'partition-out': rate('25MB/s').optional().describe('consume speed of one partition, as measured'),
  behind: hours('12h').optional().describe('how far a consumer group is behind before it catches up; absent = 12h'),
  slo: milliseconds('50ms').optional().describe('highest response p99, for the validation profile; absent = 100ms'),
})

export type PlanInput = z.infer<typeof inputSchema>
export type InputKey = keyof PlanInput

export const inputKeys = Object.keys(inputSchema.shape) as InputKey[]

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
  const parsed = inputSchema.safeParse(given)
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) problems.push(where(key, `unknown key, ${suggestion(key, inputKeys)}`, 'key'))
    } else problems.push(where(String(issue.path[0]), issue.message))
  }
  const input = parsed.success ? parsed.data : whatIsRight(given)
  for (const { key, message } of contradictions(input, given)) problems.push(where(key, message))
  return { input, problems }
}

const defined = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

/** Each key by itself, so that the values that are right are still held against each other. */
function whatIsRight(given: Readonly<Record<string, unknown>>): PlanInput {
  const read = inputKeys.flatMap((key) => {
    if (!Object.hasOwn(given, key)) return []
    const { success, data } = inputSchema.shape[key].safeParse(given[key])
    return success ? [[key, data] as const] : []
  })
  return Object.fromEntries(read) as PlanInput
}

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
