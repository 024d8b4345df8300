import { interquartileRange, mean, median, sampleStandardDeviation } from 'simple-statistics'
import { z } from 'zod'
import { createRng, type Rng } from '../base/rng.ts'
import type { ComparedRun } from './compared-run.ts'
import { mannWhitney } from './mann-whitney.ts'
import { differences, medianShift } from './shift.ts'
import { type Subject, subjectsOf } from './subjects.ts'

// How much the same thing differs from itself: repetitions of one variant, split in two in every way (A/A).

/** Numbers of repetitions whose smallest showable difference is reported. */
export const sizes = [4, 5, 6, 10] as const

/** Fewer would make noise of noise. */
export const leastRepetitions = 6

const metricNoise = z.object({
  median: z.number(),
  /** Standard deviation as a share of the mean. */
  cv: z.number(),
  /** Of the absolute median shift between two halves, as a share of the median. */
  shiftP50: z.number(),
  shiftP95: z.number(),
  shiftMax: z.number(),
  /** n → smallest true shift (a share) that n runs on each side show nine times in ten, alone; null = above 300 %. Main metrics only. */
  detectable: z.record(z.string(), z.number().nullable()).optional(),
})
export type MetricNoise = z.infer<typeof metricNoise>

const schema = z.object({
  kind: z.literal('kbench-calibration'),
  schemaVersion: z.literal(1),
  name: z.string(),
  runId: z.string(),
  startedAt: z.string(),
  settings: z.record(z.string(), z.string()),
  variants: z.array(
    z.object({
      label: z.string(),
      repetitions: z.number(),
      metrics: z.record(z.string(), metricNoise),
    }),
  ),
})
export type Calibration = z.infer<typeof schema>

/** The noise of every variant with enough valid repetitions. `main` are the metrics whose smallest showable difference is worked out. */
export function calibrate(run: ComparedRun, main: readonly string[]): Calibration {
  const { name, runId, startedAt, settings } = run
  const variants = subjectsOf(run)
    .filter(({ repetitions }) => repetitions.length >= leastRepetitions)
    .map((subject) => ({
      label: subject.label,
      repetitions: subject.repetitions.length,
      metrics: noiseOf(subject, main),
    }))
  return { kind: 'kbench-calibration', schemaVersion: 1, name, runId, startedAt, settings, variants }
}

/** The calibration in a parsed file, or what is wrong with it in words. */
export function parseCalibration(value: unknown): Calibration | string {
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : z.prettifyError(parsed.error).replaceAll('\n', ' ')
}

/** The noise that a shift of the metric has to be beyond: of the noisiest variant, the shift that 95 % of A/A pairs stay within. */
export function noiseFrom({ variants }: Calibration, metric: string): number | null {
  const shifts = variants.flatMap(({ metrics }) => metrics[metric]?.shiftP95 ?? [])
  return shifts.length === 0 ? null : Math.max(...shifts)
}

function noiseOf({ repetitions }: Subject, main: readonly string[]): Record<string, MetricNoise> {
  const paths = [...new Set(repetitions.flatMap(({ values }) => Object.keys(values)))]
  return Object.fromEntries(
    paths.flatMap((path): [string, MetricNoise][] => {
      const values = repetitions.flatMap(({ values }) => (values[path] === undefined ? [] : [values[path]]))
      const noise = metricNoiseOf(values, main.includes(path))
      return noise ? [[path, noise]] : []
    }),
  )
}

/** null where shares mean nothing: a median of 0, values that are not finite, too few of them. */
export function metricNoiseOf(values: readonly number[], withDetectable: boolean): MetricNoise | null {
  if (values.length < leastRepetitions || !values.every(Number.isFinite)) return null
  const all = [...values]
  const centre = median(all)
  if (centre === 0 || mean(all) === 0) return null
  const shifts = halves(all).map(([a, b]) => Math.abs(medianShift(differences(a, b)) / centre))
  const noise = {
    median: centre,
    cv: sampleStandardDeviation(all) / Math.abs(mean(all)),
    shiftP50: nearestRank(shifts, 0.5),
    shiftP95: nearestRank(shifts, 0.95),
    shiftMax: Math.max(...shifts),
  }
  if (!withDetectable) return noise
  const relative = all.map((value) => value / centre)
  const detectable = Object.fromEntries(sizes.map((n) => [String(n), smallestShown(relative, n, noise.shiftP95)]))
  return { ...noise, detectable }
}

/** The smallest value that at least this share of the values do not exceed: never a rank too high, however few they are. */
export function nearestRank(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  // 0.95 × 20 is 19, not 19.000000000000004.
  return sorted[Math.max(0, Math.ceil(sorted.length * q - 1e-9) - 1)]!
}

const splitsAtMost = 500

/** Pairs of halves: all there are, or so many drawn at random; of an odd number one value is left out in turn. */
function halves(values: readonly number[]): [number[], number[]][] {
  const rng = createRng(1)
  const half = Math.floor(values.length / 2)
  const seen = new Map<string, [number[], number[]]>()
  for (let draw = 0; draw < splitsAtMost; draw++) {
    const order = shuffled(values.length, rng)
    const [a, b] = [order.slice(0, half).sort((x, y) => x - y), order.slice(half, 2 * half).sort((x, y) => x - y)]
    const pick = (places: readonly number[]) => places.map((place) => values[place]!)
    seen.set([a.join(), b.join()].sort().join('|'), [pick(a), pick(b)])
  }
  return [...seen.values()]
}

function shuffled(length: number, rng: Rng): number[] {
  const order = Array.from({ length }, (_, at) => at)
  for (let at = length - 1; at > 0; at--) {
    const other = rng.below(at + 1)
    ;[order[at], order[other]] = [order[other]!, order[at]!]
  }
  return order
}

const pairsDrawn = 200
const power = 0.9
const largest = 3

/**
 * Simulated: pairs of n runs drawn from these (smoothed bootstrap, Silverman's width, so that there are no ties), one side made larger. The
 * smallest share by which nine pairs in ten show it: p below 0.05 for one metric alone, and a median shift beyond the noise.
 */
function smallestShown(relative: readonly number[], n: number, noise: number): number | null {
  const all = [...relative]
  const spread = Math.min(sampleStandardDeviation(all), interquartileRange(all) / 1.34)
  const width = 0.9 * spread * all.length ** -0.2
  const shown = (shift: number) => {
    const rng = createRng(n, 7)
    const draw = () => Array.from({ length: n }, () => all[rng.below(all.length)]! + (width + 1e-9) * normal(rng))
    let found = 0
    for (let pair = 0; pair < pairsDrawn; pair++) {
      const base = draw()
      const other = draw().map((value) => value * (1 + shift))
      if (medianShift(differences(base, other)) > noise && mannWhitney(base, other).p < 0.05) found++
    }
    return found >= power * pairsDrawn
  }
  if (!shown(largest)) return null
  let [low, high] = [0, largest]
  for (let step = 0; step < 12; step++) {
    const middle = (low + high) / 2
    if (shown(middle)) high = middle
    else low = middle
  }
  return high
}

/** Box–Muller. */
const normal = (rng: Rng): number => Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float())
