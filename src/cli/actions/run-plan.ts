import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes, KbenchError, messageOf } from '../../base/errors.ts'
import { packageRoot } from '../../base/root.ts'
import { suggestion } from '../../base/suggest.ts'
import { unknownTypes } from '../../capacity/candidates.ts'
import type { Assumption } from '../../capacity/check-run.ts'
import { type ClusterAnswer, clusterOf, highestLoad } from '../../capacity/cluster.ts'
import { dataVersion, type MskData, type MskTexts, mskFiles, readMskData } from '../../capacity/data.ts'
import { type RunMeasurement, withMeasurement } from '../../capacity/from-run.ts'
import { type InputProblem, type PlanInput, parseInput } from '../../capacity/input.ts'
import { type Load, loadOf } from '../../capacity/load.ts'
import { planOf } from '../../capacity/plan.ts'
import type { Plan } from '../../capacity/planned.ts'
import { withPrices } from '../../capacity/prices.ts'
import { type Alternative, type Answer, alternativesOf, answersOf, cheapest } from '../../capacity/questions.ts'
import { byMonth } from '../../capacity/resilience.ts'
import type { Source } from '../../profile/source.ts'
import { clusterText, planTable } from '../../reports/plan/terminal.ts'
import { readStoredText, smallBytesAtMost } from '../../store/stored-text.ts'
import { loadOptions, type PlanCommandOptions } from '../commands/plan-options.ts'
import { hasColour } from '../outputs.ts'
import { writeNamedFile } from './write-file.ts'

/** The shipped data, or with --prices the prices of a file in it. */
export async function readData(pricesFile: string | undefined): Promise<MskData> {
  const folder = join(packageRoot, 'src/capacity/msk')
  const texts = Object.fromEntries(mskFiles.map((name) => [name, readFileSync(join(folder, `${name}.csv`), 'utf8')]))
  const data = readMskData(texts as MskTexts)
  return pricesFile === undefined ? data : withPrices(data, await textOf(pricesFile, '--prices'), pricesFile)
}

/** Plans, prints, writes what was asked for; resolves to the exit code. */
export async function runPlan(file: string | undefined, options: PlanCommandOptions): Promise<number> {
  const data = await readData(options.prices)
  const measured = options.fromRun === undefined ? null : await measure(options.fromRun)
  const input = await readInput(file, options, data, measured)
  const patterns = input.types ?? null
  if (options.brokers !== undefined) return printCluster(options.brokers, input, data, options.json === true)
  const plan = planOf(await loadWith(options.calibration, input), data, patterns)
  const answers = answersOf(plan, input, data, patterns)
  const alternatives = alternativesOf(plan, data, patterns)
  const check = options.check === undefined ? null : await checked(options.check, plan, input)
  if (options.json) {
    const { dataVersion: version, ...rest } = plan
    const more = { ...(measured && { measured }), ...(check && { check }) }
    const printed = { ...rest, answers, alternatives, growth: byMonth(plan.inputs), ...more, dataVersion: version }
    process.stdout.write(`${JSON.stringify(printed, null, 2)}\n`)
  }
  if (options.html !== undefined) {
    const { planPage } = await import('../../reports/plan/page.ts')
    await writeNamedFile(options.html, planPage({ plan, answers, alternatives, data, measured, check }))
  }
  if (plan.candidates.length === 0) throw noCandidate(plan)
  if (options.writeProfile !== undefined)
    await writeProfile(options.writeProfile, plan, input, commandOf(file, options))
  if (!options.json) {
    const { measuredText, checkText } = await import('../../reports/plan/run-text.ts')
    if (measured) process.stdout.write(measuredText(measured, terminal()))
    process.stdout.write(
      check ? checkText(check, plan.candidates[0]!, terminal()) : planTable(plan, answers, alternatives, terminal()),
    )
  }
  return check?.some(({ held }) => held === false) ? exitCodes.threshold : exitCodes.ok
}

/** The plan of a load with the same keys and values as a load file, its answers and alternatives. Throws `usage` with everything that is wrong. */
export async function planLoad(
  load: Readonly<Record<string, unknown>>,
  { prices, calibration }: { prices?: string; calibration?: string } = {},
): Promise<{ plan: Plan; answers: Answer[]; alternatives: Alternative[] }> {
  const data = await readData(prices)
  const options = Object.fromEntries(Object.entries(load).map(([key, value]) => [camelOf(key), textOfValue(value)]))
  const known = loadOptions.map(([key]) => camelOf(key))
  const unknown = Object.keys(load).filter((key) => !known.includes(camelOf(key)))
  if (unknown.length > 0) {
    const keys = loadOptions.map(([key]) => key)
    throw new KbenchError('usage', `${unknown.join(', ')}: no key of a load`, { hint: suggestion(unknown[0]!, keys) })
  }
  const input = await readInput(undefined, options, data, null)
  const patterns = input.types ?? null
  const plan = planOf(await loadWith(calibration, input), data, patterns)
  return { plan, answers: answersOf(plan, input, data, patterns), alternatives: alternativesOf(plan, data, patterns) }
}

/** As the command line would give it. */
const textOfValue = (value: unknown): unknown =>
  Array.isArray(value) ? value.join(',') : typeof value === 'number' ? String(value) : value

/** Highest response p99 of a validation where none is given, ms. */
const usualSloMs = 100

