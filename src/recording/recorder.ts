import type { EventCounts, LatencyName, Recorder } from '../contracts/api.ts'
import { locate } from '../load/locate.ts'
import { type Counts, createCounts, recordNs, takeSparse } from './counts.ts'
import { type Cell, outcomeCodes, type SettledRecords, type Silence } from './frame.ts'
import { createSilence } from './silence.ts'

/** A worker's measurements between two frames. Everything on the hot path is an array write. */
export interface FrameRecorder extends Recorder {
  /** The same for `count` values at once. */
  latencies(name: LatencyName, atNs: number, valueNs: number, count: number): void
  /** Hands over and forgets. */
  take(): { cells: Cell[]; settled: SettledRecords | null; errors: Record<string, number>; silence: Silence | null }
}

interface OpenCell {
  events: EventCounts
  latencies: Partial<Record<LatencyName, Counts>>
}

/** `watched`: partitions whose silences are told; 0 = none. */
export function createRecorder(edges: ArrayLike<number>, startNs: number, watched = 0): FrameRecorder {
  const open = new Map<number, OpenCell>()
  const spare: Counts[] = []
  // Two cursors: events happen now, latencies belong to due times that lie behind; each stays put for about a second.
  const eventCursor = createCursor()
  const latencyCursor = createCursor()
  let errors: Record<string, number> = {}
  let settled = createSettledBuffer()
  const silence = createSilence(watched)

  function createCursor() {
    return { fromNs: 0, toNs: 0, cell: emptyCell() }
  }

  function cellAt(cursor: ReturnType<typeof createCursor>, atNs: number): OpenCell {
    const relativeNs = atNs - startNs
    if (relativeNs >= cursor.fromNs && relativeNs < cursor.toNs) return cursor.cell
    const interval = locate(edges, relativeNs)
    let cell = open.get(interval)
    if (!cell) {
      cell = emptyCell()
      open.set(interval, cell)
    }
    cursor.fromNs = interval === 0 ? Number.NEGATIVE_INFINITY : edges[interval]!
    cursor.toNs = interval === edges.length - 2 ? Number.POSITIVE_INFINITY : edges[interval + 1]!
    cursor.cell = cell
    return cell
  }

  const countsOf = (name: LatencyName, atNs: number): Counts => {
    const { latencies } = cellAt(latencyCursor, atNs)
    let counts = latencies[name]
    if (!counts) {
      counts = spare.pop() ?? createCounts()
      latencies[name] = counts
    }
    return counts
  }

  return {
    at: (atNs) => cellAt(eventCursor, atNs).events,
    latency(name, atNs, valueNs) {
      recordNs(countsOf(name, atNs), valueNs)
    },
    latencies(name, atNs, valueNs, count) {
      recordNs(countsOf(name, atNs), valueNs, count)
    },
    settled(sequence, partition, outcome) {
      if (settled.length === settled.sequences.length) settled = grown(settled)
      const at = settled.length++
      settled.sequences[at] = sequence
      settled.partitions[at] = partition
      settled.outcomes[at] = outcome
    },
    due: silence.due,
    acknowledged: silence.acknowledged,
    error(code) {
      errors[code] = (errors[code] ?? 0) + 1
    },
    take() {
      const cells = [...open].map(([interval, cell]) => closeCell(interval, cell, spare))
      open.clear()
      Object.assign(eventCursor, createCursor())
      Object.assign(latencyCursor, createCursor())
      const taken = settled.length === 0 ? null : takeSettled(settled)
      settled.length = 0
      const takenErrors = errors
      errors = {}
      return { cells, settled: taken, errors: takenErrors, silence: watched === 0 ? null : silence.take() }
    },
  }
}

function emptyEvents(): EventCounts {
  return { sent: 0, acked: 0, ackedBytes: 0, failed: 0, unknown: 0, received: 0, receivedBytes: 0 }
}

function emptyCell(): OpenCell {
  return { events: emptyEvents(), latencies: {} }
}

function closeCell(interval: number, cell: OpenCell, spare: Counts[]): Cell {
  const latencies: Cell['latencies'] = {}
  for (const [name, counts] of Object.entries(cell.latencies) as [LatencyName, Counts][]) {
    const sparse = takeSparse(counts)
    if (sparse) latencies[name] = sparse
    spare.push(counts)
  }
  return { interval, events: cell.events, latencies }
}

function createSettledBuffer(capacity = 4096) {
  return {
    length: 0,
    sequences: new Float64Array(capacity),
    partitions: new Uint16Array(capacity),
    outcomes: new Uint8Array(capacity).fill(outcomeCodes.none),
  }
}

function grown(from: ReturnType<typeof createSettledBuffer>) {
  const to = createSettledBuffer(from.sequences.length * 2)
  to.length = from.length
  to.sequences.set(from.sequences)
  to.partitions.set(from.partitions)
  to.outcomes.set(from.outcomes)
  return to
}

function takeSettled(from: ReturnType<typeof createSettledBuffer>): SettledRecords {
  return {
    sequences: from.sequences.slice(0, from.length),
    partitions: from.partitions.slice(0, from.length),
    outcomes: from.outcomes.slice(0, from.length),
  }
}
