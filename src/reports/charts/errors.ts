import type { RunResult, Variant } from '../../contracts/result.ts'
import { variantMark } from '../_marks.ts'
import { variantLabels, variantSlugs } from '../_variants.ts'
import { faultMarks, faultSpans } from './fault-marks.ts'
import { marked, phaseBands, timeAxis } from './panels.ts'
import { axisFor, onOneScale } from './scales.ts'
import type { ChartGroup, ChartSpec, RectSpec, SeriesSpec } from './spec.ts'

const codesAtMost = 6

interface Code {
  name: string
  records: (number | null)[]
}

/** Records by error code and second, stacked, one panel per variant. */
export function errorGroup(result: RunResult): ChartGroup {
  const labels = variantLabels(result.variants)
  const slugs = variantSlugs(result.variants)
  return {
    id: 'errors',
    title: 'Errors over time',
    explanation:
      'Records that the client gave back with an error, by its code, in the second in which it did. Stacked: the top of a bar is all of them together.',
    single: true,
    charts: onOneScale(result.variants.flatMap((variant, at) => errorChart(variant, labels[at]!, slugs[at]!))),
  }
}

function errorChart(variant: Variant, label: string, slug: string): ChartSpec[] {
  const xs = variant.timelines.errors?.atS ?? []
  const codes = codesOf(variant)
  if (codes.length === 0) return []
  const { rects, totals } = stacked(xs, codes)
  return [
    {
      id: `errors-${slug}`,
      title: 'Errors over time',
      subtitle: label,
      variants: [variant.id],
      ...marked(variantMark(variant)),
      x: timeAxis(variant, xs),
      y: axisFor('records/s', 'count', 'linear', totals),
      xs,
      series: codes.map(
        ({ name, records }): SeriesSpec => ({ label: name, ys: records, colour: 0, dash: 0, marker: 0, markAt: [] }),
      ),
      tableRows: xs.flatMap((_, at) => (totals[at]! > 0 ? [at] : [])),
      bands: phaseBands(variant),
      marks: faultMarks(variant),
      faults: faultSpans(variant),
      cells: [],
      rects,
      keys: codes.map(({ name }, at) => ({ label: name, fill: at, pattern: at })),
    },
  ]
}

/** The most frequent codes first, the rest of them as one. */
function codesOf(variant: Variant): Code[] {
  const all = Object.entries(variant.timelines.errors?.columns ?? {})
    .map(([name, records]) => ({ name, records, sum: sumOf(records) }))
    .filter(({ sum }) => sum > 0)
    .sort((a, b) => b.sum - a.sum)
  const rest = all.slice(codesAtMost)
  if (rest.length === 0) return all
  const others = all[0]!.records.map((_, at) => sumOf(rest.map(({ records }) => records[at] ?? null)))
  return [...all.slice(0, codesAtMost), { name: `${rest.length} other codes`, records: others }]
}

function stacked(xs: readonly number[], codes: readonly Code[]): { rects: RectSpec[]; totals: number[] } {
  const rects: RectSpec[] = []
  const totals = xs.map((from, at) => {
    let below = 0
    for (const [code, { records }] of codes.entries()) {
      const count = records[at] ?? 0
      if (count === 0) continue
      const to = xs[at + 1] ?? from + 1
      rects.push({ x0: from, x1: to, y0: below, y1: below + count, fill: code, pattern: code })
      below += count
    }
    return below
  })
  return { rects, totals }
}

const sumOf = (values: readonly (number | null)[]): number =>
  values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
