import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { KbenchError } from '../../src/base/errors.ts'
import { packageRoot } from '../../src/base/root.ts'
import { definitions, type RunResult } from '../../src/contracts/result.ts'
import { assemble } from '../../src/judge/assemble.ts'
import { problemText, tryParseProfile } from '../../src/profile/parse.ts'
import { planVariants } from '../../src/profile/plan.ts'
import { recordingBytes } from '../../src/profile/recording-size.ts'
import { valueText } from '../../src/profile/text.ts'
import { decodeFact, encodeFact } from '../../src/recording/codec.ts'
import { decodePlan } from '../../src/recording/plan-codec.ts'
import { createSums } from '../../src/recording/sums.ts'
import { parseLine, withoutProto } from '../../src/store/parse-line.ts'
import { parseResult } from '../../src/store/parse-result.ts'
import { fixtures } from '../fixtures/all.ts'
import { single } from '../fixtures/result.ts'
import { factsOf, headerOf, ids, planOf } from '../unit/store/_stored-run.ts'
import { createMutator, type Mutator } from './fuzz.ts'
import { renderText } from './render.ts'

export type Kind = 'profile' | 'result' | 'recording'
export const kinds: readonly Kind[] = ['profile', 'result', 'recording']

/** True = it was taken, and shown in every form; false = it was refused as it should be. Throws whatever else happens. */
export async function feed(kind: Kind, text: string): Promise<boolean> {
  if (kind === 'profile') return feedProfile(text)
  return kind === 'result' ? feedResult(text) : feedRecording(text)
}

/** Of whatever file a profile names. */
const rates = (): string => 'seconds,rate\n0,10\n60,20\n'

function feedProfile(text: string): boolean {
  const read = tryParseProfile(text, { file: 'f.yaml', sets: [], env: {}, known: { faults: {} }, readText: rates })
  if ('problems' in read) {
    const lines = read.problems.map(problemText)
    if (lines.length === 0 || lines.some((line) => line.includes('\n') || line.length > 2000))
      throw new Error(lines.join())
    if (read.problems.some(({ line, col }) => line === null || col === null))
      throw new Error(`no place: ${lines.join()}`)
    return false
  }
  for (const { profile } of planVariants(read.cells, read.profile.repeat)) recordingBytes(profile)
  for (const path of read.origins.keys()) valueText(path.split('.'), path)
  JSON.stringify(read.profile)
  return true
}

async function feedResult(text: string): Promise<boolean> {
  let result: RunResult
  try {
    result = parseResult(text, 'r.json')
  } catch (error) {
    return refused(error)
  }
  await renderText(result)
  return true
}

/** What a recording amounts to, as a reader of the run would see it. */
async function feedRecording(text: string): Promise<boolean> {
  let variant: ReturnType<typeof assemble>['variant']
  try {
    const [header = '', ...lines] = text.split('\n')
    const plan = decodePlan((parseLine(header) as { plan?: unknown } | null)?.plan)
    const sums = createSums(plan)
    for (const line of lines) sums.add(decodeFact(withoutProto(line)))
    variant = assemble(plan, sums).variant
  } catch (error) {
    // Facts that are well-formed one by one may make no sense together: store/rebuild.ts refuses them, whatever is thrown. Not what exhausts.
    if (error instanceof RangeError && /call stack|Invalid array length|Array buffer/.test(error.message)) throw error
    return false
  }
  return feedResult(JSON.stringify({ ...single(), definitions, variants: [variant] }))
}

function refused(error: unknown): false {
  if (!(error instanceof KbenchError) || error.code !== 'usage') throw error
  if (error.message.includes('\n') || error.message.length > 2000)
    throw new Error(`not one short line: ${error.message}`)
  return false
}

/** Small, so that thousands of them are read in minutes; nothing of their shape is lost. */
function slim(result: RunResult): unknown {
  const few = <T>(list: readonly T[]): T[] => list.slice(0, 3)
  const columns = (all: Record<string, (number | null)[]>) =>
    Object.fromEntries(Object.entries(all).map(([key, values]) => [key, few(values)]))
  const variants = result.variants.slice(0, 2).map((variant) => ({
    ...variant,
    series: { tickS: few(variant.series.tickS), columns: columns(variant.series.columns) },
    heat: { atS: few(variant.heat.atS), histograms: few(variant.heat.histograms) },
    timelines: Object.fromEntries(
      Object.entries(variant.timelines).map(([key, { atS, columns: all }]) => [
        key,
        { atS: few(atS), columns: columns(all) },
      ]),
    ),
  }))
  return JSON.parse(JSON.stringify({ ...result, variants }))
}

