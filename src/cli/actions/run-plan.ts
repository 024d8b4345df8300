import { readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exitCodes, KbenchError, messageOf } from '../../base/errors.ts'
import { packageRoot } from '../../base/root.ts'
import { unknownTypes } from '../../capacity/candidates.ts'
import { type ClusterAnswer, clusterOf, highestLoad } from '../../capacity/cluster.ts'
import { dataVersion, type MskData, type MskTexts, mskFiles, readMskData } from '../../capacity/data.ts'
import { type InputProblem, type PlanInput, parseInput } from '../../capacity/input.ts'
import { loadOf } from '../../capacity/load.ts'
import { planOf } from '../../capacity/plan.ts'
import type { Plan } from '../../capacity/planned.ts'
import { withPrices } from '../../capacity/prices.ts'
import { alternativesOf, answersOf } from '../../capacity/questions.ts'
import type { Source } from '../../profile/source.ts'
import { clusterText, planTable } from '../../reports/plan/terminal.ts'
import { loadOptions, type PlanCommandOptions } from '../commands/plan-options.ts'

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
  const input = await readInput(file, options, data)
  const patterns = input.types ?? null
  if (options.cluster !== undefined) return printCluster(options.cluster, input, data, options.json === true)
  const load = loadOf(input)
  const plan = planOf(load, data, patterns)
  const answers = answersOf(plan, input, data, patterns)
  const alternatives = alternativesOf(plan, data, patterns)
  if (options.json) {
    const { dataVersion: version, ...rest } = plan
    process.stdout.write(`${JSON.stringify({ ...rest, answers, alternatives, dataVersion: version }, null, 2)}\n`)
  }
  if (options.html !== undefined) {
    const { planPage } = await import('../../reports/plan/page.ts')
    await writeText(options.html, planPage({ plan, answers, alternatives, data }))
  }
  if (plan.candidates.length === 0) throw noCandidate(plan)
  if (!options.json) process.stdout.write(planTable(plan, answers, alternatives, terminal()))
  return exitCodes.ok
}

const terminal = (): { columns: number; color: boolean } => {
  const { stdout, env } = process
  const color = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  return { columns: stdout.isTTY ? stdout.columns : 80, color }
}

/** Options and file, checked together: everything that is wrong comes in one error. */
async function readInput(file: string | undefined, options: PlanCommandOptions, data: MskData): Promise<PlanInput> {
  const camel = (key: string) => key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  const written = Object.fromEntries(loadOptions.map(([key]) => [key, options[camel(key)]]))
  const source = file === undefined ? null : { name: file, source: await sourceOf(file) }
  const { input, problems } = parseInput({ options: written, file: source })
  const types = unknownTypes(input.types ?? [], data).map((message): InputProblem => ({ where: '--types', message }))
  const all = [...problems, ...types]
  const isMissing = input.in === undefined && written.in === undefined && options.cluster === undefined
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
    return await readFile(file, 'utf8')
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

/** Writes a file, with the folders above it. Throws `usage`. */
export async function writeText(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  } catch (error) {
    throw new KbenchError('usage', `cannot write ${file}: ${messageOf(error)}`, { cause: error })
  }
}
