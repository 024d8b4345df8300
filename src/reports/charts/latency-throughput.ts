import type { FindMaxSearch, RunResult, Variant } from '../../contracts/result.ts'
import { kneeOf } from '../../search/knee.ts'
import { clientLooks } from '../_clients.ts'
import { markWords, variantsMark } from '../_marks.ts'
import { questionsOf } from '../_questions.ts'
import { variantLabels } from '../_variants.ts'
import { recordedValues } from './curves.ts'
import { quantileOf } from './heat.ts'
import { marked } from './panels.ts'
import { axisFor, roundUp } from './scales.ts'
import type { ChartGroup, ChartSpec, SeriesSpec } from './spec.ts'

/** One rate that a client was loaded with. */
interface Point {
  offeredPerSec: number
  ackedPerSec: number
  p50Us: number | null
  p99Us: number | null
  /** It held what was asked of it; false = a step of a search that did not. */
  passed: boolean
  mark: string | null
}

interface Curve {
  client: string
  name: string
  points: Point[]
  variants: Variant[]
  confirmedPerSec: number | null
}

interface Comparison {
  about: string
  curves: Curve[]
}

/** Response p50 and p99 against what was acknowledged: from a search, a matrix over rates, or the steps of a load. No charts where the rate never varied. */
export function latencyThroughputGroup(result: RunResult): ChartGroup {
  const clients = result.variants.map(({ params }) => String(params.client))
  const labels = variantLabels(result.variants)
  const labelOf = ({ id }: Variant) => labels[result.variants.findIndex((variant) => variant.id === id)] ?? id
  const looks = clientLooks(clients)
  const comparisons = result.findMax ? ofSearches(result) : [...ofRates(result), ...ofSteps(result)]
  const sloUs = result.findMax?.sloUs ?? null
  const charts = comparisons.flatMap((one, at) => chartOf(one, at, looks, sloUs, labelOf))
  const more = result.findMax ? ' Of each rate the attempt that counted; crosses did not pass.' : ''
  return {
    id: 'latency-throughput',
    title: 'Latency against throughput',
    explanation: `Response p99 (thick) and p50 (thin) at each rate, against what was acknowledged. Knee: the highest rate up to which p99 stays within twice that of the lowest rate.${more}`,
    top: true,
    charts,
  }
}

const pointOf = (variant: Variant, offeredPerSec: number, passed = true): Point => ({
  offeredPerSec,
  ackedPerSec: variant.produce.ackedPerSec,
  p50Us: variant.produce.responseUs?.p50 ?? null,
  p99Us: variant.produce.responseUs?.p99 ?? null,
  passed,
  mark: markWords(variant),
})

const withoutClient = (params: Variant['params'], leftOut: readonly string[] = []): string =>
  Object.entries(params)
    .filter(([key]) => key !== 'client' && !leftOut.includes(key))
    .map(([key, value]) => `${key.split('.').at(-1)}=${value}`)
    .join(' ')

/** One point a rate: the attempt that passed, else the last; confirmations take part. */
function ofSearches({ findMax, variants }: RunResult): Comparison[] {
  const byAbout = new Map<string, Curve[]>()
  for (const search of findMax!.searches) {
    const about = withoutClient(search.params)
    const client = String(search.params.client)
    const points = searchPoints(search, variants)
    if (points.length === 0) continue
    const curve = { client, name: client, points, variants: [], confirmedPerSec: search.confirmedPerSec }
    byAbout.set(about, [...(byAbout.get(about) ?? []), curve])
  }
  return [...byAbout].map(([about, curves]) => ({ about, curves }))
}

function searchPoints({ steps }: FindMaxSearch, variants: readonly Variant[]): Point[] {
  const rates = [...new Set(steps.map(({ ratePerSec }) => ratePerSec))].sort((a, b) => a - b)
  return rates.map((ratePerSec): Point => {
    const mine = steps.filter((step) => step.ratePerSec === ratePerSec)
    const step = mine.findLast(({ verdict }) => verdict === 'SUSTAINED') ?? mine.at(-1)!
    const variant = variants.find(({ id }) => id === step.variant)
    return {
      offeredPerSec: ratePerSec,
      ackedPerSec: step.ackedShare * ratePerSec,
      p50Us: variant?.produce.responseUs?.p50 ?? null,
      p99Us: step.responseP99Us,
      passed: step.verdict === 'SUSTAINED',
      mark: null,
    }
  })
}

const rateKey = 'load.rate'

/** Variants that differ in their rate are one curve; of repetitions every one is a point. */
function ofRates(result: RunResult): Comparison[] {
  const rated = result.variants.filter(
    ({ params, status }) => typeof params[rateKey] === 'number' && status !== 'unsupported',
  )
  if (new Set(rated.map(({ params }) => params[rateKey])).size < 2) return []
  const stripped = rated.map((variant) => {
    const { [rateKey]: _, ...params } = variant.params
    return { ...variant, params, of: variant }
  })
  return questionsOf({ variants: stripped }).map(({ about, sides }) => ({
    about,
    curves: sides.map(({ name, client, variants }) => {
      const own = (variants as typeof stripped).map(({ of }) => of)
      const points = own.map((variant) => pointOf(variant, Number(variant.params[rateKey])))
      return { client, name, points, variants: own, confirmedPerSec: null }
    }),
  }))
}

