import { plural } from '../../base/plural.ts'
import { type Calibration, type MetricNoise, sizes } from '../../compare/calibration.ts'
import { cut, padded, painter, plain, widthOf } from '../_text.ts'
import { metricName, metricText } from './words.ts'

export interface CalibrationTableOptions {
  columns: number
  color: boolean
}

/** The noise of each variant's main metrics and the smallest difference that n runs can show. Ends with a newline. */
export function calibrationTable(calibration: Calibration, { columns, color }: CalibrationTableOptions): string {
  const paint = painter(color)
  const blocks = calibration.variants.map(({ label, repetitions, metrics }) => {
    const main = Object.entries(metrics).filter(([, noise]) => noise.detectable)
    return [
      paint('bold', cut(`${plain(label)}, ${plural(repetitions, 'repetition')}`, columns)),
      paint('dim', row(['', 'median', 'CV', 'A/A 95 %', ...sizes.map((n) => `n=${n}`)])),
      ...main.map(([path, noise]) => metricRow(path, noise)),
    ].map((line) => line.trimEnd())
  })
  const legend = [
    'A/A 95 %: two halves of the same runs differ by at most this, 95 times in 100',
    'n=…: the smallest shift that so many runs on each side show, 9 times in 10',
  ].map((text) => paint('dim', cut(text, columns)))
  return `${[...blocks.flatMap((lines, at) => (at > 0 ? ['', ...lines] : lines)), ...legend].join('\n')}\n`
}

const widths = [19, 10, 9, 10, 8, 8, 8, 8] as const

const row = (cells: readonly string[]): string =>
  cells.map((text, at) => (at === 0 ? padded(text, widths[0]) : text.padStart(widths[at]!))).join('')

function metricRow(path: string, noise: MetricNoise): string {
  const name = metricName(path)
  const cells = [
    metricText(path, noise.median),
    share(noise.cv),
    share(noise.shiftP95),
    ...sizes.map((n) => {
      const shown = noise.detectable?.[String(n)] ?? null
      return shown === null ? '> 300 %' : share(shown)
    }),
  ]
  return widthOf(name) < widths[0] ? row([name, ...cells]) : `${name}\n${row(['', ...cells])}`
}

const share = (value: number): string => `${Number((value * 100).toFixed(value < 0.001 ? 2 : 1))} %`
