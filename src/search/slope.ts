/** A least-squares line through points: its slope, and the 95 % confidence bounds of it (each one-sided). */
export interface Slope {
  perSec: number
  lower: number
  upper: number
}

/** Slope of values over seconds; null with fewer than four points or no span. Residuals count as independent. */
export function slopeOf(points: readonly { atS: number; value: number }[]): Slope | null {
  const n = points.length
  if (n < 4) return null
  const meanS = points.reduce((sum, { atS }) => sum + atS, 0) / n
  const meanValue = points.reduce((sum, { value }) => sum + value, 0) / n
  const spread = points.reduce((sum, { atS }) => sum + (atS - meanS) ** 2, 0)
  if (spread === 0) return null
  const perSec = points.reduce((sum, { atS, value }) => sum + (atS - meanS) * (value - meanValue), 0) / spread
  const residual = points.reduce((sum, { atS, value }) => sum + (value - meanValue - perSec * (atS - meanS)) ** 2, 0)
  const margin = studentT95(n - 2) * Math.sqrt(residual / (n - 2) / spread)
  return { perSec, lower: perSec - margin, upper: perSec + margin }
}

/** The 95 % quantile of Student's t, to 1 % from three degrees of freedom on: Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5). */
export function studentT95(freedom: number): number {
  const z = 1.6448536
  const g1 = (z ** 3 + z) / 4
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384
  return z + g1 / freedom + g2 / freedom ** 2 + g3 / freedom ** 3
}
