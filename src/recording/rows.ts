import type { ClientTally, EventCounts, LatencyName } from '../contracts/api.ts'
import type { FrameFact, SparseCounts, ThrottleTimes } from '../contracts/facts.ts'
import { addTally } from './client-tally.ts'
import { mergeSparse } from './counts.ts'
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
  /** By worker: share of its event loop that was busy, mean of the frames whose end lies in the rows [from, to). */
  utilisation(from: number, to: number): ReadonlyMap<number, number>
  gc(from: number, to: number): { gcMs: number; gcMaxMs: number }
  /** Throttle times in the responses of these workers, of the frames whose end lies in the rows [from, to); null = their client shows none. */
  throttle(from: number, to: number, isOf: (worker: number) => boolean): ThrottleTimes | null
  /** What the clients of these workers reported of their requests, of the frames whose end lies in the rows [from, to); {} = nothing. */
  tally(from: number, to: number, isOf: (worker: number) => boolean): ClientTally
}

/** So many are kept of a row before they become one: memory grows with the length of a run, not with its workers. */
const mostTold = 8
/** Rows that are so far behind the newest are packed: frames of them are rare then, and an hour of plain counts takes half a gigabyte. */
const packedBehind = 10

/** Counts whose pairs are varints: a fifth of the plain ones. */
type Packed = Omit<SparseCounts, 'pairs'> & { packed: string }

const pack = ({ pairs, ...rest }: SparseCounts): Packed => ({ ...rest, packed: encodePairs(pairs) })
const unpacked = (counts: SparseCounts | Packed): SparseCounts => {
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

/** `rowOfFrame`: the row that a frame, taken at this moment, is of. */
export function createRows(rowOfFrame: (atNs: number) => number): Rows {
  const events: (EventCounts | undefined)[] = []
  const byWorker = new Map<number, (EventCounts | undefined)[]>()
  const latencies = new Map<LatencyName, ((SparseCounts | Packed)[] | undefined)[]>()
  const health: (RowHealth | undefined)[] = []

  const healthAt = (row: number): RowHealth => {
    health[row] ??= {
      inFlight: new Map(),
      utilisation: new Map(),
      errors: null,
      gcMs: 0,
      gcMaxMs: 0,
      throttle: null,
      tally: null,
    }
    return health[row]
  }
  const keep = (name: LatencyName, row: number, counts: SparseCounts) => {
    let all = latencies.get(name)
    if (!all) {
      all = []
      latencies.set(name, all)
    }
    const told = all[row] ?? []
    told.push(counts)
    all[row] = told.length < mostTold ? told : [mergeSparse(told.map(unpacked))]
    const old = all[row - packedBehind]
    if (old && !(old.length === 1 && 'packed' in old[0]!))
      all[row - packedBehind] = [pack(mergeSparse(old.map(unpacked)))]
  }
  const over = (rows: readonly (EventCounts | undefined)[], from: number, to: number): EventCounts => {
    const sum = emptyEvents()
    for (let row = from; row < Math.min(to, rows.length); row++) if (rows[row]) addEvents(sum, rows[row]!)
    return sum
  }
  const healthOver = (from: number, to: number) => health.slice(from, to).flatMap((each) => each ?? [])

  return {
    add(frame) {
      let mine = byWorker.get(frame.worker)
      if (!mine) {
        mine = []
        byWorker.set(frame.worker, mine)
      }
      for (const cell of frame.cells) {
        events[cell.interval] ??= emptyEvents()
        addEvents(events[cell.interval]!, cell.events)
        mine[cell.interval] ??= emptyEvents()
        addEvents(mine[cell.interval]!, cell.events)
        for (const [name, counts] of Object.entries(cell.latencies) as [LatencyName, SparseCounts | undefined][]) {
          if (counts) keep(name, cell.interval, counts)
        }
      }
      const at = healthAt(rowOfFrame(frame.atNs))
      at.inFlight.set(frame.worker, frame.inFlight)
      const busy = at.utilisation.get(frame.worker) ?? { sum: 0, frames: 0 }
      at.utilisation.set(frame.worker, { sum: busy.sum + frame.utilisation, frames: busy.frames + 1 })
      at.gcMs += frame.gcMs
      at.gcMaxMs = Math.max(at.gcMaxMs, frame.gcMaxMs)
      if (frame.throttle) {
        at.throttle ??= new Map()
        at.throttle.set(frame.worker, withTimes(at.throttle.get(frame.worker), frame.throttle))
      }
      if (frame.tally) {
        at.tally ??= new Map()
        at.tally.set(frame.worker, addTally(at.tally.get(frame.worker) ?? {}, frame.tally))
      }
      for (const [code, count] of Object.entries(frame.errors)) {
        at.errors ??= {}
        at.errors[code] = (at.errors[code] ?? 0) + count
      }
    },
    events: (row) => events[row] ?? emptyEvents(),
    eventsOver: (from, to) => over(events, from, to),
    workerEvents: (worker, from, to) => over(byWorker.get(worker) ?? [], from, to),
    latency: (name, from, to) =>
      mergeSparse((latencies.get(name) ?? []).slice(from, to).flatMap((told) => (told ?? []).map(unpacked))),
    errors(from, to) {
      const sum: Record<string, number> = {}
      for (const { errors } of healthOver(from, to)) {
        for (const [code, count] of Object.entries(errors ?? {})) sum[code] = (sum[code] ?? 0) + count
      }
      return sum
    },
    errorRows: () => health.flatMap((each, row) => (each?.errors ? [row] : [])),
    inFlight(row) {
      const values = [...(health[row]?.inFlight.values() ?? [])]
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
      const all = healthOver(from, to)
      return {
        gcMs: all.reduce((sum, { gcMs }) => sum + gcMs, 0),
        gcMaxMs: all.reduce((most, { gcMaxMs }) => Math.max(most, gcMaxMs), 0),
      }
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
