import { resolve } from 'node:path'
import { KbenchError, messageOf } from '../base/errors.ts'
import { confirmRun, machine } from '../cli/actions/confirm-load.ts'
import type { Interruption } from '../cli/actions/interruption.ts'
import { openProfiles, type PlannedRun, plannedLoad, runOne } from '../cli/actions/run-profiles.ts'
import type { RunResult } from '../contracts/result.ts'
import { profileError } from '../profile/parse.ts'
import { refuseWhereFull } from '../runners/run/disk-space.ts'
import { describeEnvironment } from '../runners/run/environment.ts'
import { planRun } from '../runners/run/run-plan.ts'
import type { Progress } from '../runners/variant/progress.ts'
import { type ProfileOptions, type ProfileSource, readProfile } from './profile.ts'

/** What a run reports while it goes on. Rates are records per second, latencies µs; null = not known. */
export type ProgressEvent =
  | { type: 'stage'; stage: string; detail: string }
  | {
      type: 'second'
      /** Id of the variant. */
      variant: string
      phase: string
      /** Start of the second, s from the start of the variant. */
      atS: number
      sentPerSec: number
      ackedPerSec: number
      receivedPerSec: number
      /** Of the records acknowledged since the second before, whenever they were due. */
      responseP99Us: number | null
      /** Over all groups. */
      lagRecords: number | null
    }
  | { type: 'message'; text: string }

export interface RunOptions extends ProfileOptions {
  /** Folder for the results; each run gets one of its own in it. Default: "results" in the current folder. */
  results?: string
  /** Aborted: the run ends in order, as by Ctrl-C, and its result has status "interrupted". */
  signal?: AbortSignal
  /** false = result.json and the journal alone are written. Default: true. */
  reports?: boolean
  /** true = brokers beyond this machine may be loaded. Default: false, which refuses such a run before anything is written. */
  allowRemote?: boolean
  /** Called for each stage, and each second of each variant. What it throws is dropped. */
  onProgress?: (event: ProgressEvent) => void
}

export interface RunOutcome {
  /** As in result.json: docs/results.md. */
  result: RunResult
  /** The run's folder, absolute. */
  directory: string
  /** As of `kbench run`: 0, or the most important of 130, 3, 1, 97, 4, 98 and 99. */
  exitCode: number
  /** Files that could not be written, with the reason. */
  unwritten: readonly string[]
}

/** One at a time: clusters of this machine, and the files of results, are not shared by two runs of a process. */
let isBusy = false

/**
 * Runs a profile: starts its cluster or connects to it, drives the load, audits, and writes result and reports.
 * Resolves also where variants failed or thresholds were missed: `result.status` and `exitCode` say so. Rejects with a
 * KbenchError where nothing was measured. `profile`: `details` has all that is wrong. `usage`: a file, a plug-in,
 * brokers beyond this machine, a run under way in this process. `environment`: no cluster, a port that is taken, a disk
 * that is full. `interrupted`: aborted before anything was measured.
 */
export async function run(profile: ProfileSource, options: RunOptions = {}): Promise<RunOutcome> {
  if (isBusy) {
    throw new KbenchError('usage', 'a run is under way in this process', { hint: 'await it before the next begins' })
  }
  isBusy = true
  try {
    return await runAlone(profile, options)
  } finally {
    isBusy = false
  }
}

async function runAlone(source: ProfileSource, options: RunOptions): Promise<RunOutcome> {
  const { signal = new AbortController().signal, results = 'results' } = options
  const loaded = await readProfile(source, options)
  if ('problems' in loaded) throw profileError(`${loaded.file} is`, loaded.problems)
  const environment = await describeEnvironment()
  const plan = await planRun(loaded.profile, loaded.cells, loaded)
  const planned: PlannedRun = { loaded, plan, environment, resumed: null }
  await refuseWhereFull(openProfiles(planned), results)
  const remedy = 'if they may be loaded, set allowRemote: true'
  const asking = { ...machine, isTerminal: false, say: () => {}, remedy }
  await confirmRun(await plannedLoad(planned), { yes: options.allowRemote === true, quiet: true }, asking)
  if (signal.aborted) throw new KbenchError('interrupted', 'interrupted', { cause: signal.reason })
  const report = (event: ProgressEvent) => notify(options.onProgress, event)
  const ended = await runOne(
    planned,
    {
      results,
      quiet: true,
      ...(options.reports !== undefined && { reports: options.reports }),
      onResult: () => {},
      say: (text) => report({ type: 'message', text }),
      showProgress: (log) => ({ ...progressOf(log, report), close() {} }),
    },
    interruptionOf(signal),
  )
  const { result, directory, exitCode, unwritten } = ended
  return { result, directory: resolve(directory), exitCode, unwritten }
}

function notify(listener: RunOptions['onProgress'], event: ProgressEvent): void {
  try {
    listener?.(event)
  } catch (error) {
    // A measurement does not end by what somebody shows of it.
    process.emitWarning(`onProgress: ${messageOf(error)}`, { code: 'KBENCH_PROGRESS' })
  }
}

function progressOf(log: (line: string) => void, report: (event: ProgressEvent) => void): Progress {
  return {
    stage(stage, detail) {
      log(`${stage}: ${detail}`)
      report({ type: 'stage', stage, detail })
    },
    tick({ variant, phase, atS, sentPerSec, ackedPerSec, receivedPerSec, responseP99Us, lagRecords }) {
      const numbers = { sentPerSec, ackedPerSec, receivedPerSec, responseP99Us, lagRecords }
      report({ type: 'second', variant, phase, atS, ...numbers })
    },
    log(text) {
      log(text)
      report({ type: 'message', text })
    },
  }
}

/** The caller's signal alone: the signals of its process are its own business. */
function interruptionOf(signal: AbortSignal): Interruption {
  const own = new AbortController()
  const onAbort = () => own.abort(new KbenchError('interrupted', 'interrupted', { cause: signal.reason }))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  return {
    signal: own.signal,
    lastly: () => ({ [Symbol.dispose]() {} }),
    close: () => signal.removeEventListener('abort', onAbort),
  }
}
