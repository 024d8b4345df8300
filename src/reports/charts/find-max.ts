import type { FindMaxFit, FindMaxSearch, RunResult } from '../../contracts/result.ts'
import { kneeOf } from '../../search/knee.ts'
import { uslAt } from '../../search/usl.ts'
import { searchName } from '../_find-max-rows.ts'
import { axisFor, roundUp } from './scales.ts'
import type { ChartGroup, ChartSpec, SeriesSpec } from './spec.ts'

/** Response p99 over the offered rate, a chart per search. */
export function findMaxGroup(result: RunResult): ChartGroup {
  return {
    id: 'latency-throughput',
    title: 'Latency over throughput',
    explanation:
      'Response p99 at each rate that was tried, of the attempt that counted. Knee: the highest rate up to which p99 stays within twice that of the lowest rate.',
    charts: (result.findMax?.searches ?? []).flatMap((search, at) => curveOf(search, at, result.findMax!.sloUs)),
  }
}

/** One point a rate: the attempt that passed, else the last; confirmations take part. */
function curvePoints({ steps }: FindMaxSearch) {
  const rates = [...new Set(steps.map(({ ratePerSec }) => ratePerSec))].sort((a, b) => a - b)
  return rates.map((ratePerSec) => {
    const mine = steps.filter((step) => step.ratePerSec === ratePerSec)
    const step = mine.findLast(({ verdict }) => verdict === 'SUSTAINED') ?? mine.at(-1)!
    return { ratePerSec, p99Us: step.responseP99Us, verdict: step.verdict }
  })
}

function curveOf(search: FindMaxSearch, at: number, sloUs: number): ChartSpec[] {
  const points = curvePoints(search)
  if (points.length === 0) return []
  const xs = points.map(({ ratePerSec }) => ratePerSec)
  const ys = points.map(({ p99Us }) => p99Us)
  const passing = points.flatMap(({ verdict }, index) => (verdict === 'SUSTAINED' ? [index] : []))
  const failing = points.flatMap(({ verdict }, index) => (verdict === 'SUSTAINED' ? [] : [index]))
  // The first is drawn last, on top.
  const series: SeriesSpec[] = [
    {
      label: 'confirmed',
      ys: points.map(({ ratePerSec, p99Us }) => (ratePerSec === search.confirmedPerSec ? p99Us : null)),
      colour: 4,
      dash: 0,
      marker: 3,
      markAt: passing,
    },
    {
      label: 'did not pass',
      ys: points.map(({ p99Us, verdict }) => (verdict === 'SUSTAINED' ? null : p99Us)),
      colour: 1,
      dash: 1,
      marker: 1,
      markAt: failing,
      width: 0.5,
    },
    { label: 'response p99', ys, colour: 0, dash: 0, marker: 0, markAt: passing },
    { label: 'limit', ys: xs.map(() => sloUs), colour: 2, dash: 1, marker: 2, markAt: [], width: 1 },
  ]
  const knee = kneeOf(points)
  return [
    {
      id: `latency-throughput-${at + 1}`,
      title: 'Latency over throughput',
      subtitle: searchName(search),
      x: { title: 'offered, records/s', unit: 'count', scale: 'linear', min: 0, max: roundUp(xs.at(-1)!) },
      y: axisFor('response p99', 'micros', 'log', [...ys, sloUs]),
      xs,
      series,
      bands: [],
      marks: knee === null ? [] : [{ at: knee, label: 'knee' }],
      cells: [],
    },
  ]
}

/** Confirmed rates over the numeric dimension, with the fitted law; no charts where nothing numeric varies. */
export function capacityGroup(result: RunResult): ChartGroup {
  const surface = result.findMax?.surface
  return {
    id: 'capacity',
    title: 'Capacity',
    explanation: 'Confirmed rates, and the Universal Scalability Law fitted to them where there are four or more.',
    charts: surface ? capacityChart(surface.over, surface.fits) : [],
  }
}

const fitName = ({ params: { client, ...others } }: FindMaxFit): string =>
  [client, ...Object.entries(others).map(([key, value]) => `${key.split('.').at(-1)}=${value}`)].join(' ')

function capacityChart(over: string, fits: readonly FindMaxFit[]): ChartSpec[] {
  const ns = [...new Set(fits.flatMap(({ points }) => points.map(({ n }) => n)))].sort((a, b) => a - b)
  if (ns.length < 2) return []
  const [first, last] = [ns[0]!, ns.at(-1)!]
  const between = Array.from({ length: 60 }, (_, at) => first * (last / first) ** (at / 59))
  const xs = [...new Set([...ns, ...between])].sort((a, b) => a - b)
  const series = fits.flatMap((fit, at): SeriesSpec[] => {
    const { usl, points } = fit
    const measured: SeriesSpec = {
      label: fitName(fit),
      ys: xs.map((x) => points.find(({ n }) => n === x)?.perSec ?? null),
      colour: at,
      dash: 0,
      marker: at,
      markAt: xs.flatMap((x, index) => (ns.includes(x) ? [index] : [])),
    }
    if (usl === null) return [measured]
    const parameters = { lambda: usl.lambda.value, sigma: usl.sigma.value, kappa: usl.kappa.value }
    const law = xs.map((x) => uslAt(parameters, x))
    return [measured, { label: `${fitName(fit)} law`, ys: law, colour: at, dash: 1, marker: at, markAt: [], width: 1 }]
  })
  const all = series.flatMap(({ ys }) => ys)
  return [
    {
      id: 'capacity',
      title: 'Capacity',
      subtitle: `over ${over}`,
      x: { title: over, unit: 'count', scale: 'log', min: first, max: last * 1.05 },
      y: axisFor('confirmed, records/s', 'count', 'linear', all),
      xs,
      series,
      bands: [],
      marks: [],
      cells: [],
      tableRows: xs.flatMap((x, index) => (ns.includes(x) ? [index] : [])),
    },
  ]
}
