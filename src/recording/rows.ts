import { valueAt } from '../base/value-at.ts'
import type { ClientTally, EventCounts, LatencyName } from '../contracts/api.ts'
import type { FrameFact, SparseCounts, ThrottleTimes } from '../contracts/facts.ts'
import { addTally } from './client-tally.ts'
import { mergeSparse } from './counts.ts'
import { blockLength, createHistory, type Spill } from './history.ts'
import { decodePairs, encodePairs } from './varints.ts'

/** What the workers' frames add up to, by row of the time axis. */
export interface Rows {
  add(frame: FrameFact): void
  events(row: number): EventCounts
  /** Of the rows [from, to). */
  eventsOver(from: number, to: number): EventCounts
  /** Of one worker, over the rows [from, to). */
  workerEvents(worker: number, from: number, to: number): EventCounts
  /** Merged over the rows [from, to); empty counts where nothing was recorded. */
  latency(name: LatencyName, from: number, to: number): SparseCounts
  /** Error code → records, over the rows [from, to). */
  errors(from: number, to: number): Record<string, number>
  /** Rows that had any error, ascending. */
  errorRows(): readonly number[]
  /** Records in flight over all producers at the end of a row; null = no frame then. */
  inFlight(row: number): number | null
  /** By worker: share of its event loop that was busy, mean of the frames whose end is in the rows [from, to). */
  utilisation(from: number, to: number): ReadonlyMap<number, number>
  gc(from: number, to: number): { gcMs: number; gcMaxMs: number }
  /** Throttle times in the responses of these workers, of the frames whose end is in the rows [from, to); null = their client shows none. */
  throttle(from: number, to: number, isOf: (worker: number) => boolean): ThrottleTimes | null
  /** What the clients of these workers reported of their requests, of the frames whose end is in the rows [from, to); {} = nothing. */
  tally(from: number, to: number, isOf: (worker: number) => boolean): ClientTally
}

/** So many are kept of a row before they become one: memory grows with the length of a run, not with its workers. */
const mostKept = 8

/** What is held of one row; plain, for it is packed when it is long over. */
interface Row {
  events: EventCounts
  byWorker: Map<number, EventCounts>
  latencies: Map<LatencyName, Packable[]>
  health: RowHealth | null
}

/** Counts whose pairs are varints: an eighth of the plain ones. */
type Packable = SparseCounts | (Omit<SparseCounts, 'pairs'> & { packed: string })

/** One count per name, packed. */
function packRow(row: Row): Row {
  for (const [name, all] of row.latencies) {
    const [first] = all
    if (all.length === 1 && 'packed' in first!) continue
    const { pairs, ...rest } = mergeSparse(all.map(unpacked))
    row.latencies.set(name, [{ ...rest, packed: encodePairs(pairs) }])
  }
  return row
}

const unpacked = (counts: Packable): SparseCounts => {
  if (!('packed' in counts)) return counts
  const { packed, ...rest } = counts
  return { ...rest, pairs: decodePairs(packed) }
}

interface RowHealth {
  inFlight: Map<number, number>
  utilisation: Map<number, { sum: number; frames: number }>
  errors: Record<string, number> | null
  gcMs: number
  gcMaxMs: number
  /** By worker. */
  throttle: Map<number, ThrottleTimes> | null
  tally: Map<number, ClientTally> | null
}

