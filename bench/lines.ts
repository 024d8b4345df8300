import type { Interval } from './intervals.ts'

/** What a line of the benchmark has to show. */
export type Figure = { atMost: number } | { atLeast: number }

/** The bound on the wrong side of a figure may lie beyond it by so much of it. */
const tolerance = 0.08

/**
 * holds: the median meets the figure, and the bound of its 95 % interval on the wrong side lies within 8 % of the figure. missed: the median does
 * not meet it. inconclusive: it does, and the interval is too wide to show it; that counts as missed.
 */
export function verdictOf({ median, low, high }: Interval, figure: Figure): 'holds' | 'missed' | 'inconclusive' {
  if ('atMost' in figure) {
    if (median > figure.atMost) return 'missed'
    return high <= figure.atMost * (1 + tolerance) ? 'holds' : 'inconclusive'
  }
  if (median < figure.atLeast) return 'missed'
  return low >= figure.atLeast * (1 - tolerance) ? 'holds' : 'inconclusive'
}

export interface Line {
  what: string
  /** Whom it is compared with. */
  opponent: string
  interval: Interval
  pairs: number
  /** null = shown, and not asked for. */
  figure: Figure | null
  /** Absolute values, what bound, and whatever else explains the number. */
  detail: string
}

export function lineText({ what, opponent, interval, pairs, figure, detail }: Line): string {
  const { median, low, high } = interval
  const wanted = figure === null ? '' : 'atMost' in figure ? `≤ ${figure.atMost}` : `≥ ${figure.atLeast}`
  const verdict = figure === null ? 'shown' : verdictOf(interval, figure).toUpperCase()
  const number = `${median.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}] ${wanted}`
  return `${verdict.padEnd(12)} ${what} / ${opponent}: ${number.trim()}, ${pairs} pairs; ${detail}`
}
