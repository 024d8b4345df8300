import { errorFunction } from 'simple-statistics'

// Mann & Whitney (1947), Ann. Math. Stat. 18(1), 50–60. With ties: the permutation distribution of the midranks (Lehmann, Nonparametrics, 1975, §1.4).

/** Above n × m of this the normal approximation is as good, and far cheaper. */
const exactUpTo = 2500

export interface RankTest {
  /** Pairs in which `other` is higher, ties counting one half; of n × m. */
  u: number
  /** Two-sided. */
  p: number
}

/** Whether `other` tends to be higher or lower than `base`. Infinity is higher than every number; the samples are not empty. */
export function mannWhitney(base: readonly number[], other: readonly number[]): RankTest {
  const [n, m] = [base.length, other.length]
  const { doubled, tieSizes } = midranks([...base, ...other])
  const rankSum = doubled.slice(n).reduce((sum, rank) => sum + rank, 0) / 2
  const u = rankSum - (m * (m + 1)) / 2
  return { u, p: n * m <= exactUpTo ? exactP(doubled, n) : approximateP(u, n, m, tieSizes) }
}

/** The p of two samples without any overlap: no difference, however large, gives a smaller one. */
export function smallestP(n: number, m: number): number {
  let p = 2
  for (let k = 1; k <= m; k++) p *= k / (n + k)
  return Math.min(1, p)
}

/** P(U = u) for u from 0 to n × m, without ties. Symmetric. */
export function uDistribution(n: number, m: number): readonly number[] {
  const key = `${n} ${m}`
  const known = distributions.get(key)
  if (known) return known
  const ranks = Array.from({ length: n + m }, (_, at) => at + 1)
  const made = sumDistribution(ranks, m).slice((m * (m + 1)) / 2, (m * (m + 1)) / 2 + n * m + 1)
  distributions.set(key, made)
  return made
}

const distributions = new Map<string, readonly number[]>()

/** Whether {@link mannWhitney} is exact for samples of these sizes. */
export const isExact = (n: number, m: number): boolean => n * m <= exactUpTo

/** Twice the midrank of every value, which is whole, and how many values share each rank. */
function midranks(values: readonly number[]): { doubled: number[]; tieSizes: number[] } {
  const order = values
    .map((_, at) => at)
    .sort((a, b) => (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : 0))
  const doubled = new Array<number>(values.length)
  const tieSizes: number[] = []
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let at = start; at < end; at++) doubled[order[at]!] = start + 1 + end
    tieSizes.push(end - start)
    start = end
  }
  return { doubled, tieSizes }
}

/** Twice the smaller tail, at most 1, over all ways to choose which of the values are the second sample. */
function exactP(doubled: readonly number[], n: number): number {
  const m = doubled.length - n
  const sum = doubled.slice(n).reduce((total, rank) => total + rank, 0)
  const tied = doubled.some((rank) => rank % 2 === 1) || new Set(doubled).size < doubled.length
  const offset = tied ? sum : sum / 2 - (m * (m + 1)) / 2
  const distribution = tied ? sumDistribution(doubled, m) : uDistribution(n, m)
  let [below, at, above] = [0, 0, 0]
  for (const [value, p] of distribution.entries()) {
    if (value < offset) below += p
    else if (value > offset) above += p
    else at += p
  }
  return Math.min(1, 2 * (Math.min(below, above) + at))
}

/** P(sum = s) of `count` of the whole numbers chosen at random, s from 0. Only sums of positive terms: no digits are lost. */
function sumDistribution(numbers: readonly number[], count: number): number[] {
  const most = [...numbers]
    .sort((a, b) => b - a)
    .slice(0, count)
    .reduce((sum, each) => sum + each, 0)
  const ways = Array.from({ length: count + 1 }, () => new Float64Array(most + 1))
  ways[0]![0] = 1
  for (const [at, number] of numbers.entries()) {
    for (let chosen = Math.min(count, at + 1); chosen >= 1; chosen--) {
      const [from, to] = [ways[chosen - 1]!, ways[chosen]!]
      for (let sum = most; sum >= number; sum--) to[sum]! += from[sum - number]!
    }
  }
  const all = ways[count]!.reduce((sum, each) => sum + each, 0)
  return Array.from(ways[count]!, (each) => each / all)
}

/** Normal, with corrections for continuity and ties (Lehmann 1975, §1.3). */
function approximateP(u: number, n: number, m: number, tieSizes: readonly number[]): number {
  const all = n + m
  const ties = tieSizes.reduce((sum, size) => sum + size ** 3 - size, 0)
  const variance = ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)))
  if (variance <= 0) return 1
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance)
  return Math.min(1, 1 - errorFunction(z / Math.SQRT2))
}
