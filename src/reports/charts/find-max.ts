import type { FindMaxFit, RunResult } from '../../contracts/result.ts'
import { uslAt } from '../../search/usl.ts'
import { clientLooks } from '../_clients.ts'
import { axisFor } from './scales.ts'
import type { ChartGroup, ChartSpec, SeriesSpec } from './spec.ts'

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
  const looks = clientLooks(fits.map(({ params }) => String(params.client)))
  const series = fits.flatMap((fit, at): SeriesSpec[] => {
    const { usl, points } = fit
    const colour = looks.get(String(fit.params.client)) ?? 0
    const measured: SeriesSpec = {
      label: fitName(fit),
      ys: xs.map((x) => points.find(({ n }) => n === x)?.perSec ?? null),
      colour,
      dash: 0,
      marker: at,
      markAt: xs.flatMap((x, index) => (ns.includes(x) ? [index] : [])),
    }
    if (usl === null) return [measured]
    const parameters = { lambda: usl.lambda.value, sigma: usl.sigma.value, kappa: usl.kappa.value }
    const law = xs.map((x) => uslAt(parameters, x))
    return [measured, { label: `${fitName(fit)} law`, ys: law, colour, dash: 1, marker: at, markAt: [], width: 1 }]
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