function profileSeeds(): string[] {
  const folder = join(packageRoot, 'profiles')
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  return files.map((file) => readFileSync(join(folder, file), 'utf8'))
}

/** Plans that differ in what is read of them later. */
const planChanges: readonly Record<string, unknown>[] = [
  {},
  { acks: 0 },
  { acks: 1, idempotence: false },
  { audit: false },
  { drainMs: 0 },
  { kind: 'rehearsal' },
  { params: { client: 'a', 'producers.acks': 1 }, repeat: 2 },
  { load: { segments: null, count: null, poisson: false, seed: 1 } },
  { load: { segments: [{ fromNs: 0, toNs: 4e9, perSec: [10, 10] }], count: 25, poisson: false, seed: 1 } },
  { load: { segments: [{ fromNs: 0, toNs: 4e9, perSec: [10, 10] }], count: null, poisson: true, seed: 1 } },
  { topic: { partitions: 6, replicationFactor: 3, config: { 'min.insync.replicas': 2 } } },
]

const recordingOf = (id: string, change: Record<string, unknown>): string[] => [
  headerOf(id, change),
  ...factsOf(planOf(id, change)).map(encodeFact),
]

/** Seeds of each kind as text, and as data where a structure can be changed. */
const seeds = {
  profile: profileSeeds(),
  result: Object.values(fixtures).map((make) => slim(make())),
  recording: ids.flatMap((id) => planChanges.map((change) => recordingOf(id, change))),
}
export const seedCount = (kind: Kind): number => seeds[kind].length

/** The input of this number: the same whenever it is asked for. */
export function inputOf(kind: Kind, number: number): string {
  const mutator = createMutator(1_000_003 * kinds.indexOf(kind) + number)
  if (kind === 'recording') return changedRecording(mutator)
  if (kind === 'profile') {
    const text = mutator.pick(seeds.profile)
    // JSON is YAML.
    return mutator.below(2) === 0 ? mutator.bytes(text) : mutator.json(parse(text))
  }
  const data = mutator.pick(seeds.result)
  return mutator.below(4) === 0 ? mutator.bytes(JSON.stringify(data)) : mutator.json(data)
}

function changedRecording(mutator: Mutator): string {
  const lines = [...mutator.pick(seeds.recording)]
  const at = mutator.below(lines.length)
  if (mutator.below(4) === 0) return mutator.bytes(lines.join('\n'))
  if (mutator.below(6) === 0) lines.splice(at, mutator.below(3), lines[mutator.below(lines.length)]!)
  else lines[at] = mutator.json(JSON.parse(lines[at]!))
  return lines.join('\n')
}

const corpus = join(packageRoot, 'test/fixtures/corpus')

/** Every input that ever failed; it is fed again in every run. */
export const corpusInputs = (): { name: string; kind: Kind; text: string }[] =>
  readdirSync(corpus)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => ({ name, kind: name.split('-')[0] as Kind, text: readFileSync(join(corpus, name), 'utf8') }))

export function keepInput(kind: Kind, text: string): string {
  const name = `${kind}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.txt`
  mkdirSync(corpus, { recursive: true })
  writeFileSync(join(corpus, name), text)
  return name
}

export interface FuzzSummary {
  inputs: number
  accepted: number
  /** Processor time of the slowest, ms. */
  slowestMs: number
  failures: string[]
}

/** Feeds inputs of these numbers. What throws, or takes more than a second of processor time, goes into the corpus. */
export async function fuzz(kind: Kind, from: number, to: number): Promise<FuzzSummary> {
  const summary: FuzzSummary = { inputs: 0, accepted: 0, slowestMs: 0, failures: [] }
  for (let number = from; number < to; number++) {
    const text = inputOf(kind, number)
    const before = process.cpuUsage()
    let problem: string | null = null
    try {
      if (await feed(kind, text)) summary.accepted++
    } catch (error) {
      problem = String((error as Error).stack)
        .split('\n')
        .slice(0, 4)
        .join(' | ')
    }
    const { user, system } = process.cpuUsage(before)
    const ms = (user + system) / 1000
    summary.inputs++
    summary.slowestMs = Math.max(summary.slowestMs, ms)
    if (problem === null && ms > 1000) problem = `took ${Math.round(ms)} ms`
    if (problem !== null) summary.failures.push(`${keepInput(kind, text)} (${number}): ${problem}`)
  }
  return summary
}