/** The load; with a calibration also the cores that it asks for, unless they were measured. */
async function loadWith(calibration: string | undefined, input: PlanInput): Promise<Load> {
  const load = loadOf(input)
  if (calibration === undefined) return load
  const speed = input['core-speed']
  const missing = [
    ...(speed === undefined ? ['--core-speed: how the cores compare is not known, give a range like 0.7..1.3'] : []),
    ...(load.requestsPerMB === null
      ? ['--requests-per-mb: a fit counts requests, --from-run takes them from a run']
      : []),
    ...(load.cpuCores === null ? [] : ['--cpu-cores: measured cores need no calibration, keep one of them']),
  ]
  if (missing.length > 0) throw new KbenchError('usage', '--calibration needs more, or less', { details: missing })
  const { readBrokerCalibration, withCalibration } = await import('../../capacity/calibrated-cores.ts')
  const fit = readBrokerCalibration(await textOf(calibration, '--calibration'), calibration)
  return withCalibration(load, fit, speed!, calibration)
}

async function measure(run: string): Promise<RunMeasurement> {
  const [{ readResult }, { measurementOf }] = await Promise.all([
    import('./read-result.ts'),
    import('../../capacity/from-run.ts'),
  ])
  return measurementOf((await readResult(run)).result)
}

async function checked(run: string, plan: Plan, input: PlanInput): Promise<Assumption[] | null> {
  const [best] = plan.candidates
  if (!best) return null
  const [{ readResult }, { checkRun }] = await Promise.all([
    import('./read-result.ts'),
    import('../../capacity/check-run.ts'),
  ])
  return checkRun((await readResult(run)).result, best, plan.inputs, input.slo ?? usualSloMs)
}

async function writeProfile(file: string, plan: Plan, input: PlanInput, command: string): Promise<void> {
  const best = cheapest(plan)
  if (!best)
    throw new KbenchError('usage', '--write-profile: only serverless takes the load, and it has no brokers to reboot')
  const { validationProfile } = await import('../../capacity/validation-profile.ts')
  await writeNamedFile(file, validationProfile(best, plan.inputs, { sloMs: input.slo ?? usualSloMs, command }))
  process.stderr.write(`wrote ${file}: put in the cluster's addresses, then kbench run ${file}\n`)
}

/** The call, as one would write it again, without what it writes. */
function commandOf(file: string | undefined, options: PlanCommandOptions): string {
  const words = loadOptions.flatMap(([key, value]) => {
    const given = options[camelOf(key)]
    if (given === undefined) return []
    if (value === '') return [given === true ? `--${key}` : `--no-${key}`]
    return [`--${key} ${/^[\w.,%/+-]+$/.test(String(given)) ? given : `'${given}'`}`]
  })
  return ['kbench plan', ...(file === undefined ? [] : [file]), ...words].join(' ')
}

const camelOf = (key: string): string => key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

const terminal = (): { columns: number; color: boolean } => {
  const { stdout } = process
  const color = hasColour(stdout)
  return { columns: stdout.isTTY ? stdout.columns : 80, color }
}

/** Options and file, checked together: everything that is wrong comes in one error. */
async function readInput(
  file: string | undefined,
  options: PlanCommandOptions,
  data: MskData,
  measured: RunMeasurement | null,
): Promise<PlanInput> {
  const written = Object.fromEntries(loadOptions.map(([key]) => [key, options[camelOf(key)]]))
  const source = file === undefined ? null : { name: file, source: await sourceOf(file) }
  const { input: given, problems } = parseInput({ options: written, file: source })
  const input = measured === null ? given : withMeasurement(given, measured)
  const types = unknownTypes(input.types ?? [], data).map((message): InputProblem => ({ where: '--types', message }))
  const all = [...problems, ...types]
  const isMissing = input.in === undefined && written.in === undefined && options.brokers === undefined
  if (isMissing && !all.some(({ where }) => where.endsWith(' in')))
    all.push({ where: '--in', message: 'missing: the peak produce rate, like --in 40MB/s' })
  if (all.length === 0) return input
  throw new KbenchError('usage', `the load is not valid, ${all.length === 1 ? 'one error' : `${all.length} errors`}`, {
    details: all.map(({ where, message }) => `${where}: ${message}`),
    hint: 'docs/planning.md explains every key; kbench plan --help lists them',
  })
}

/** The reader of YAML is loaded where there is a file: a plan by options is printed sooner. */
async function sourceOf(file: string): Promise<Source> {
  const text = await textOf(file, 'the load')
  const { readSource } = await import('../../profile/source.ts')
  return readSource(text)
}

async function textOf(file: string, what: string): Promise<string> {
  try {
    return await readStoredText(file, smallBytesAtMost)
  } catch (error) {
    throw new KbenchError('usage', `${what}: cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
}

function printCluster(text: string, input: PlanInput, data: MskData, asJson: boolean): number {
  // Of the rate only the shape counts: with none given, a load that is its own average.
  const load = loadOf({ in: 1, ...input })
  const { candidate, brokers } = clusterOf(text, data, load.provisionedMiBps)
  const answer: ClusterAnswer = highestLoad(candidate, brokers, load, data)
  if (asJson)
    process.stdout.write(
      `${JSON.stringify({ inputs: load, cluster: answer, dataVersion: dataVersion(data) }, null, 2)}\n`,
    )
  else process.stdout.write(clusterText(answer, load, terminal()))
  return exitCodes.ok
}

function noCandidate({ excluded }: Plan): KbenchError {
  return new KbenchError('usage', 'no MSK cluster takes this load', {
    details: excluded.map(({ type, reasons }) => `${type}: ${reasons.join('; ')}`),
    hint: 'lower the load, or allow more types (--types)',
  })
}
