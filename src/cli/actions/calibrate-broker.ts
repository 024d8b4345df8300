import { exitCodes, KbenchError } from '../../base/errors.ts'
import { type CpuFit, fitCpu, terms } from '../../capacity/broker-cpu.ts'
import { type CalibrationCells, calibrationProfile, cellsOf } from '../../capacity/calibration-run.ts'
import { tableText } from '../text/print-table.ts'
import { shownLine } from '../text/shown-line.ts'
import { readResult } from './read-result.ts'
import { writeNamedFile } from './write-file.ts'

export interface CalibrateBrokerOptions {
  layout: string
  writeProfile?: string
  out?: string
  json?: true
}

/** Writes the profile, or fits the runs of it and prints the fit; resolves to the exit code. */
export async function calibrateBroker(runs: readonly string[], options: CalibrateBrokerOptions): Promise<number> {
  if (options.writeProfile !== undefined) {
    await writeNamedFile(options.writeProfile, calibrationProfile(options.layout))
    process.stderr.write(shownLine(`wrote ${options.writeProfile}; run it: kbench run ${options.writeProfile}`))
    if (runs.length === 0) return exitCodes.ok
  }
  if (runs.length === 0) {
    throw new KbenchError('usage', 'no runs to fit', {
      hint: 'kbench calibrate-broker --write-profile FILE writes what to run',
    })
  }
  const results = await Promise.all(runs.map(async (run) => (await readResult(run)).result))
  const cells = cellsOf(results)
  const fit = fitCpu(cells.loads)
  const data = { cluster: cells.cluster, environment: results[0]!.environment, ...fit, left: cells.left }
  if (options.out !== undefined) await writeNamedFile(options.out, `${JSON.stringify(data, null, 1)}\n`)
  process.stdout.write(options.json ? `${JSON.stringify(data, null, 2)}\n` : fitText(fit, cells))
  for (const reason of fit.refused) process.stderr.write(shownLine(`kbench: the fit is refused: ${reason}`))
  return fit.refused.length > 0 ? exitCodes.invalid : exitCodes.ok
}

const meanings: Readonly<Record<(typeof terms)[number], string>> = {
  c0: 'cores of an idle broker',
  a: 'cores per MB/s in as leader',
  b: 'cores per MB/s out',
  c: 'cores per MB/s in as follower',
  d: 'cores per request/s',
}

function fitText(fit: CpuFit, { left, cluster }: CalibrationCells): string {
  const number = (value: number) => (Number.isFinite(value) ? value.toPrecision(3) : '–')
  const table = tableText(
    [
      { head: 'term', text: (term: (typeof terms)[number]) => term },
      { head: 'means', text: (term) => meanings[term] },
      { head: 'value', right: true, text: (term) => number(fit.coefficients[term].value) },
      { head: '95 % from', right: true, text: (term) => number(fit.coefficients[term].low) },
      { head: 'to', right: true, text: (term) => number(fit.coefficients[term].high) },
      { head: 'VIF', right: true, text: (term) => number(fit.coefficients[term].inflation ?? Number.NaN) },
    ],
    terms,
  )
  const lines = [
    `${cluster}: ${fit.cells} cells, ${fit.observations} brokers in them, R² ${number(fit.r2)}, hold-out error ${number(fit.holdOut * 100)} %`,
    ...left.map(({ cell, reason }) => `left out: ${cell}: ${reason}`),
  ]
  return `${table}${lines.join('\n')}\n`
}
