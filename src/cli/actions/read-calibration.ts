import { KbenchError, messageOf } from '../../base/errors.ts'
import { noiseFrom, parseCalibration } from '../../compare/calibration.ts'
import type { ComparedRun } from '../../compare/compared-run.ts'
import { differencesOf } from '../../compare/run-settings.ts'
import { parseLine } from '../../store/parse-line.ts'
import { readStoredText, smallBytesAtMost } from '../../store/stored-text.ts'

/** What makes a machine noisy or not; versions of kbench, Node.js and clients do so less. */
const machine = ['os', 'cpu', 'cpus', 'memoryGiB', 'provider', 'layout', 'brokers'].map((key) => `environment.${key}`)

/** Metric → noise as a share, null = not calibrated. Throws a usage error for another machine than the runs', and for what is no calibration. */
export async function readCalibration(
  file: string,
  runs: readonly ComparedRun[],
): Promise<(metric: string) => number | null> {
  let value: unknown
  try {
    value = parseLine(await readStoredText(file, smallBytesAtMost))
  } catch (cause) {
    throw new KbenchError('usage', `${file} is no calibration: ${messageOf(cause)}`, { cause, hint })
  }
  const calibration = parseCalibration(value)
  if (typeof calibration === 'string')
    throw new KbenchError('usage', `${file} is no calibration: ${calibration}`, { hint })
  for (const run of runs) {
    const differing = differencesOf(calibration.settings, run.settings).filter(({ key }) => machine.includes(key))
    if (differing.length === 0) continue
    throw new KbenchError('usage', `${file} was calibrated on another machine than ${run.label} ran on`, {
      details: differing.map(({ key, base, other }) => `${key}: ${base ?? 'not there'} | ${other ?? 'not there'}`),
      hint: 'calibrate there, or take it all the same with --allow-environment',
    })
  }
  return (metric) => noiseFrom(calibration, metric)
}

const hint = 'kbench calibrate writes one'
