import { formatCount, formatMicros, formatSeconds } from '../../base/units.ts'
import type { Tick } from '../../runners/variant/progress.ts'

/** What a live view shows: the last second, what came before it, and where in the run it is. */
export interface LiveView {
  /** Seconds since the run began. */
  sinceS: number
  stage: string
  detail: string
  /** Ids of the plan's variants, in order. */
  variants: readonly string[]
  tick: Tick | null
  /** The seconds of the running variant, the newest last. */
  history: readonly Tick[]
  /** Brokers that were seen. */
  columns: number
}

const bars = '▁▂▃▄▅▆▇█'
const narrowest = 20
const labelWidth = 9

/** The last values as a line of blocks, scaled from 0 to the highest; unknown ones are spaces. */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const shown = values.slice(-width)
  const most = Math.max(...shown.map((value) => value ?? 0), 0)
  return shown
    .map((value) => {
      if (value === null) return ' '
      return bars[most === 0 ? 0 : Math.min(bars.length - 1, Math.floor((value / most) * (bars.length - 1)))]!
    })
    .join('')
}

/** "[######------]" of so many columns, brackets included. */
export function progressBar(share: number, width: number): string {
  const inner = Math.max(1, width - 2)
  const done = Math.round(Math.min(1, Math.max(0, share)) * inner)
  return `[${'#'.repeat(done)}${'-'.repeat(inner - done)}]`
}

/** The lines of the view, none longer than the terminal is wide, the last seconds as sparklines. */
export function liveLines(view: LiveView): string[] {
  const { tick } = view
  const lines = [headLine(view)]
  if (tick !== null) lines.push(...tickLines(view, tick))
  else lines.push(`${view.stage}  ${view.detail}`)
  const width = Math.max(narrowest, view.columns - 1)
  return lines.map((line) => ([...line].length > width ? `${[...line].slice(0, width - 1).join('')}…` : line))
}

function headLine({ sinceS, tick, variants, stage }: LiveView): string {
  const at = tick === null ? -1 : variants.indexOf(tick.variant)
  const which = at < 0 ? '' : `variant ${at + 1} of ${variants.length}  `
  const name = tick === null ? '' : `${tick.variant.replace('client=', '')}  `
  return `${formatSeconds(Math.round(sinceS))}  ${which}${name}${tick?.phase ?? stage}`
}

function tickLines({ history, columns }: LiveView, tick: Tick): string[] {
  const row = (name: string, value: string, values: readonly (number | null)[]) => {
    const text = `${name.padEnd(labelWidth)} ${value}`
    const room = columns - 4 - Math.max(34, [...text].length)
    return room < 8 ? text : `${text.padEnd(34)}  ${sparkline(values, Math.min(room, 60))}`
  }
  const doneS = tick.atS + tick.lengthS
  const wholeS = doneS + tick.leftS
  const due = tick.due === null ? 'no schedule' : formatCount(Math.round(tick.due / tick.lengthS))
  const each = (of: (one: Tick) => number | null) => history.map(of)
  const brokers = Object.entries(tick.brokerCpuPercent)
  return [
    `${progressBar(wholeS === 0 ? 0 : doneS / wholeS, Math.min(40, columns - 30))} ${formatSeconds(Math.round(tick.leftS))} of load left`,
    row(
      'offered/s',
      due,
      each(({ due: count, lengthS }) => (count === null ? null : count / lengthS)),
    ),
    row(
      'sent/s',
      formatCount(Math.round(tick.sentPerSec)),
      each(({ sentPerSec }) => sentPerSec),
    ),
    row(
      'acked/s',
      formatCount(Math.round(tick.ackedPerSec)),
      each(({ ackedPerSec }) => ackedPerSec),
    ),
    row(
      `${tick.latency === 'response' ? 'resp.' : 'serv.'} p50`,
      formatMicros(tick.responseP50Us),
      each(({ responseP50Us }) => responseP50Us),
    ),
    row(
      `${tick.latency === 'response' ? 'resp.' : 'serv.'} p99`,
      formatMicros(tick.responseP99Us),
      each(({ responseP99Us }) => responseP99Us),
    ),
    ...(Object.keys(tick.lag).length > 0
      ? [
          row(
            'lag',
            formatCount(tick.lagRecords),
            each(({ lagRecords }) => lagRecords),
          ),
        ]
      : []),
    ...brokers.slice(0, 5).map(([id, percent]) =>
      row(
        `broker ${id}`,
        percent === null ? '–' : `${Math.round(percent)} % CPU`,
        each(({ brokerCpuPercent }) => brokerCpuPercent[id] ?? null),
      ),
    ),
    ...(tick.faults.length > 0 ? [`FAULT     ${tick.faults.join(', ')}`] : []),
  ]
}
