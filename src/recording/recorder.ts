import type { EventCounts, LatencyName, Recorder } from '../contracts/api.ts'
import { locate } from '../load/locate.ts'
import { type Counts, createCounts, recordNs, takeSparse } from './counts.ts'
import type { Cell, SettledRecords, Silence } from './frame.ts'
import { createSilence } from './silence.ts'

/** A worker's measurements between two frames. Everything on the hot path is an array write. */
export interface FrameRecorder extends Recorder {
  /** The same for `count` equal values. */
  latencies(name: LatencyName, atNs: number, valueNs: number, count: number): void
  /** Hands over and forgets. */
  take(): { cells: Cell[]; settled: SettledRecords | null; errors: Record<string, number>; silence: Silence | null }
}

interface OpenCell {
  events: EventCounts
  /** In the order of {@link latencyNames}. */
  latencies: (Counts | null)[]
}

const latencyNames: readonly LatencyName[] = [
  'response',
  'service',
  'endToEnd',
  'scheduleLag',
  'backpressure',
  'eventLoopDelay',
]

/** Position in {@link latencyNames}. Faster than any look-up by a key: the names are constants of their callers. */
function positionOf(name: LatencyName): number {
  switch (name) {
    case 'response':
      return 0
    case 'service':
      return 1
    case 'endToEnd':
      return 2
    case 'scheduleLag':
      return 3
    case 'backpressure':
      return 4
    case 'eventLoopDelay':
      return 5
  }
}

/** `watched`: partitions whose silences are reported; 0 = none. */
export function createRecorder(edges: ArrayLike<number>, startNs: number, watched = 0): FrameRecorder {
  const open = new Map<number, OpenCell>()
  const spare: Counts[] = []
  // Two cursors: events happen now, latencies belong to due times that are past; each stays put for about a second.
  const eventCursor = createCursor()
  const latencyCursor = createCursor()
  let errors: Record<string, number> = {}
  let sequences = new Float64Array(firstCapacity)
  let partitions = new Uint16Array(firstCapacity)
  let outcomes = new Uint8Array(firstCapacity)
  let settledCount = 0
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

  function grow(): void {
    const length = 2 * sequences.length
    sequences = copied(sequences, new Float64Array(length))
    partitions = copied(partitions, new Uint16Array(length))
    outcomes = copied(outcomes, new Uint8Array(length))
  }

  function takeSettled(): SettledRecords | null {
    if (settledCount === 0) return null
    const [from, to] = [0, settledCount]
    settledCount = 0
    return {
      sequences: sequences.slice(from, to),
      partitions: partitions.slice(from, to),
      outcomes: outcomes.slice(from, to),
    }
  }

  const countsOf = (name: LatencyName, atNs: number): Counts => {
    const { latencies } = cellAt(latencyCursor, atNs)
    const position = positionOf(name)
    let counts = latencies[position]
    if (!counts) {
      counts = spare.pop() ?? createCounts()
      latencies[position] = counts
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
      if (settledCount === sequences.length) grow()
      sequences[settledCount] = sequence
      partitions[settledCount] = partition
      outcomes[settledCount] = outcome
      settledCount++
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
      const takenErrors = errors
      errors = {}
      return { cells, settled: takeSettled(), errors: takenErrors, silence: watched === 0 ? null : silence.take() }
    },
  }
}

function emptyEvents(): EventCounts {
  return { sent: 0, acked: 0, ackedBytes: 0, failed: 0, unknown: 0, received: 0, receivedBytes: 0 }
}

function emptyCell(): OpenCell {
  return { events: emptyEvents(), latencies: latencyNames.map(() => null) }
}

function closeCell(interval: number, cell: OpenCell, spare: Counts[]): Cell {
  const latencies: Cell['latencies'] = {}
  for (const [position, counts] of cell.latencies.entries()) {
    if (!counts) continue
    const sparse = takeSparse(counts)
    if (sparse) latencies[latencyNames[position]!] = sparse
    spare.push(counts)
  }
  return { interval, events: cell.events, latencies }
}

/** Of settled records that fit before the buffers grow. */
const firstCapacity = 4096

function copied<T extends Float64Array | Uint16Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}
