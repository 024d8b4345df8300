import { KbenchError } from '../../base/errors.ts'
import { isVerbose } from '../../base/verbose.ts'
import type { FindMaxSearch, FindMaxStep } from '../../contracts/result.ts'
import type { Sets } from '../../profile/overrides.ts'
import { isShape } from '../../profile/shapes.ts'
import { searchLine, stepLine } from '../../reports/_find-max-rows.ts'
import type { BenchJob } from '../../runners/run/bench.ts'
import { describeEnvironment } from '../../runners/run/environment.ts'
import { planRun } from '../../runners/run/run-plan.ts'
import { type FindMaxJob, runFindMax } from '../../runners/search/find-max.ts'
import type { FindMaxCommandOptions } from '../commands/find-max-options.ts'
import { confirmRun, searchLines } from './confirm-load.ts'
import { watchInterrupt } from './interruption.ts'
import { type LoadedProfile, loadProfile } from './load-profile.ts'
import { type PlannedRun, runOne } from './run-profiles.ts'

/** Shorter steps would be half a warm-up of nothing: rates count whole seconds. */
const shortestStepMs = 4000

/** The client that leaves a cluster the most of a machine. */
const clusterClient = 'librdkafka'
const clusterNote = `--of cluster: what the cluster can take, by client ${clusterClient} in place of the profile's clients`

/** Checks everything before anything is started, then searches; resolves to the exit code. */
export async function findMaximum(file: string, options: FindMaxCommandOptions): Promise<number> {
  const clients: Sets = options.of === 'cluster' ? [{ path: 'clients', value: clusterClient, option: '--of' }] : []
  const given = await loadProfile(file, [...options.set, ...clients], process.env)
  const loaded = options.of === 'cluster' ? { ...given, notes: [...given.notes, clusterNote] } : given
  const problems = [...problemsOf(loaded), ...optionProblems(options)]
  if (problems.length > 0) throw new KbenchError('usage', `no maximum of ${file} can be found`, { details: problems })
  await confirmRun({ profile: loaded.profile, lines: searchLines(loaded.cells, options.max ?? null) }, options)
  const interruption = watchInterrupt()
  try {
    const profile = { ...loaded.profile, repeat: 1 }
    const run: PlannedRun = {
      loaded,
      plan: await planRun(profile, loaded.cells, loaded),
      environment: await describeEnvironment(),
      resumed: null,
    }
    const findMax = { sloMs: options.slo, stepMs: options.step }
    const bench = (job: BenchJob) => {
      const { progress } = job
      const inFolder = (line: string) => job.folder.log(line)
      const shown = new Set(['self-test', 'cluster', 'warm-up', 'teardown', 'report'])
      const search: FindMaxJob = {
        ...job,
        cells: loaded.cells,
        options: {
          startPerSec: options.start ?? null,
          maxPerSec: options.max ?? null,
          sloMs: options.slo,
          stepMs: options.step,
        },
        // A line per step: what each step goes through is in the log.
        progress: {
          ...progress,
          stage: (stage, detail) =>
            shown.has(stage) || isVerbose() ? progress.stage(stage, detail) : inFolder(`${stage}: ${detail}`),
          tick: (tick) => (process.stderr.isTTY ? progress.tick(tick) : undefined),
        },
        stepped: (of: FindMaxSearch, step: FindMaxStep) => progress.stage('step', stepLine(of, step)),
        searched: (of: FindMaxSearch) => progress.stage('found', searchLine(of)),
      }
      return runFindMax(search)
    }
    return (await runOne(run, options, interruption, { bench, findMax })).exitCode
  } finally {
    interruption.close()
  }
}

function optionProblems({ start, max, step }: FindMaxCommandOptions): string[] {
  return [
    ...(start !== undefined && max !== undefined && start > max ? [`--start ${start} is above --max ${max}`] : []),
    ...(step < shortestStepMs ? [`--step is at least ${shortestStepMs / 1000} s`] : []),
  ]
}

/** What a search cannot do; each once. */
function problemsOf({ cells }: LoadedProfile): string[] {
  const problems = cells.flatMap(({ params, profile }) => [
    ...('load.rate' in params ? ['matrix: load.rate is what is searched for, it cannot vary'] : []),
    ...(isShape(profile.load.rate) ? ['load.rate: a search starts from a number or from max, not from a shape'] : []),
    ...(profile.producers.acks === 0 ? ['producers.acks: 0: what is not acknowledged cannot be judged'] : []),
    ...(profile.workload === 'consume' ? ['workload: consume has no rate'] : []),
  ])
  return [...new Set(problems)]
}
