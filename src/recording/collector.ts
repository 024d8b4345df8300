import type { EventCounts, LatencyName } from '../contracts/api.ts'
import type { Interval, PhaseName } from '../load/intervals.ts'
import { mergeSparse, type SparseCounts } from './counts.ts'
import type { Frame } from './frame.ts'
import { addSparse, createHistogram, type LatencyHistogram } from './histogram.ts'
import { createLedger, enter, type ProducerLedger } from './ledger.ts'
import { emptyEvents } from './recorder.ts'

/** Everything the workers of a variant have told so far, summed per interval of the time axis. */
export interface Collector {
  add(frame: Frame, producer: number | null): void
  /** Outcomes alone: what is written before the measurement has no place on its time axis. */
  addPrefill(frame: Frame, producer: number): void
  intervals: readonly Interval[]
  events(interval: number): EventCounts
  latency(name: LatencyName, interval: number): LatencyHistogram | null
  /** Merged over the intervals of these phases. */
  phaseLatency(name: LatencyName, phases: readonly PhaseName[]): LatencyHistogram
  phaseEvents(phases: readonly PhaseName[]): EventCounts
  ledger(producer: number): ProducerLedger
  errors: Record<string, number>
  /** Records by error code, a row per interval that had any. */
  errorTimeline(): { atS: number[]; columns: Record<string, (number | null)[]> }
  /** Records in flight over all producers, at the end of each interval that had a frame. */
  inFlight(interval: number): number | null
  /** Largest share of a producer's event loop that was busy, over the frames of the measure phase; null = no frame. */
  utilisation(): number | null
  gc(): { gcMs: number; gcMaxMs: number }
  /** Records sent by one worker so far. */
  sentBy(worker: number): number
  lastInterval(): number
}

/** So many are kept of an interval before they become one: memory is to grow with the length of a run, not with its workers. */
const mostTold = 8

export function createCollector(intervals: readonly Interval[], startNs: () => number): Collector {
  const events = intervals.map(() => emptyEvents())
  /** As the workers told them, by interval: less to keep than histograms, and nothing to compute while the load runs. */
  const latencies = new Map<LatencyName, (SparseCounts[] | undefined)[]>()
  const ledgers = new Map<number, ProducerLedger>()
  const errors: Record<string, number> = {}
  const inFlight = intervals.map(() => new Map<number, number>())
  const busy = new Map<number, { sum: number; frames: number }>()
  const sent = new Map<number, number>()
  const errorsAt: (Record<string, number> | undefined)[] = []
  let gcMs = 0
  let gcMaxMs = 0
  let last = 0

  function add(frame: Frame, producer: number | null): void {
    for (const cell of frame.cells) {
      addEvents(events[cell.interval]!, cell.events)
      sent.set(frame.worker, (sent.get(frame.worker) ?? 0) + cell.events.sent)
      for (const [name, sparse] of Object.entries(cell.latencies) as [LatencyName, typeof cell.latencies.response][]) {
        if (sparse) keep(name, cell.interval, sparse)
      }
    }
    if (producer !== null) addPrefill(frame, producer)
    const at = intervalAt(frame.atNs - startNs() - 1e6)
    last = Math.max(last, at)
    inFlight[at]!.set(frame.worker, frame.inFlight)
    if (intervals[at]!.phase === 'measure') {
      if (producer !== null) {
        const entry = busy.get(frame.worker) ?? { sum: 0, frames: 0 }
        busy.set(frame.worker, { sum: entry.sum + frame.utilisation, frames: entry.frames + 1 })
      }
      gcMs += frame.gcMs
      gcMaxMs = Math.max(gcMaxMs, frame.gcMaxMs)
    }
  }

  function addPrefill(frame: Frame, producer: number): void {
    if (frame.settled) enter(ledger(producer), frame.settled)
    const at = intervalAt(frame.atNs - startNs() - 1e6)
    for (const [code, count] of Object.entries(frame.errors)) {
      errors[code] = (errors[code] ?? 0) + count
      errorsAt[at] ??= {}
      errorsAt[at][code] = (errorsAt[at][code] ?? 0) + count
    }
  }

  function keep(name: LatencyName, interval: number, sparse: SparseCounts): void {
    let all = latencies.get(name)
    if (!all) {
      all = []
      latencies.set(name, all)
    }
    const told = all[interval] ?? []
    told.push(sparse)
    all[interval] = told.length < mostTold ? told : [mergeSparse(told)]
  }

  function ledger(producer: number): ProducerLedger {
    let found = ledgers.get(producer)
    if (!found) {
      found = createLedger(producer)
      ledgers.set(producer, found)
    }
    return found
  }

  function intervalAt(ns: number): number {
    let at = 0
    while (at < intervals.length - 1 && intervals[at + 1]!.startNs <= ns) at++
    return at
  }

  return {
    add,
    addPrefill,
    intervals,
    events: (interval) => events[interval]!,
    latency(name, interval) {
      const told = latencies.get(name)?.[interval]
      return told ? merged(told) : null
    },
    phaseLatency(name, phases) {
      const told = latencies.get(name) ?? []
      return merged(told.flatMap((row, interval) => (phases.includes(intervals[interval]!.phase) ? (row ?? []) : [])))
    },
    phaseEvents(phases) {
      const sum = emptyEvents()
      for (const [index, interval] of intervals.entries()) {
        if (phases.includes(interval.phase)) addEvents(sum, events[index]!)
      }
      return sum
    },
    ledger,
    errors,
    errorTimeline() {
      const rows = errorsAt.flatMap((counts, interval) => (counts ? [{ counts, interval }] : []))
      return {
        atS: rows.map(({ interval }) => intervals[interval]!.startNs / 1e9),
        columns: Object.fromEntries(
          Object.keys(errors).map((code) => [code, rows.map(({ counts }) => counts[code] ?? 0)]),
        ),
      }
    },
    inFlight: (interval) =>
      inFlight[interval]!.size === 0 ? null : [...inFlight[interval]!.values()].reduce((sum, value) => sum + value, 0),
    utilisation: () =>
      busy.size === 0 ? null : Math.max(...[...busy.values()].map(({ sum, frames }) => sum / frames)),
    gc: () => ({ gcMs, gcMaxMs }),
    sentBy: (worker) => sent.get(worker) ?? 0,
    lastInterval: () => last,
  }
}

function merged(told: readonly SparseCounts[]): LatencyHistogram {
  const histogram = createHistogram()
  for (const counts of told) addSparse(histogram, counts)
  return histogram
}

function addEvents(into: EventCounts, from: EventCounts): void {
  into.sent += from.sent
  into.acked += from.acked
  into.ackedBytes += from.ackedBytes
  into.failed += from.failed
  into.unknown += from.unknown
  into.received += from.received
  into.receivedBytes += from.receivedBytes
}
