import { relative, resolve } from 'node:path'
import { exitCodes, KbenchError, messageOf, mostImportant } from '../../base/errors.ts'
import type { ReportFile } from '../../contracts/api.ts'
import type { Environment, RunResult } from '../../contracts/result.ts'
import type { RunBegun, RunFact } from '../../contracts/run-facts.ts'
import { createRunSums, type RunSums } from '../../judge/run-sums.ts'
import { type OutputOptions, openOutputs } from '../../live/outputs.ts'
import { sessionSeconds } from '../../profile/estimate.ts'
import type { Sets } from '../../profile/overrides.ts'
import junit from '../../reports/junit.ts'
import { terminalSummary } from '../../reports/terminal.ts'
import { type BenchJob, faultRefusals, isDone, refsOf, runBench } from '../../runners/run/bench.ts'
import { refuseWhereFull } from '../../runners/run/disk-space.ts'
import { describeEnvironment } from '../../runners/run/environment.ts'
import { planRun, type RunPlan } from '../../runners/run/run-plan.ts'
import { createRunFolder, createRunId } from '../../store/folder.ts'
import { hasColour } from '../outputs.ts'
import { durationText, planData, planText, recordingsText } from '../text/plan-text.ts'
import { createProgress, type LiveProgress } from '../text/progress.ts'
import { shownLine } from '../text/shown-line.ts'
import { confirmRun, loadLines, type PlannedLoad } from './confirm-load.ts'
import { type Interruption, watchInterrupt } from './interruption.ts'
import { type LoadedProfile, loadProfile } from './load-profile.ts'
import { layoutDigest, resumeRun, supervisorEntry } from './resume.ts'
import { writeNamedFile } from './write-file.ts'
import { writeReports } from './write-reports.ts'

export interface RunOptions {
  set: Sets
  results: string
  quiet?: boolean
  json?: boolean
  dryRun?: boolean
  resume?: string
  /** Variants. */
  limit?: number
  /** Seconds. */
  for?: number
  junit?: string
  omb?: string
  /** Brokers beyond this machine are loaded without asking. */
  yes?: boolean
  /** false = none is rendered. */
  reports?: boolean
  /** Where it can be watched beside the terminal. */
  outputs?: OutputOptions
  /** Takes the result instead of stdout. */
  onResult?: (result: RunResult) => void
  /** Takes lines for people instead of stderr. */
  say?: (line: string) => void
  /** Shows how the run goes on instead of the terminal; `log` is that of the run's folder. */
  showProgress?: (log: (line: string) => void) => LiveProgress
}

/** A run that is about to begin, or to go on. */
export interface PlannedRun {
  loaded: LoadedProfile
  plan: RunPlan
  environment: Environment
  /** null = a new one. */
  resumed: { runId: string; root: string; sums: RunSums } | null
}

/** Checks every profile before anything is started, then runs them in turn; resolves to the exit code. */
export async function runProfiles(files: readonly string[], options: RunOptions): Promise<number> {
  const runs = await plannedRuns(files, options)
  for (const run of runs) checkBudget(run, options)
  if (options.dryRun) {
    printPlans(runs, options)
    return 0
  }
  for (const run of runs) await refuseWhereFull(openProfiles(run), options.results)
  for (const run of runs) await confirmRun(await plannedLoad(run), options)
  const interruption = watchInterrupt()
  const results: RunResult[] = []
  const codes: number[] = []
  try {
    for (const run of runs) {
      if (interruption.signal.aborted) break
      const { result, exitCode } = await runOne(run, options, interruption)
      results.push(result)
      codes.push(exitCode)
      // After each: what is there stays there when a later profile throws.
      if (options.junit !== undefined) await writeJunit(options.junit, results)
    }
    if (options.omb !== undefined && results.length > 0) {
      const { writeOmb } = await import('./write-omb.ts')
      await writeOmb(options.omb, results)
    }
  } finally {
    interruption.close()
  }
  return mostImportant(codes)
}

async function writeJunit(file: string, results: readonly RunResult[]): Promise<void> {
  const [{ body }] = (await junit.render(results)) as [ReportFile]
  await writeNamedFile(file, body, 'environment')
}

