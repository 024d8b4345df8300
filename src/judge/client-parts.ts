import type { ClientTally, Role } from '../contracts/api.ts'
import type { ClientPart, ClientParts, Timeline } from '../contracts/result.ts'
import { ofKind } from './throttle.ts'
import type { RowSpan, View } from './view.ts'

const parts = [
  ...(['queueUs', 'lingerUs', 'sendUs', 'roundTripUs', 'throttleMs'] as const),
  ...(['recordsPerBatch', 'requestsPerSec', 'sentBytesPerSec', 'receivedBytesPerSec'] as const),
] satisfies ClientPart[]

type Figures = Record<ClientPart, number | null>

/** What the clients of this kind report of their own requests in these rows, each null with its reason (MEASURING, "Parts of latency"). */
export function clientParts(view: View, kind: Role['kind'], { from, to, lengthS }: RowSpan): ClientParts {
  const figures = figuresIn(view, kind, from, to, lengthS)
  const missing = parts.filter((part) => figures[part] === null)
  const reasons = missing.map((part) => [part, reasonOf(view, part, figures, to > from)])
  return { ...figures, reasons: Object.fromEntries(reasons) }
}

/** The same by second of the whole load; null = the clients report nothing of it. */
export function clientTimeline(view: View, kind: Role['kind']): Timeline | null {
  const { known, axis } = view
  const rows = axis.rows.slice(known.from, known.to)
  const all = rows.map(({ row, fromNs, toNs }) => figuresIn(view, kind, row, row + 1, (toNs - fromNs) / 1e9))
  const columns = parts.flatMap((part) => {
    const values = all.map((figures) => figures[part])
    return values.some((value) => value !== null) ? [[part, values] as const] : []
  })
  if (columns.length === 0) return null
  return { atS: rows.map(({ fromNs }) => fromNs / 1e9), columns: Object.fromEntries(columns) }
}

function figuresIn(view: View, kind: Role['kind'], from: number, to: number, lengthS: number): Figures {
  const { rows } = view.sums
  const tally = rows.tally(from, to, ofKind(view, kind))
  const throttle = rows.throttle(from, to, ofKind(view, kind))
  const mean = (name: 'queueUs' | 'sendUs' | 'roundTripUs' | 'batch') => {
    const { sum = 0, count = 0 } = tally[name] ?? {}
    return count > 0 ? sum / count : null
  }
  const perSec = (name: Exclude<keyof ClientTally, 'queueUs' | 'sendUs' | 'roundTripUs' | 'batch'>) =>
    tally[name] === undefined || lengthS <= 0 ? null : tally[name] / lengthS
  return {
    queueUs: mean('queueUs'),
    lingerUs: null,
    sendUs: mean('sendUs'),
    roundTripUs: mean('roundTripUs'),
    throttleMs: throttle && tally.requests ? throttle.sumMs / tally.requests : null,
    recordsPerBatch: mean('batch'),
    requestsPerSec: perSec('requests'),
    sentBytesPerSec: perSec('sentBytes'),
    receivedBytesPerSec: perSec('receivedBytes'),
  }
}

function reasonOf({ plan }: View, part: ClientPart, figures: Figures, isMeasured: boolean): string {
  if (!isMeasured) return 'nothing was measured'
  if (part === 'lingerUs' && figures.queueUs !== null) return `${plan.client} counts it in queueUs`
  return `${plan.client} does not report it`
}
