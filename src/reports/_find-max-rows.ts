import { formatBytes, formatCount, formatMicros } from '../base/units.ts'
import type { FindMaxSearch, FindMaxStep } from '../contracts/result.ts'
import { verdictWords } from '../search/find-max.ts'

/** "kafkajs partitions=12": who is searched for. */
export function searchName({ params }: FindMaxSearch): string {
  const { client, ...varied } = params
  const words = Object.entries(varied).map(([key, value]) => `${key.split('.').at(-1)}=${value}`)
  return [client, ...words].join(' ')
}

export const shareText = (share: number): string => `${(share * 100).toFixed(1)} %`

export const throttleText = (ms: number | null): string => (ms === null ? '–' : formatMicros(ms * 1000))

const kindText = ({ kind, attempt }: FindMaxStep): string => (attempt > 1 ? `${kind} ${attempt}` : kind)

/** A step in a line of progress. */
export function stepLine(search: FindMaxSearch, step: FindMaxStep): string {
  const rate = `${formatCount(step.ratePerSec)}/s`
  return `${searchName(search)} ${rate} ${kindText(step)}  ${shareText(step.ackedShare)} acked  p99 ${formatMicros(step.responseP99Us)}  ${step.verdict}`
}

/** "12 300 records/s, then SLO_LATENCY": the outcome of a search in a line. */
export function searchLine(search: FindMaxSearch): string {
  return `${searchName(search)}: ${outcomeText(search)}`
}

export function outcomeText({ confirmedPerSec, verdict }: FindMaxSearch): string {
  const rate = confirmedPerSec === null ? 'no rate confirmed' : `${formatCount(confirmedPerSec)} records/s`
  return `${rate}, ${verdict}`
}

export interface StepColumn {
  head: string
  /** In a terminal. */
  width: number
  text(step: FindMaxStep): string
}

/** What is shown of each step, in the terminal and on the page. */
export const stepColumns: readonly StepColumn[] = [
  { head: 'rate/s', width: 9, text: ({ ratePerSec }) => formatCount(ratePerSec) },
  { head: 'step', width: 10, text: kindText },
  { head: 'acked', width: 9, text: ({ ackedShare }) => shareText(ackedShare) },
  { head: 'p99', width: 9, text: ({ responseP99Us }) => formatMicros(responseP99Us) },
  { head: 'lag/s ≤', width: 9, text: ({ lagSlopePerSec }) => formatCount(lagSlopePerSec) },
  { head: 'throttle', width: 9, text: ({ throttleMs }) => throttleText(throttleMs) },
  { head: 'wire/s', width: 10, text: ({ wireBytesPerSec }) => formatBytes(wireBytesPerSec) },
  { head: 'verdict', width: 14, text: ({ verdict }) => verdict },
]

export const verdictMeaning = (search: FindMaxSearch): string => verdictWords[search.verdict]
