import { allNotes, type Comparison } from '../../compare/compare-runs.ts'
import type { ComparedRun } from '../../compare/compared-run.ts'
import { sideNames, verdictSentence } from './words.ts'

/** Everything of a comparison but the runs' own results. Numbers in the metric's unit; null = not finite: worse than can be measured. */
export function compareJson(comparison: Comparison): string {
  const run = ({ label, runId, name, startedAt, definitions }: ComparedRun) => ({
    label,
    runId,
    name,
    startedAt,
    definitions,
  })
  const pairs = comparison.pairs.map((pair) => {
    const names = sideNames(pair)
    const side = (of: 'base' | 'other') => ({
      label: names[of],
      runId: pair[of].run.runId,
      params: pair[of].params,
      repetitions: pair[of].repetitions.map(({ id }) => id),
      countedAsWorst: pair[of].bad.map(({ id, status, reasons }) => ({ id, status, reason: reasons[0] ?? null })),
      leftOut: pair[of].leftOut.map(({ id, status }) => ({ id, status })),
    })
    return {
      base: side('base'),
      other: side('other'),
      differences: pair.differences,
      equal: Object.fromEntries(pair.equal),
      metrics: pair.metrics.map((one) => ({ ...one, words: verdictSentence(one) })),
      unmeasured: pair.unmeasured,
      bound: pair.bound,
    }
  })
  return `${JSON.stringify({ runs: comparison.runs.map(run), pairs, notes: allNotes(comparison) }, null, 2)}\n`
}