/** `rowOfFrame`: the row that a frame, taken at this moment, is of. `spill`: for what is long over. */
export function createRows(rowOfFrame: (atNs: number) => number, spill: Spill | null = null): Rows {
  const rows = createHistory<Row>(spill, packRow)
  /** By worker and by block of rows: sums over a long run look at few numbers. */
  const totals = new Map<number, Map<number, EventCounts>>()
  const withErrors = new Set<number>()

  const rowAt = (row: number): Row =>
    rows.edit(row, () => ({ events: emptyEvents(), byWorker: new Map(), latencies: new Map(), health: null }))

  const healthOver = function* (from: number, to: number): Generator<RowHealth> {
    for (let row = from; row < Math.min(to, rows.length); row++) {
      const health = rows.read(row)?.health
      if (health) yield health
    }
  }

  /** Over the rows [from, to); `worker`: null = of all. */
  function eventsOf(worker: number | null, from: number, to: number): EventCounts {
    const sum = emptyEvents()
    for (let row = from; row < Math.min(to, rows.length); ) {
      if (row % blockLength === 0 && row + blockLength <= to) {
        for (const [of, all] of totals.get(row / blockLength) ?? []) {
          if (worker === null || of === worker) addEvents(sum, all)
        }
        row += blockLength
        continue
      }
      const held = rows.read(row)
      const events = worker === null ? held?.events : held?.byWorker.get(worker)
      if (events) addEvents(sum, events)
      row++
    }
    return sum
  }

  return {
    add(frame) {
      const { worker } = frame
      for (const { interval, events, latencies } of frame.cells) {
        const row = rowAt(interval)
        addEvents(row.events, events)
        addEvents(valueAt(row.byWorker, worker, emptyEvents), events)
        const block = valueAt(totals, Math.floor(interval / blockLength), () => new Map<number, EventCounts>())
        addEvents(valueAt(block, worker, emptyEvents), events)
        for (const [name, counts] of Object.entries(latencies) as [LatencyName, SparseCounts | undefined][]) {
          if (!counts) continue
          const kept = valueAt(row.latencies, name, (): Packable[] => [])
          kept.push(counts)
          if (kept.length >= mostKept) kept.splice(0, kept.length, mergeSparse(kept.map(unpacked)))
        }
      }
      const of = rowOfFrame(frame.atNs)
      const row = rowAt(of)
      row.health ??= newHealth()
      addHealth(row.health, frame)
      if (Object.keys(frame.errors).length > 0) withErrors.add(of)
    },
    events: (row) => rows.read(row)?.events ?? emptyEvents(),
    eventsOver: (from, to) => eventsOf(null, from, to),
    workerEvents: eventsOf,
    latency(name, from, to) {
      const all: SparseCounts[] = []
      for (let row = from; row < Math.min(to, rows.length); row++) {
        for (const each of rows.read(row)?.latencies.get(name) ?? []) all.push(unpacked(each))
      }
      return mergeSparse(all)
    },
    errors(from, to) {
      const sum: Record<string, number> = {}
      for (const { errors } of healthOver(from, to)) {
        for (const [code, count] of Object.entries(errors ?? {})) sum[code] = (sum[code] ?? 0) + count
      }
      return sum
    },
    errorRows: () => [...withErrors].sort((a, b) => a - b),
    inFlight(row) {
      const values = [...(rows.read(row)?.health?.inFlight.values() ?? [])]
      return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0)
    },
    utilisation(from, to) {
      const sums = new Map<number, { sum: number; frames: number }>()
      for (const { utilisation } of healthOver(from, to)) {
        for (const [worker, { sum, frames }] of utilisation) {
          const all = sums.get(worker) ?? { sum: 0, frames: 0 }
          sums.set(worker, { sum: all.sum + sum, frames: all.frames + frames })
        }
      }
      return new Map([...sums].map(([worker, { sum, frames }]) => [worker, sum / frames]))
    },
    gc(from, to) {
      const all = { gcMs: 0, gcMaxMs: 0 }
      for (const { gcMs, gcMaxMs } of healthOver(from, to)) {
        all.gcMs += gcMs
        all.gcMaxMs = Math.max(all.gcMaxMs, gcMaxMs)
      }
      return all
    },
    tally(from, to, isOf) {
      const all: ClientTally = {}
      for (const { tally } of healthOver(from, to)) {
        for (const [worker, each] of tally ?? []) if (isOf(worker)) addTally(all, each)
      }
      return all
    },
    throttle(from, to, isOf) {
      let all: ThrottleTimes | null = null
      for (const { throttle } of healthOver(from, to)) {
        for (const [worker, times] of throttle ?? []) if (isOf(worker)) all = withTimes(all ?? undefined, times)
      }
      return all
    },
  }
}

const newHealth = (): RowHealth => ({
  ...{ inFlight: new Map(), utilisation: new Map(), errors: null },
  ...{ gcMs: 0, gcMaxMs: 0, throttle: null, tally: null },
})

function addHealth(health: RowHealth, frame: FrameFact): void {
  const { worker } = frame
  health.inFlight.set(worker, frame.inFlight)
  const busy = health.utilisation.get(worker) ?? { sum: 0, frames: 0 }
  health.utilisation.set(worker, { sum: busy.sum + frame.utilisation, frames: busy.frames + 1 })
  health.gcMs += frame.gcMs
  health.gcMaxMs = Math.max(health.gcMaxMs, frame.gcMaxMs)
  if (frame.throttle) {
    health.throttle ??= new Map()
    health.throttle.set(worker, withTimes(health.throttle.get(worker), frame.throttle))
  }
  if (frame.tally) {
    health.tally ??= new Map()
    health.tally.set(worker, addTally(health.tally.get(worker) ?? {}, frame.tally))
  }
  for (const [code, count] of Object.entries(frame.errors)) {
    health.errors ??= {}
    health.errors[code] = (health.errors[code] ?? 0) + count
  }
}

const withTimes = (a: ThrottleTimes | undefined, b: ThrottleTimes): ThrottleTimes =>
  a === undefined
    ? b
    : { responses: a.responses + b.responses, sumMs: a.sumMs + b.sumMs, maxMs: Math.max(a.maxMs, b.maxMs) }

export function emptyEvents(): EventCounts {
  return { sent: 0, acked: 0, ackedBytes: 0, failed: 0, unknown: 0, received: 0, receivedBytes: 0 }
}

function addEvents(into: EventCounts, from: EventCounts): void {
  into.sent += from.sent
  into.acked += from.acked
  into.ackedBytes += from.ackedBytes
  into.failed += from.failed
  into.unknown += from.unknown
  into.received += from.received
  into.receivedBytes += from.receivedBytes
  if (from.toOffline !== undefined) into.toOffline = (into.toOffline ?? 0) + from.toOffline
}
