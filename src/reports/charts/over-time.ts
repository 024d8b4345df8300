import type { RunResult, Variant } from '../../contracts/result.ts'
import { seriesBrokers } from '../_variants.ts'
import { type Panels, panels } from './panels.ts'
import type { ChartGroup } from './spec.ts'

const column = (variant: Variant, name: string): readonly (number | null)[] => variant.series.columns[name] ?? []
const ticks = (variant: Variant): readonly number[] => variant.series.tickS

/** All charts over the 1 s series: rates, latency, generator health, CPU and memory. */
export function seriesGroups(result: RunResult): ChartGroup[] {
  return [rate, latency, generator, cpu].map((one) => panels(result, one))
}

const rate: Panels = {
  id: 'rate-over-time',
  title: 'Records per second',
  explanation:
    'Offered is the schedule; sent, acknowledged and received are counted in the second in which they happened.',
  axis: 'records/s',
  unit: 'count',
  scale: 'linear',
  times: ticks,
  lines: (variant) => [
    { label: 'offered', ys: offered(variant), colour: 'quiet', dash: 0, width: 5 },
    { label: 'sent', ys: column(variant, 'sentPerSec'), colour: 0, dash: 0 },
    { label: 'acked', ys: column(variant, 'ackedPerSec'), colour: 1, dash: 1 },
    { label: 'received', ys: column(variant, 'receivedPerSec'), colour: 2, dash: 2 },
    ...['failed', 'unknown'].flatMap((name, at) => {
      const ys = column(variant, `${name}PerSec`)
      return ys.some((y) => y !== null && y > 0) ? [{ label: name, ys, colour: 3 + at, dash: 3 + at }] : []
    }),
  ],
}

/** The schedule's rate, while there was one: warm-up and measure. */
function offered(variant: Variant): (number | null)[] {
  const load = variant.phases.filter((phase) => phase.name === 'warmup' || phase.name === 'measure')
  const inLoad = (atS: number) => load.some((phase) => atS >= phase.startS && atS < phase.endS)
  return (
    variant.series.columns.offeredPerSec ??
    ticks(variant).map((at) => (inLoad(at) ? variant.produce.offeredPerSec : null))
  )
}

const latency: Panels = {
  id: 'latency-over-time',
  title: 'Latency over time',
  explanation:
    'Percentiles of the records due in each second; service latency where there are no due times (rate max).',
  axis: 'latency',
  unit: 'micros',
  scale: 'log',
  times: ticks,
  lines: (variant) => {
    const has = (name: string) => column(variant, name).some((y) => y !== null)
    const produce = has('responseP50Us') ? 'response' : 'service'
    return [
      { label: `${produce} p50`, ys: column(variant, `${produce}P50Us`), colour: 0, dash: 0 },
      { label: `${produce} p99`, ys: column(variant, `${produce}P99Us`), colour: 1, dash: 1 },
      { label: `${produce} p99.9`, ys: column(variant, `${produce}P999Us`), colour: 2, dash: 2 },
      { label: 'end-to-end p50', ys: column(variant, 'endToEndP50Us'), colour: 3, dash: 3 },
      { label: 'end-to-end p99', ys: column(variant, 'endToEndP99Us'), colour: 4, dash: 4 },
    ]
  },
}

const generator: Panels = {
  id: 'generator-delay',
  title: 'Generator delay',
  explanation:
    'How late the load generator itself was. A run whose schedule lag is too high is invalid: it would measure kbench.',
  axis: 'p99 delay',
  unit: 'micros',
  scale: 'log',
  times: ticks,
  lines: (variant) => [
    { label: 'schedule lag p99', ys: column(variant, 'scheduleLagP99Us'), colour: 0, dash: 0 },
    { label: 'event-loop delay p99', ys: column(variant, 'eventLoopDelayP99Us'), colour: 1, dash: 1 },
  ],
}

const cpu: Panels = {
  id: 'cpu',
  title: 'CPU',
  explanation:
    '100 % is one core. The generator is all load hosts together; a broker’s line is missing where it cannot be seen from here.',
  axis: 'CPU, % of one core',
  unit: 'percent',
  scale: 'linear',
  times: ticks,
  lines: (variant) => [
    { label: 'generator', ys: column(variant, 'generatorCpuPercent'), colour: 0, dash: 0 },
    ...seriesBrokers(variant)
      .slice(0, 6)
      .map((id, at) => ({
        label: `broker ${id}`,
        ys: column(variant, `broker${id}CpuPercent`),
        colour: at + 1,
        dash: at + 1,
      })),
  ],
}
