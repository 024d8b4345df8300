import { JsHistogram } from 'hdr-histogram-js'
import { KbenchError } from '../../base/errors.ts'
import type { Latency } from '../../contracts/result.ts'
import { decodePairs } from '../../recording/hdr-v2.ts'
import { decodeHistogram, highestAt } from '../../recording/histogram.ts'

/** Quantiles that get a label, a marker and a row in the table. */
export const standardQuantiles = [0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999999]

/** HDR style: how rare, 1/(1−q), so that 0.99 → 100. Rounded, because 1 − 0.9999 is not 0.0001. */
export const rarity = (q: number): number => Number((1 / (1 - q)).toPrecision(12))

/** x of a percentile chart: log-spaced, 16 a decade, with every standard quantile and every curve's end exactly in it. */
export function rarityGrid(populations: readonly number[]): number[] {
  const highest = Math.max(10, ...populations)
  const grid = new Set([...standardQuantiles.map(rarity), ...populations].filter((x) => x >= 1 && x <= highest))
  for (let step = 0; 10 ** (step / 16) < highest; step++) grid.add(10 ** (step / 16))
  return [...grid].sort((a, b) => a - b)
}

/** Every recorded value with its count, ascending; values in µs, the highest of their bucket. */
export function recordedValues(base64: string): { us: number; count: number }[] {
  if (base64 === '') return []
  const pairs = decodePairs(base64)
  if (pairs === null) return valuesOfOther(base64)
  return Array.from({ length: pairs.length / 2 }, (_, n) => ({
    us: highestAt(pairs[2 * n]!),
    count: pairs[2 * n + 1]!,
  }))
}

/** Of a histogram that does not have kbench's layout. */
function valuesOfOther(base64: string): { us: number; count: number }[] {
  const histogram = decodeHistogram(base64)
  if (!(histogram instanceof JsHistogram)) throw new KbenchError('internal', 'a histogram without an iterator')
  const values: { us: number; count: number }[] = []
  // By index: the library's own iterator works out the bounds of every empty bucket on the way.
  for (let index = 0, left = histogram.totalCount; left > 0; index++) {
    const count = histogram.getCountAtIndex(index)
    if (count === 0) continue
    values.push({ us: histogram.highestEquivalentValue(histogram.valueFromIndex(index)), count })
    left -= count
  }
  return values
}

/** Records that the quantiles are of: recorded, overflowed and not acked. */
export const populationOf = (latency: Latency): number => latency.count + latency.overflow + latency.notAcked

/**
 * Latency in µs at each x of the grid, the slowest record where x reaches the population; null beyond it, and beyond the
 * last record that was acked. Same rule as the stored quantiles: those not acked are slower than any that was.
 */
export function curve(latency: Latency, grid: readonly number[]): (number | null)[] {
  const values = recordedValues(latency.histogram)
  const all = populationOf(latency)
  let at = 0
  let below = 0
  return grid.map((x) => {
    if (values.length === 0 || x > all) return null
    const rank = x === all ? all : Math.max(1, Math.ceil(all * (1 - 1 / x) - 1e-9))
    while (at < values.length && below + values[at]!.count < rank) below += values[at++]!.count
    return at < values.length ? within(values[at]!.us, latency) : null
  })
}

/** Beyond this x are fewer than 10 samples. */
export const faintFrom = (latency: Latency): number => populationOf(latency) / 10

const within = (us: number, latency: Latency): number =>
  Math.min(Math.max(us, latency.min ?? us), latency.max ?? Number.POSITIVE_INFINITY)
