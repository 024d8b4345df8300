import { relative, resolve } from 'node:path'
import { KbenchError, mostImportant } from '../core/errors.ts'
import type { RunResult } from '../core/result.ts'
import { terminalSummary } from '../reports/terminal.ts'
import { type BenchJob, runBench } from '../runners/bench.ts'
import { killChildren } from '../runners/children.ts'
import { createRunFolder, createRunId, journalFrame } from '../store.ts'
import { type LoadedProfile, loadProfile } from './load-profile.ts'
import { createProgress, type LiveProgress } from './progress.ts'
import type { Sets } from './set-option.ts'
import { writeReports } from './write-reports.ts'

export interface RunOptions {
  set: Sets
  results: string
  quiet?: boolean
  json?: boolean
}

/** Checks every profile before anything is started, then runs them in turn; resolves to the exit code. */
export async function runProfiles(files: readonly string[], options: RunOptions): Promise<number> {
  const profiles: LoadedProfile[] = []
  for (const file of files) profiles.push(await loadProfile(file, options.set, process.env))
  const interruption = watchInterrupt()
  const codes: number[] = []
  try {
    for (const profile of profiles) {
      if (interruption.signal.aborted) break
      codes.push((await runOne(profile, options, interruption.signal)).exitCode)
    }
  } finally {
    interruption.close()
  }
  return mostImportant(codes)
}

/** One run from its folder to its reports and summary; `bench` is the pipeline in between. */
export async function runOne(
  loaded: LoadedProfile,
  options: Omit<RunOptions, 'set'>,
  signal: AbortSignal,
  bench: (job: BenchJob) => Promise<RunResult> = runBench,
): Promise<RunResult> {
  const { profile } = loaded
  const runId = createRunId(profile.name, new Date(), Math.random())
  const folder = await createRunFolder(options.results, runId)
  const progress = createProgress({
    quiet: options.quiet === true,
    stream: process.stderr,
    log: folder.log,
  })
  folder.journal({ type: 'run', runId, profile, startedAt: new Date().toISOString() })
  try {
    const result = await bench({
      profile,
      cells: loaded.cells,
      notes: loaded.notes,
      runId,
      folder,
      signal,
      progress: {
        ...progress,
        frame: (variant, frame) => folder.journal(journalFrame(variant, frame)),
      },
    })
    await folder.result(result)
    await report(result, folder.directory, progress)
    progress.close()
    const { stdout } = process
    if (options.json) stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    else {
      const columns = stdout.isTTY ? stdout.columns : 80
      const near = relative(process.cwd(), folder.directory)
      const directory = near.startsWith('..') ? resolve(folder.directory) : near
      const color = stdout.isTTY === true && !process.env.NO_COLOR
      stdout.write(terminalSummary(result, { columns, color, directory }))
    }
    return result
  } finally {
    progress.close()
    for (const problem of await folder.finish()) process.stderr.write(`kbench: not written: ${problem}\n`)
  }
}

async function report(result: RunResult, directory: string, progress: LiveProgress): Promise<void> {
  progress.stage('report', directory)
  const { failed } = await writeReports(result, directory)
  for (const { report: name, message } of failed) progress.log(`report ${name} could not be rendered: ${message}`)
}

/** The first SIGINT or SIGTERM asks for an orderly end; a second one, at any time, ends everything at once. */
export function watchInterrupt() {
  const controller = new AbortController()
  const onSignal = () => {
    if (controller.signal.aborted) {
      killChildren()
      process.stderr.write('\nkbench: stopped at once; kbench clean removes what may be left\n')
      process.exit(130)
    }
    process.stderr.write('\nkbench: stopping; once more to stop at once\n')
    controller.abort(new KbenchError('interrupted', 'interrupted'))
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    close() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
