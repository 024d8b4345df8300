import { formatCount, formatMicros } from '../base/units.ts'
import type { Latency, RunResult, Variant } from '../contracts/result.ts'
import { medianOf } from './_faults.ts'
import { toneColours } from './_findings.ts'
import { combinationsOf, wasMeasured } from './_matrix.ts'
import { cut, type Paint, padded, plain, widthOf } from './_text.ts'
import { variantLabels } from './_variants.ts'

type Column = readonly [string, number, (measured: readonly Variant[]) => string]

const median = (measured: readonly Variant[], of: (variant: Variant) => number | null) => medianOf(measured.map(of))
const latency = (variant: Variant): Latency | null => variant.produce.responseUs ?? variant.produce.serviceUs
const sum = (measured: readonly Variant[], of: (variant: Variant) => number) =>
  measured.reduce((total, variant) => total + of(variant), 0)

const columns: readonly Column[] = [
  ['acked/s', 9, (all) => formatCount(median(all, (v) => v.produce.ackedPerSec))],
  ['p50', 9, (all) => formatMicros(median(all, (v) => latency(v)?.p50 ?? null))],
  ['p99', 9, (all) => formatMicros(median(all, (v) => latency(v)?.p99 ?? null))],
  ['e2e p99', 9, (all) => formatMicros(median(all, (v) => v.consume?.endToEndUs?.p99 ?? null))],
  ['lost', 7, (all) => lostText(all)],
]

const lostText = (all: readonly Variant[]): string => {
  const audited = all.filter(({ integrity }) => integrity.verdict !== 'not-audited')
  return audited.length === 0 ? '–' : formatCount(sum(audited, ({ integrity }) => integrity.lost))
}

/** A line per combination with the medians of its repetitions, `most` of them at most; the number left out is shown. */
export function asCombinations(result: RunResult, width: number, most: number, paint: Paint): string[] {
  const combinations = combinationsOf(result.variants)
  const first = combinations.map(({ variants }) => ({ ...variants[0]!, repeat: 1 }))
  const labels = variantLabels(first).map(plain)
  const repeats = Math.max(...combinations.map(({ variants }) => variants.length))
  const okWidth = 12
  const name = Math.max(12, Math.min(32, width - okWidth, Math.max(...labels.map(widthOf)) + 1))
  const shown = columns.filter(
    (_, at) => name + okWidth + columns.slice(0, at + 1).reduce((total, [, one]) => total + one, 0) <= width,
  )
  const head = `${padded(repeats > 1 ? 'medians' : '', name)}${(repeats > 1 ? 'ok' : 'status').padStart(okWidth)}${shown.map(([label, one]) => label.padStart(one)).join('')}`
  const rows = combinations.map(({ variants }, at) => {
    const measured = variants.filter(wasMeasured)
    const ok = variants.filter(({ status }) => status === 'ok').length
    const cells = shown.map(([, one, of]) => cut(measured.length === 0 ? '–' : of(measured), one - 1).padStart(one))
    const words = variants.every(({ status }) => status === variants[0]!.status) && ok === 0
    const state =
      repeats === 1
        ? cut(variants[0]!.status, okWidth - 1)
        : words
          ? cut(variants[0]!.status, okWidth - 1)
          : `${ok} of ${variants.length}`
    const line = `${padded(labels[at]!, name)}${state.padStart(okWidth)}${cells.join('')}`
    if (variants.some(({ integrity }) => integrity.verdict === 'violated')) return paint(toneColours.bad, line)
    return ok === variants.length ? line : paint(toneColours.warn, line)
  })
  const left = rows.length - most
  const cutRows =
    left > 1 ? [...rows.slice(0, most), cut(`  … ${left} more in report.html and result.json`, width)] : rows
  return [paint('bold', head), ...cutRows]
}