async function plannedRuns(files: readonly string[], options: RunOptions): Promise<PlannedRun[]> {
  const environment = await describeEnvironment()
  if (options.resume !== undefined) {
    if (files.length > 1) throw new KbenchError('usage', '--resume continues one run, and takes one profile at most')
    const given = files[0] === undefined ? null : await loadProfile(files[0], options.set, process.env)
    if (given === null && options.set.length > 0) {
      throw new KbenchError('usage', '--resume continues a run with the values it began with', {
        hint: 'leave out --rate, --clients, --duration, --set and the cluster',
      })
    }
    const { loaded, ...resumed } = await resumeRun(options.resume, options.results, given, environment)
    return [{ loaded, plan: await planRun(loaded.profile, loaded.cells, loaded), environment, resumed }]
  }
  if (files.length === 0) throw new KbenchError('usage', 'a profile is missing', { hint: 'kbench run quickstart' })
  const profiles: LoadedProfile[] = []
  for (const file of files) profiles.push(await loadProfile(file, options.set, process.env))
  return Promise.all(
    profiles.map(async (loaded) => ({
      loaded,
      plan: await planRun(loaded.profile, loaded.cells, loaded),
      environment,
      resumed: null,
    })),
  )
}

export const openProfiles = (run: PlannedRun) => {
  const done = doneIn(run)
  return run.plan.variants.flatMap(({ id, profile }) => (done.has(id) || run.plan.unsupported.has(id) ? [] : [profile]))
}

export async function plannedLoad(run: PlannedRun): Promise<PlannedLoad> {
  const done = doneIn(run)
  const variants = run.plan.variants.filter(({ id }) => !done.has(id) && !run.plan.unsupported.has(id))
  const refuse = await faultRefusals(run.plan)
  return { profile: run.plan.profile, lines: variants.length === 0 ? null : loadLines(variants), refuse }
}

const doneIn = ({ resumed, plan }: PlannedRun): ReadonlySet<string> =>
  new Set(resumed ? plan.variants.map(({ id }) => id).filter((id) => isDone(resumed.sums, id)) : [])

/** A budget in which nothing can be run would never come to an end. */
function checkBudget(run: PlannedRun, options: RunOptions): void {
  const done = doneIn(run)
  const next = run.plan.variants.find(({ id }) => !done.has(id) && !run.plan.unsupported.has(id))
  if (options.for === undefined || !next) return
  const needS = sessionSeconds([next.profile])
  if (needS <= options.for) return
  throw new KbenchError(
    'usage',
    `--for ${durationText(options.for)} is too short: one variant takes about ${durationText(needS)}`,
  )
}

function printPlans(runs: readonly PlannedRun[], options: RunOptions): void {
  const views = runs.map((run) => ({ plan: run.plan, done: doneIn(run) }))
  const { stdout } = process
  if (options.json) {
    const data = views.map(planData)
    stdout.write(`${JSON.stringify(data.length === 1 ? data[0] : data, null, 2)}\n`)
    return
  }
  for (const view of views) stdout.write(planText(view, stdout.isTTY ? stdout.columns : 80) + recordingsText(view))
}

/** How a run ended: its own exit code, or 3 where not all of it could be written. */
export interface EndedRun {
  result: RunResult
  exitCode: number
  /** The run's folder. */
  directory: string
  /** What could not be written, with the reason. */
  unwritten: readonly string[]
}

