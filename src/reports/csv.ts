import { defineReport } from '../contracts/define.ts'
import type { RunResult, Variant } from '../contracts/result.ts'
import { numberAt, numberPath, thresholdPaths } from '../profile/threshold-paths.ts'
import { csvLine } from './_csv.ts'

/** Two tables over all runs given; a header line, then RFC 4180. Unknown is an empty field. */
export default defineReport({
  summary: 'variants.csv: a row per variant with its params and numbers; series.csv: a row per variant and second',
  render: async (results) => [
    { name: 'variants.csv', body: text(variantRows(results)) },
    { name: 'series.csv', body: text(seriesRows(results)) },
  ],
})

type Fields = (string | number | boolean | null)[]

const text = (rows: readonly Fields[]): string => rows.map((row) => `${csvLine(row)}\n`).join('')

const everyVariant = (results: readonly RunResult[]) =>
  results.flatMap((result) => result.variants.map((variant) => ({ result, variant })))

const unique = (names: readonly string[]): string[] => [...new Set(names)]

const paramsOf = (all: readonly { variant: Variant }[]): string[] =>
  unique(all.flatMap(({ variant }) => Object.keys(variant.params)))

/** Columns are the params, then every number that a threshold may name, by its path. */
function variantRows(results: readonly RunResult[]): Fields[] {
  const all = everyVariant(results)
  const params = paramsOf(all)
  const groups = unique(all.flatMap(({ variant }) => Object.keys(variant.lag)))
  const paths = thresholdPaths(groups).map((name) => ({ name, path: numberPath(name)!.keys }))
  const head = ['run', 'variant', ...params, 'repeat', 'status', 'integrity', ...paths.map(({ name }) => name)]
  const rows = all.map(({ result, variant }) => [
    result.runId,
    variant.id,
    ...params.map((key) => variant.params[key] ?? null),
    variant.repeat,
    variant.status,
    variant.integrity.verdict,
    ...paths.map(({ path }) => (variant.status === 'unsupported' ? null : numberAt(variant, path))),
  ])
  return [head, ...rows]
}

/** A row per second: what docs/results.md lists under series, after where it belongs. */
function seriesRows(results: readonly RunResult[]): Fields[] {
  const all = everyVariant(results)
  const columns = unique(all.flatMap(({ variant }) => Object.keys(variant.series.columns)))
  const rows = all.flatMap(({ result, variant }) =>
    variant.series.tickS.map((tickS, row) => [
      result.runId,
      variant.id,
      variant.phases.find(({ startS, endS }) => tickS >= startS && tickS < endS)?.name ?? null,
      tickS,
      ...columns.map((name) => variant.series.columns[name]?.[row] ?? null),
    ]),
  )
  return [['run', 'variant', 'phase', 'tickS', ...columns], ...rows]
}