/** The seconds of one offered rate are a point, where the load was stepped. */
function ofSteps(result: RunResult): Comparison[] {
  const rate = (result.profile.load as { rate?: unknown } | undefined)?.rate
  if (typeof rate !== 'object' || rate === null || !('steps' in rate)) return []
  return questionsOf(result).flatMap(({ about, sides }): Comparison[] => {
    const curves = sides.flatMap(({ name, client, variants }) =>
      variants.map((variant): Curve => {
        const label = variants.length > 1 ? `${name} #${variant.repeat}` : name
        return { client, name: label, points: stepPoints(variant), variants: [variant], confirmedPerSec: null }
      }),
    )
    const drawn = curves.filter(({ points }) => points.length > 1)
    return drawn.length === 0 ? [] : [{ about, curves: drawn }]
  })
}

function stepPoints(variant: Variant): Point[] {
  const { tickS, columns } = variant.series
  const measure = variant.phases.find(({ name }) => name === 'measure')
  const seconds = new Map<number, number[]>()
  for (const [at, second] of tickS.entries()) {
    const offered = columns.offeredPerSec?.[at]
    if (!measure || offered == null || offered <= 0 || second < measure.startS || second >= measure.endS) continue
    const rate = Math.round(offered)
    seconds.set(rate, [...(seconds.get(rate) ?? []), at])
  }
  // A second in which the rate changed is of neither step.
  const steps = [...seconds].filter(([, rows]) => rows.length > 1)
  return steps.map(([offeredPerSec, rows]): Point => {
    const acked = rows.map((at) => columns.ackedPerSec?.[at] ?? 0)
    const times = new Set(rows.map((at) => tickS[at]))
    const values = variant.heat.histograms
      .filter((_, at) => times.has(variant.heat.atS[at]))
      .flatMap(recordedValues)
      .sort((a, b) => a.us - b.us)
    // Those that were due and not acknowledged are slower than any that was.
    const total = Math.max(
      offeredPerSec * rows.length,
      values.reduce((sum, { count }) => sum + count, 0),
    )
    return {
      offeredPerSec,
      ackedPerSec: acked.reduce((sum, one) => sum + one, 0) / rows.length,
      p50Us: quantileOf({ total, values }, 0.5),
      p99Us: quantileOf({ total, values }, 0.99),
      passed: true,
      mark: markWords(variant),
    }
  })
}

function chartOf(
  { about, curves }: Comparison,
  at: number,
  looks: ReadonlyMap<string, number>,
  sloUs: number | null,
  labelOf: (variant: Variant) => string,
): ChartSpec[] {
  const xs = [...new Set(curves.flatMap(({ points }) => points.map(({ ackedPerSec }) => ackedPerSec)))].sort(
    (a, b) => a - b,
  )
  if (xs.length < 2) return []
  const series = curves.flatMap((curve, place) => seriesOf(curve, xs, looks.get(curve.client) ?? 0, place, curves))
  const knees = curves.flatMap(({ name, points }) => {
    const ascending = [...points].sort((a, b) => a.offeredPerSec - b.offeredPerSec)
    const knee = kneeOf(ascending.map(({ offeredPerSec, p99Us }) => ({ ratePerSec: offeredPerSec, p99Us })))
    const point = ascending.find(({ offeredPerSec }) => offeredPerSec === knee)
    return point ? [{ at: point.ackedPerSec, label: `knee ${name}` }] : []
  })
  const variants = curves.flatMap((curve) => curve.variants)
  const ys = series.flatMap((one) => one.ys)
  return [
    {
      id: `latency-throughput-${at + 1}`,
      title: 'Latency against throughput',
      subtitle: about || curves.map(({ name }) => name).join(' · '),
      ...(variants.length > 0 ? { variants: variants.map(({ id }) => id) } : {}),
      ...marked(variantsMark(variants, variants.map(labelOf))),
      x: { title: 'acknowledged, records/s', unit: 'count', scale: 'linear', min: 0, max: roundUp(xs.at(-1)!) },
      y: axisFor('response latency', 'micros', 'log', sloUs === null ? ys : [...ys, sloUs]),
      xs,
      series,
      bands: [],
      marks: knees,
      ...(sloUs === null ? {} : { levels: [{ at: sloUs, label: 'SLO, p99' }] }),
      cells: [],
    },
  ]
}

function seriesOf(
  { name, points, confirmedPerSec }: Curve,
  xs: readonly number[],
  colour: number,
  place: number,
  curves: readonly Curve[],
): SeriesSpec[] {
  const style = new Set(curves.map((curve) => curve.client)).size === 1 ? place : colour
  const at = (value: (point: Point) => number | null) =>
    xs.map((x) => {
      const found = points.filter(({ ackedPerSec }) => ackedPerSec === x).map(value)
      return found.find((y) => y !== null) ?? null
    })
  const all = xs.map((_, index) => index)
  const look = { colour, dash: style, marker: style, markAt: all, joined: true as const }
  const dots = { ...look, dotsOnly: true as const, size: 6 }
  const spoilt = points.some(({ mark }) => mark !== null)
  const words = spoilt ? ` (${[...new Set(points.flatMap(({ mark }) => mark ?? []))].join(', ')})` : ''
  return [
    ...(confirmedPerSec === null
      ? []
      : [
          {
            ...dots,
            label: `${name} confirmed`,
            marker: 3,
            ys: at(({ offeredPerSec, p99Us }) => (offeredPerSec === confirmedPerSec ? p99Us : null)),
          },
        ]),
    ...(points.every(({ passed }) => passed)
      ? []
      : [
          { ...dots, label: `${name} did not pass`, marker: 4, ys: at(({ passed, p99Us }) => (passed ? null : p99Us)) },
        ]),
    {
      ...look,
      label: `${name} p99${words}`,
      ys: at(({ p99Us }) => p99Us),
      width: 2.25,
      ...(spoilt ? { hatched: true as const } : {}),
    },
    { ...look, label: `${name} p50`, ys: at(({ p50Us }) => p50Us), width: 1 },
  ]
}
