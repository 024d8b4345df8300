import { formatBytes, formatCount, formatMicros, formatSeconds } from '../base/units.ts'
import type { RunResult, ThresholdOutcome } from '../contracts/result.ts'
import { parseThreshold, type Unit, unitOf } from '../profile/threshold.ts'
import { variantLabels } from './_variants.ts'

/** One threshold of one variant, ready to be shown. */
export interface ThresholdWords {
  outcome: ThresholdOutcome
  /** The variant's label. */
  about: string
  /** "produce.responseUs.p99 < 50ms in every 5 s". */
  condition: string
  /** "< 50 ms"; "–" for an expression of a later version. */
  limit: string
  value: string
  /** "from 12 s, 3 of 26 missed, the first from 11 s"; "over the run". */
  when: string
}

const rank = ({ outcome: { ok, aborted } }: ThresholdWords): number => (aborted ? 0 : ok ? 2 : 1)

/** Those that ended a variant first, then those that were missed, else as in the result. */
export function thresholdWords(result: RunResult): ThresholdWords[] {
  const labels = variantLabels(result.variants)
  return result.thresholds
    .map((outcome): ThresholdWords => {
      const parsed = parseThreshold(outcome.expression)
      const unit = typeof parsed === 'object' ? unitOf(parsed.path.join('.')) : 'plain'
      return {
        outcome,
        about: labels[result.variants.findIndex(({ id }) => id === outcome.variant)] ?? outcome.variant,
        condition: `${outcome.expression.trim()}${outcome.windowS === undefined ? '' : ` in every ${outcome.windowS} s`}`,
        limit: typeof parsed === 'object' ? `${parsed.operator} ${inUnit(parsed.limit, unit)}` : '–',
        value: outcome.value === null ? 'no value' : inUnit(outcome.value, unit),
        when: whenWords(outcome),
      }
    })
    .sort((a, b) => rank(a) - rank(b))
}

/** "produce.responseUs.p99 < 50ms in every 5 s: 61.2 ms from 12 s, …". */
export const thresholdText = ({ condition, value, when, outcome }: ThresholdWords): string =>
  `${condition}: ${value}${outcome.windowS === undefined && !outcome.aborted ? '' : ` ${when}`}`

function inUnit(value: number, unit: Unit): string {
  if (unit === 'us') return formatMicros(value)
  if (unit === 'ms') return formatMicros(value * 1000)
  if (unit === 's') return formatSeconds(value)
  return unit === 'bytes' && Number.isInteger(value) ? formatBytes(value) : formatCount(value)
}

function whenWords({ windowS, windows = 0, windowsMissed = 0, atS, worstAtS, aborted }: ThresholdOutcome): string {
  const end = aborted ? ['ended its variant'] : []
  const s = (at: number) => `${Number(at.toFixed(3))} s`
  if (windowS === undefined) return aborted ? `by ${s(atS ?? 0)}, ${end[0]}` : 'over the run'
  if (windows === 0) return 'not one whole window'
  const missed = windowsMissed === 0 ? [`${windows} of ${windows} met`] : [`${windowsMissed} of ${windows} missed`]
  const first = atS === undefined || atS === worstAtS ? [] : [`the first from ${s(atS)}`]
  return [`from ${s(worstAtS ?? 0)}`, ...missed, ...first, ...end].join(', ')
}
