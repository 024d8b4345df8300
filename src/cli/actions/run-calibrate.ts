import { KbenchError } from '../../base/errors.ts'
import { calibrate, leastRepetitions } from '../../compare/calibration.ts'
import { type ComparedRun, comparedRun } from '../../compare/compared-run.ts'
import type { RunResult } from '../../contracts/result.ts'
import type { Sets } from '../../profile/overrides.ts'
import { calibrationTable } from '../../reports/compare/calibration.ts'
import { usualMetrics } from '../commands/usual-metrics.ts'
import { hasColour } from '../outputs.ts'
import { readCompared } from './read-compared.ts'
import { writeNamedFile } from './write-file.ts'

export interface CalibrateOptions {
  set: Sets
  provider?: string
  repeat: number
  fromRun?: string
  out: string
  results: string
  json?: true
  quiet?: true
  yes?: true
}

/** Runs the profile, or takes a stored run; writes the calibration and prints it. */
export async function runCalibrate(profile: string | undefined, options: CalibrateOptions): Promise<void> {
  if ((profile === undefined) === (options.fromRun === undefined)) {
    throw new KbenchError('usage', 'calibrate takes a profile to run, or a stored run with --from-run')
  }
  const run =
    options.fromRun === undefined ? await measured(profile!, options) : (await readCompared([options.fromRun]))[0]!.run
  const calibration = calibrate(run, usualMetrics([run]))
  if (calibration.variants.length === 0) {
    throw new KbenchError('invalid', `${run.label}: no variant has ${leastRepetitions} valid repetitions`, {
      hint: 'the reports of the run say why repetitions are invalid; a quieter machine or a lower rate may help',
    })
  }
  const text = `${JSON.stringify(calibration, null, 1)}\n`
  await writeNamedFile(options.out, text)
  const { stdout } = process
  const color = hasColour(stdout)
  stdout.write(
    options.json ? text : calibrationTable(calibration, { columns: stdout.isTTY ? stdout.columns : 80, color }),
  )
  process.stderr.write(`wrote ${options.out}; use it: kbench compare A B --calibration ${options.out}\n`)
}

/** A/A: the profile as it is, so many times, each repetition a fresh run of its variant. */
async function measured(profile: string, options: CalibrateOptions): Promise<ComparedRun> {
  const { runProfiles } = await import('./run-profiles.ts')
  const results: RunResult[] = []
  const set = [...options.set, { path: 'repeat', value: String(options.repeat) }]
  const { results: folder, quiet = false, yes = false } = options
  await runProfiles([profile], { set, results: folder, quiet, yes, onResult: (result) => results.push(result) })
  const [result] = results
  if (!result || result.status === 'interrupted') throw new KbenchError('interrupted', 'interrupted')
  return comparedRun(result, result.runId)
}
