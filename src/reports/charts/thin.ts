/** What one point stands for where there are more than a chart has room for. */
export type Thinning = 'highest' | 'mean'

export interface Thinned {
  xs: number[]
  /** How many samples one point stands for; 1 = nothing was thinned. */
  stride: number
  thin(ys: readonly (number | null)[]): (number | null)[]
}

/** At most `most` points: runs of equal length, each with its highest value, so that no peak is lost, or its mean. */
export function thinned(xs: readonly number[], how: Thinning, most = 1200): Thinned {
  const stride = Math.max(1, Math.ceil(xs.length / most))
  if (stride === 1) return { xs: [...xs], stride, thin: (ys) => [...ys] }
  const starts = xs.flatMap((_, at) => (at % stride === 0 ? [at] : []))
  return {
    xs: starts.map((at) => xs[at]!),
    stride,
    thin: (ys) => starts.map((at) => one(ys.slice(at, at + stride), how)),
  }
}

/** Unknown samples count for nothing; null where all are unknown. */
function one(ys: readonly (number | null)[], how: Thinning): number | null {
  const known = ys.filter((y) => y !== null)
  if (known.length === 0) return null
  if (how === 'highest') return Math.max(...known)
  return known.reduce((sum, y) => sum + y, 0) / known.length
}
