export interface Thinned {
  xs: number[]
  /** How many samples one pair of points stands for; 1 = nothing was thinned. */
  stride: number
  thin(ys: readonly (number | null)[]): (number | null)[]
}

/** Points of a line in a chart; more are not seen in it, and make a page large. */
export const pointsAtMost = 600

/**
 * At most `most` points. They are runs of equal length, each with its lowest and its highest value in the order in
 * which they came, so that no peak and no dip is lost. A run without any value stays a gap.
 */
export function thinned(xs: readonly number[], most = pointsAtMost): Thinned {
  const stride = xs.length <= most ? 1 : Math.ceil(xs.length / Math.floor(most / 2))
  if (stride === 1) return { xs: [...xs], stride, thin: (ys) => [...ys] }
  const starts = xs.flatMap((_, at) => (at % stride === 0 ? [at] : []))
  const second = (start: number) => Math.min(xs.length - 1, start + Math.floor(stride / 2))
  // A last run of one sample has no place for a second one.
  const places = starts.map((start) => (second(start) > start ? [start, second(start)] : [start]))
  return {
    xs: places.flat().map((at) => xs[at]!),
    stride,
    thin: (ys) =>
      starts.flatMap((start, run) => {
        const [first, last] = extremes(ys.slice(start, start + stride))
        return places[run]!.length === 2 ? [first, last] : [last]
      }),
  }
}

/** Lowest and highest in the order of their first places; null twice where all are unknown. */
function extremes(ys: readonly (number | null)[]): [number | null, number | null] {
  const known = ys.filter((y) => y !== null)
  if (known.length === 0) return [null, null]
  const [low, high] = [Math.min(...known), Math.max(...known)]
  return known.indexOf(low) <= known.indexOf(high) ? [low, high] : [high, low]
}
