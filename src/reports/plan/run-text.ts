import type { Assumption } from '../../capacity/check-run.ts'
import { measuredText as figureText, type RunMeasurement } from '../../capacity/from-run.ts'
import type { PlannedCandidate } from '../../capacity/planned.ts'
import { padded, painter, wrapped } from '../_text.ts'
import type { PlanTableOptions } from './terminal.ts'

/** What a run gives to the plan, and what it cannot give. Ends with an empty line. */
export function measuredText(measurement: RunMeasurement, { columns, color }: PlanTableOptions): string {
  const paint = painter(color)
  const width = Math.min(columns, 100)
  const lines = [
    paint('bold', `Measured: ${measurement.runId}, ${measurement.variant}, ${measurement.provider}`),
    ...measurement.carriesOver.flatMap((one) =>
      beside(padded(one.name, 32) + padded(figureText(one), 20), one.from, 52, width),
    ),
    ...beside(padded('never carries over', 32), measurement.never.join('; '), 32, width),
    '',
  ]
  return `${lines.join('\n')}\n`
}

/** Each assumption of the plan against the run. Ends with a newline. */
export function checkText(
  check: readonly Assumption[],
  candidate: PlannedCandidate,
  { columns, color }: PlanTableOptions,
): string {
  const paint = painter(color)
  const width = Math.min(columns, 100)
  const size = candidate.brokers === null ? candidate.type : `${candidate.brokers} × ${candidate.type}`
  const broken = check.filter(({ held }) => held === false).length
  const open = check.filter(({ held }) => held === null).length
  const lines = [
    paint(
      'bold',
      `${size}: ${check.length - broken - open} of ${check.length} assumptions held, ${broken} did not, ${open} not shown`,
    ),
    ...check.flatMap(({ name, assumed, found, held }) => {
      const sign = held === null ? '?' : held ? '✓' : '✕'
      const text = beside(`${sign} ${padded(name, 26)}${padded(assumed, 26)}`, found, 54, width)
      return held === false ? text.map((line) => paint('red', line)) : text
    }),
  ]
  return `${lines.join('\n')}\n`
}

function beside(head: string, text: string, at: number, width: number): string[] {
  const lines = wrapped(text, width - at)
  return [head + (lines[0] ?? ''), ...lines.slice(1).map((line) => ' '.repeat(at) + line)].map((line) => line.trimEnd())
}
