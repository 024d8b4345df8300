/** Cliff's delta: P(other > base) − P(other < base), from −1 to 1; its 95 % interval. */
export interface Effect {
  delta: number
  low: number
  high: number
}

const z95 = 1.959963984540054

/**
 * From Mann–Whitney's u of n × m pairs. The interval is Newcombe's (2006, Statistics in Medicine 25, method 5) for u / nm, which also
 * holds where the samples do not overlap; bisected.
 */
export function cliffsDelta(u: number, n: number, m: number): Effect {
  const theta = u / (n * m)
  const half = (n + m) / 2 - 1
  const deviation = (t: number) =>
    Math.sqrt((t * (1 - t) * (1 + (half * (1 - t)) / (2 - t) + (half * t) / (1 + t))) / (n * m))
  const lowest = bisect((t) => theta - t > z95 * deviation(t), 0, theta)
  const highest = bisect((t) => t - theta <= z95 * deviation(t), theta, 1)
  return { delta: 2 * theta - 1, low: 2 * lowest - 1, high: 2 * highest - 1 }
}

/** Where `holds`, true near `from`, ends. */
function bisect(holds: (t: number) => boolean, from: number, to: number): number {
  let [low, high] = [from, to]
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  return (low + high) / 2
}
