import type { LatencyName, WorkerPlan } from '../../src/contracts/api.ts'
import type { Cell, FrameFact, OffsetRange, SparseCounts } from '../../src/contracts/facts.ts'
import { createSchedule, shareOf } from '../../src/load/schedule.ts'
import { countsIndex } from '../../src/recording/counts.ts'
import { emptyEvents } from '../../src/recording/rows.ts'
import type { ToWorker } from '../../src/runners/hosts/protocol.ts'
import { membersOf, partitionsOf, type WorkerScene } from './real-worker.ts'

const responseUs = 1000
const endToEndUs = 5000

/** A worker that sends the frames which follow from the schedule: a row is due, sent and acknowledged in the same second. */
export function scriptedWorker(scene: WorkerScene): void {
  const { gate } = scene
  let stopNs = Number.POSITIVE_INFINITY
  let begin = (_: number) => {}
  let wake = () => {}
  gate.onMessage((message: ToWorker) => {
    if (message.type === 'init') ready(scene)
    else if (message.type === 'start') begin(message.startNs)
    else {
      stopNs = message.atNs
      wake()
    }
  })
  const started = new Promise<number>((resolve) => {
    begin = resolve
  })
  const stop = {
    atNs: () => stopNs,
    changed: () =>
      new Promise<void>((resolve) => {
        wake = resolve
      }),
  }
  void started.then((startNs) => work(scene, startNs, stop))
}

/** Filling a topic may take longer than the time axis is: it goes on in seconds. */
const edge = ({ edges }: WorkerPlan, row: number): number =>
  edges[row] ?? edges.at(-1)! + (row - edges.length + 1) * 1e9

interface Stop {
  atNs(): number
  changed(): Promise<void>
}

function ready({ gate, topic, plan }: WorkerScene): void {
  const { role } = plan
  const send = () => {
    if (role.kind === 'consumer') {
      const mine = partitionsOf(topic.partitions, role.member, membersOf(plan))
      const partitions = mine.map((partition) => ({ topic: plan.topic.name, partition }))
      gate.send({ type: 'assigned', atNs: gate.clock.nowNs(), partitions })
    }
    gate.send({ type: 'ready' })
  }
  gate.clock.at(gate.clock.nowNs() + 50e6, send)
}

async function work(scene: WorkerScene, startNs: number, stop: Stop): Promise<void> {
  const { gate, plan } = scene
  const take = plan.role.kind === 'producer' ? produce(scene, startNs, stop) : consume(scene, startNs)
  let row = 0
  const isOver = () =>
    plan.role.kind === 'producer'
      ? gate.clock.nowNs() >= Math.min(stop.atNs(), startNs + plan.loadEndNs) || take.isUsedUp()
      : gate.clock.nowNs() >= stop.atNs()
  await gate.clock.sleepUntil(startNs)
  while (!isOver()) {
    const edgeNs = startNs + edge(plan, row + 1)
    const asked = new AbortController()
    void stop.changed().then(() => asked.abort())
    await gate.clock.sleepUntil(Math.min(edgeNs, stop.atNs()), asked.signal)
    const nowNs = gate.clock.nowNs()
    // One that stood still does all that it missed in the second in which it wakes up.
    while (startNs + edge(plan, row + 2) <= nowNs) row++
    if (startNs + edge(plan, row + 1) <= nowNs) take.row(row++)
    if (nowNs >= edgeNs) gate.send({ type: 'frame', frame: take.frame(), settled: null })
  }
  if (startNs + edge(plan, row) < gate.clock.nowNs()) take.row(row)
  take.end(row)
  gate.send({ type: 'frame', frame: take.frame(), settled: null })
  const effectiveConfig = { fake: true, ...scene.options.effectiveConfig }
  gate.send({ type: 'done', report: { ...take.report(), effectiveConfig, recordsPerBatch: null } })
}

interface Script {
  /** What a row was, in full or as far as it has come. */
  row(row: number): void
  end(row: number): void
  frame(): FrameFact
  report(): { sent: number; lastSentNs: number | null }
  isUsedUp(): boolean
}