/** One run from its folder to its reports and summary; `bench` is the pipeline in between. Throws only when nothing was measured. */
export async function runOne(
  run: PlannedRun,
  options: Omit<RunOptions, 'set'>,
  interruption: Interruption,
  {
    bench,
    findMax,
  }: { bench: (job: BenchJob) => Promise<RunResult>; findMax: NonNullable<RunBegun['findMax']> | null } = {
    bench: runBench,
    findMax: null,
  },
): Promise<EndedRun> {
  const { loaded, plan, environment, resumed } = run
  const { profile, input } = loaded
  const runId = resumed?.runId ?? createRunId(profile.name, new Date(), Math.random())
  const sums = resumed?.sums ?? createRunSums()
  const say = options.say ?? ((line: string): void => void process.stderr.write(shownLine(line)))
  let warn = say
  // A port that is taken ends it before anything is there.
  await using outputs = await openOutputs(
    options.outputs ?? {},
    { runId, name: profile.name, version: environment.kbench, variants: plan.variants.map(({ id }) => id), sums },
    { say, warn: (line) => warn(line) },
  )
  const folder = await createRunFolder(resumed?.root ?? options.results, runId)
  let isWritten = false
  using _lastly = interruption.lastly(async () => {
    await folder.flush()
    const what = isWritten ? 'its reports' : 'its result'
    return `${folder.directory} is there; kbench report ${folder.directory} makes ${what}`
  })
  const progress =
    options.showProgress?.(folder.log) ??
    createProgress({
      quiet: options.quiet === true,
      stream: process.stderr,
      log: folder.log,
      variants: plan.variants.map(({ id }) => id),
    })
  warn = (line) => progress.log(line)
  const record = (fact: RunFact) => {
    folder.journal(fact)
    sums.add(fact)
  }
  const keep = async (fact: RunFact) => {
    sums.add(fact)
    await folder.keep(fact)
  }
  const view = { plan, done: doneIn(run) }
  // A session that finds everything done is none.
  if (!resumed || plan.variants.some(({ id }) => !view.done.has(id) && !plan.unsupported.has(id))) {
    await keep({
      type: 'run',
      runId,
      profile,
      startedAt: new Date().toISOString(),
      // A search goes by what it has measured so far: it cannot be gone on with.
      ...(findMax === null ? { input, variants: refsOf(plan) } : { findMax }),
      environment,
      layout: await layoutDigest(profile.cluster.layout),
      supervisor: supervisorEntry(process.pid),
    })
  }
  const text = planText(view, process.stderr.isTTY ? process.stderr.columns : 80)
  if (!options.quiet && findMax === null) process.stderr.write(text)
  try {
    const result = await bench({
      plan,
      notes: loaded.notes,
      runId,
      folder,
      signal: interruption.signal,
      sums,
      isResumed: resumed !== null,
      record,
      keep,
      budget: { variants: options.limit ?? null, seconds: options.for ?? null },
      progress: outputs.follow(progress),
    })
    outputs.end(result)
    const unwritten: string[] = []
    await folder.result(result).then(
      () => {
        isWritten = true
      },
      (error: unknown) => unwritten.push(`${messageOf(error)}; kbench report ${folder.directory} makes it`),
    )
    if (options.reports !== false) unwritten.push(...(await report(result, folder.directory, progress)))
    progress.close()
    printResult(result, folder.directory, options)
    unwritten.push(...(await folder.finish()))
    for (const problem of unwritten) say(`kbench: not written: ${problem}`)
    return {
      result,
      directory: folder.directory,
      unwritten,
      exitCode: mostImportant([result.exitCode, ...(unwritten.length > 0 ? [exitCodes.environment] : [])]),
    }
  } catch (error) {
    progress.close()
    for (const problem of await folder.finish()) say(`kbench: not written: ${problem}`)
    throw error
  }
}

function printResult(result: RunResult, folder: string, options: Omit<RunOptions, 'set'>): void {
  const { stdout } = process
  if (options.onResult) options.onResult(result)
  else if (options.json) stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  else {
    const columns = stdout.isTTY ? stdout.columns : 80
    const near = relative(process.cwd(), folder)
    const directory = near.startsWith('..') ? resolve(folder) : near
    const color = hasColour(stdout)
    // With a line of JSON a second on stdout the summary is a message.
    const stream = options.outputs?.ndjson === null ? process.stderr : stdout
    stream.write(terminalSummary(result, { columns, color, directory, rendered: options.reports !== false }))
  }
}

/** Resolves with what could not be written. */
async function report(result: RunResult, directory: string, progress: LiveProgress): Promise<string[]> {
  progress.stage('report', directory)
  const { failed, unwritten } = await writeReports(result, directory)
  for (const { report: name, message } of failed) progress.log(`report ${name} could not be rendered: ${message}`)
  return unwritten
}
