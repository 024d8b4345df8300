import { levenbergMarquardt } from 'ml-levenberg-marquardt'
import { createRng } from '../base/rng.ts'
import type { FindMaxFit, FindMaxSearch, FindMaxSurface, Interval } from '../contracts/result.ts'

export interface UslPoint {
  n: number
  perSec: number
}

/** Gunther's Universal Scalability Law: perSec = λ·n ÷ (1 + σ·(n − 1) + κ·n·(n − 1)); σ contention, κ coherency, λ at n = 1. */
export interface UslParameters {
  lambda: number
  sigma: number
  kappa: number
}

export const uslAt = ({ lambda, sigma, kappa }: UslParameters, n: number): number =>
  (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1))

/** One more than there are parameters: the rest shows how far to trust them. */
const pointsAtLeast = 4
const resamples = 300

/** Least squares with σ and κ not below 0 (Levenberg-Marquardt), from several starts, or from one that is `near`. */
export function fitUsl(points: readonly UslPoint[], near?: UslParameters): UslParameters {
  const x = points.map(({ n }) => n)
  const most = Math.max(...points.map(({ perSec }) => perSec))
  // Relative to the largest: the parameters are then of like size, and steps of the method too.
  const y = points.map(({ perSec }) => perSec / most)
  const guesses = [
    [y[0]! / x[0]!, 0.01, 0.0001],
    [y[0]! / x[0]!, 0.5, 0.001],
    [y[0]!, 0.9, 0.01],
  ]
  const starts = near ? [[near.lambda / most, near.sigma, near.kappa]] : guesses
  const fits = starts.map((initialValues) =>
    levenbergMarquardt(
      { x, y },
      ([lambda, sigma, kappa]: number[]) =>
        (n: number) =>
          uslAt({ lambda: lambda!, sigma: sigma!, kappa: kappa! }, n),
      {
        initialValues,
        minValues: [1e-9, 0, 0],
        maxValues: [1e3, 1e3, 1e3],
        damping: 1e-2,
        gradientDifference: 1e-6,
        centralDifference: true,
        maxIterations: near ? 60 : 300,
        errorTolerance: 1e-12,
      },
    ),
  )
  const best = fits.reduce((a, b) => (b.parameterError < a.parameterError ? b : a))
  const [lambda, sigma, kappa] = best.parameterValues as [number, number, number]
  return { lambda: lambda * most, sigma, kappa }
}

/** Where the law has its peak; null = it has none, for nothing grows with n squared. */
export const peakOf = ({ sigma, kappa }: UslParameters): number | null =>
  kappa > 1e-12 && sigma < 1 ? Math.sqrt((1 - sigma) / kappa) : null

/** The fit with 95 % intervals, from fits to resampled residuals (relative ones; percentile bootstrap). Deterministic by `seed`. */
export function fitWithIntervals(points: readonly UslPoint[], seed: number): NonNullable<FindMaxFit['usl']> {
  const fit = fitUsl(points)
  // A fit follows its points: residuals are smaller than errors by the parameters that were fitted.
  const inflation = Math.sqrt(points.length / (points.length - 3))
  const ratios = points.map(({ n, perSec }) => (perSec / uslAt(fit, n) - 1) * inflation)
  const rng = createRng(seed)
  const again = Array.from({ length: resamples }, () =>
    fitUsl(
      points.map(({ n }) => ({ n, perSec: uslAt(fit, n) * Math.max(0.01, 1 + ratios[rng.below(ratios.length)]!) })),
      fit,
    ),
  )
  const interval = (of: (parameters: UslParameters) => number): Interval => {
    const sorted = again.map(of).sort((a, b) => a - b)
    const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!
    return { value: of(fit), low: Math.min(of(fit), at(0.025)), high: Math.max(of(fit), at(0.975)) }
  }
  const peaks = again.map(peakOf)
  const hasPeak = peakOf(fit) !== null && peaks.filter((peak) => peak === null).length < 0.025 * resamples
  return {
    lambda: interval(({ lambda }) => lambda),
    sigma: interval(({ sigma }) => sigma),
    kappa: interval(({ kappa }) => kappa),
    peakN: hasPeak ? interval((parameters) => peakOf(parameters) ?? Number.MAX_SAFE_INTEGER) : null,
  }
}

/** Confirmed rates over the first numeric dimension of the matrix (partitions before others); null where there is none. Pure. */
export function surfaceOf(searches: readonly FindMaxSearch[], seed: number): FindMaxSurface | null {
  const keys = Object.keys(searches[0]?.params ?? {}).filter((key) => key !== 'client')
  const numeric = keys.filter(
    (key) =>
      searches.every(({ params }) => typeof params[key] === 'number') &&
      new Set(searches.map(({ params }) => params[key])).size > 1,
  )
  const over = numeric.find((key) => key === 'topic.partitions') ?? numeric[0]
  if (over === undefined) return null
  const series = new Map<string, FindMaxSearch[]>()
  for (const search of searches) {
    const rest = restOf(search, over)
    series.set(rest, [...(series.get(rest) ?? []), search])
  }
  return { over, fits: [...series].map(([rest, members]) => fitOf(JSON.parse(rest), members, over, seed)) }
}

function restOf({ params }: FindMaxSearch, over: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(params).filter(([key]) => key !== over)))
}

function fitOf(
  params: FindMaxFit['params'],
  members: readonly FindMaxSearch[],
  over: string,
  seed: number,
): FindMaxFit {
  const points = members
    .flatMap(({ params: own, confirmedPerSec }) =>
      confirmedPerSec === null ? [] : [{ n: Number(own[over]), perSec: confirmedPerSec }],
    )
    .sort((a, b) => a.n - b.n)
  if (points.length < pointsAtLeast) {
    const reason = `${points.length} confirmed rates: the law has three parameters, and takes ${pointsAtLeast} at least`
    return { params, points, usl: null, reason }
  }
  return { params, points, usl: fitWithIntervals(points, seed), reason: null }
}