function produce(scene: WorkerScene, startNs: number, stop: Stop): Script {
  const { gate, topic, plan, options } = scene
  const { role, producers } = plan
  const index = role.kind === 'producer' ? role.index : 0
  const schedule = createSchedule(plan.schedule)
  const total = schedule.total === null ? Number.POSITIVE_INFINITY : shareOf(schedule.total, index, producers)
  const sum = { sent: 0, lastSentNs: null as number | null, open: 0 }
  const told = frames(scene)
  return {
    row(row) {
      const fromNs = edge(plan, row)
      const toNs = Math.min(edge(plan, row + 1), stop.atNs() - startNs, plan.loadEndNs, gate.clock.nowNs() - startNs)
      if (toNs <= fromNs) return
      const due = schedule.paced
        ? schedule.shareIn(fromNs, toNs, index, producers)!
        : Math.min(total - sum.sent, Math.round(((options.maxPerSec ?? 10_000) * (toNs - fromNs)) / 1e9))
      if (due === 0) return
      const made = options.row?.(index, fromNs / 1e9, due) ?? { acked: due }
      const { acked, failed = 0, unknown = 0, open = 0 } = made
      sum.sent += acked + failed + unknown + open
      sum.open += open
      sum.lastSentNs = toNs
      const cell = told.cell(row)
      Object.assign(cell.events, {
        sent: acked + failed + unknown + open,
        acked,
        ackedBytes: acked * 100,
        failed,
        unknown,
      })
      if (schedule.paced) {
        latency(cell, 'response', responseUs, acked)
        latency(cell, 'scheduleLag', 10, acked + failed + unknown + open)
      }
      latency(cell, 'service', responseUs, acked)
      if (failed > 0) told.errors.FAKE_REFUSAL = (told.errors.FAKE_REFUSAL ?? 0) + failed
      if (unknown > 0) told.errors.FAKE_TIMEOUT = (told.errors.FAKE_TIMEOUT ?? 0) + unknown
      for (let partition = 0; partition < topic.partitions; partition++) {
        topic.grow(partition, shareOf(acked + (plan.producer!.acks === 0 ? unknown : 0), partition, topic.partitions))
      }
    },
    end(row) {
      if (sum.open > 0) told.cell(row).events.unknown += sum.open
      sum.open = 0
    },
    isUsedUp: () => sum.sent >= total,
    frame: () => told.take(sum.open),
    report: () => ({ sent: sum.sent, lastSentNs: sum.lastSentNs }),
  }
}

/** Reads whatever is there at the end of each row. */
function consume(scene: WorkerScene, startNs: number): Script {
  const { gate, topic, plan, options } = scene
  const { group, member } = plan.consumer!
  const mine = partitionsOf(topic.partitions, member, membersOf(plan))
  const first = topic.committed.get(group) ?? topic.ends.map((end) => (plan.prefill ? 0 : end))
  const next = new Map(mine.map((partition) => [partition, first[partition]!]))
  const told = frames(scene)
  return {
    row(row) {
      const delivered: OffsetRange[] = []
      let received = 0
      for (const [partition, from] of next) {
        const to = Math.min(topic.ends[partition]!, from + 100_000)
        if (to <= from) continue
        delivered.push({ topic: plan.topic.name, partition, from, to: to - 1 })
        next.set(partition, to)
        received += to - from
        const committed = () => topic.commit(group, partition, to)
        if (options.commitLagS === undefined) committed()
        else gate.clock.at(gate.clock.nowNs() + options.commitLagS * 1e9, committed)
      }
      if (received === 0) return
      const cell = told.cell(row)
      Object.assign(cell.events, { received, receivedBytes: received * 100 })
      if (!plan.prefill) latency(cell, 'endToEnd', endToEndUs, received)
      const lastNs = Math.min(gate.clock.nowNs(), startNs + edge(plan, row + 1))
      told.received(delivered, { first: startNs + edge(plan, row), last: lastNs })
      gate.send({ type: 'positions', positions: positionsOf(topic.partitions, next) })
    },
    end() {},
    isUsedUp: () => false,
    frame: () => told.take(0),
    report: () => ({ sent: 0, lastSentNs: null }),
  }
}

const positionsOf = (partitions: number, next: ReadonlyMap<number, number>): Float64Array =>
  Float64Array.from({ length: partitions }, (_, partition) => next.get(partition) ?? -1)

/** What the next frame will hold. */
function frames({ gate, plan }: WorkerScene) {
  let cells = new Map<number, Cell>()
  let delivered: OffsetRange[] = []
  let receivedNs: FrameFact['receivedNs'] = null
  const errors: Record<string, number> = {}
  return {
    errors,
    cell(row: number): Cell {
      const interval = Math.min(row, plan.edges.length - 2)
      const cell = cells.get(row) ?? { interval, events: emptyEvents(), latencies: {} }
      cells.set(row, cell)
      return cell
    },
    received(ranges: readonly OffsetRange[], at: { first: number; last: number }) {
      delivered.push(...ranges)
      receivedNs = { first: receivedNs?.first ?? at.first, last: at.last }
    },
    take(inFlight: number): FrameFact {
      const frame: FrameFact = {
        fact: 'frame',
        worker: plan.worker,
        atNs: gate.clock.nowNs(),
        cells: [...cells.values()],
        errors: { ...errors },
        inFlight,
        silence: null,
        delivered,
        handedOver: [],
        receivedNs,
        utilisation: 0.2,
        gcMs: 0,
        gcMaxMs: 0,
      }
      cells = new Map()
      delivered = []
      receivedNs = null
      for (const code of Object.keys(errors)) delete errors[code]
      return frame
    },
  }
}

function latency(cell: Cell, name: LatencyName, us: number, count: number): void {
  if (count === 0) return
  const counts: SparseCounts = {
    pairs: Float64Array.of(countsIndex(us), count),
    total: count,
    sumUs: us * count,
    minUs: us,
    maxUs: us,
    overflow: 0,
    negative: 0,
  }
  cell.latencies[name] = counts
}
