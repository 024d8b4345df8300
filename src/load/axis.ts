import type { AxisSpec, PhaseName } from '../contracts/plan.ts'

/** A stretch of the time axis, [fromNs, toNs) from the start: a full second of a phase, or what is left of one. */
export interface Row {
  row: number
  phase: PhaseName
  fromNs: number
  toNs: number
}

/** Answers every question about phases, rows and edges. Frozen; {@link Axis.cut} makes another one. */
export interface Axis {
  spec: AxisSpec
  rows: readonly Row[]
  /** Index of the row that holds `ns`, clamped to the first and the last. */
  rowOf(ns: number): number
  /** null = there is no such phase. */
  phase(name: PhaseName): { fromNs: number; toNs: number } | null
  rowsOf(phase: PhaseName): readonly Row[]
  /** End of the measure phase, or of the warm-up where there is none; 0 = neither. */
  loadEndNs: number
  /**
   * The axis of a load that ended at `loadEndNs`: rows of warm-up and measure that end later belong to drain, so that measure is whole rows
   * only. Rows keep their numbers. A cut at or after the end changes nothing.
   */
  cut(loadEndNs: number): Axis
}

export interface PhaseLengths {
  warmupMs: number
  measureMs: number
  /** A deadline: the axis goes on for 60 s beyond it. */
  drainMs: number
}

const beyondDrainNs = 60e9

/**
 * The axis of a variant whose schedule ends at `scheduleEndNs` (Infinity = max). It has an edge at every phase boundary, which is also where
 * the schedule ends, and at every full second of a phase. A schedule that ends in the warm-up leaves no measure phase. Pure.
 */
export function planAxis(lengths: PhaseLengths, scheduleEndNs: number): AxisSpec {
  // Whole ns: 4.15m is 249000.00000000003 ms, and a last row of nothing would make its rates explode.
  const warmupNs = Math.round(lengths.warmupMs * 1e6)
  const measureEndNs = warmupNs + Math.round(lengths.measureMs * 1e6)
  const loadEndNs = Math.min(measureEndNs, Math.ceil(scheduleEndNs))
  const bounds: [PhaseName, number][] = [
    ['warmup', Math.min(warmupNs, loadEndNs)],
    ['measure', loadEndNs],
    ['drain', loadEndNs + Math.round(lengths.drainMs * 1e6) + beyondDrainNs],
  ]
  const edges = [0]
  const phases: AxisSpec['phases'][number][] = []
  let fromNs = 0
  for (const [name, toNs] of bounds) {
    if (toNs <= fromNs) continue
    for (let edge = fromNs + 1e9; edge < toNs; edge += 1e9) edges.push(edge)
    edges.push(toNs)
    phases.push(Object.freeze({ name, fromNs, toNs }))
    fromNs = toNs
  }
  return Object.freeze({ edges: Object.freeze(edges), phases: Object.freeze(phases) })
}

/** Throws RangeError where the edges are not ascending or do not hold every phase boundary. Pure. */
export function createAxis(spec: AxisSpec): Axis {
  const { edges, phases } = spec
  const rows = Object.freeze(layOutRows(spec))
  const byPhase = new Map(phases.map(({ name }) => [name, Object.freeze(rows.filter(({ phase }) => phase === name))]))
  const phase = (name: PhaseName) => phases.find((each) => each.name === name) ?? null
  const loadEndNs = (phase('measure') ?? phase('warmup'))?.toNs ?? 0
  const last = rows.length - 1
  let at = 0
  return Object.freeze({
    spec,
    rows,
    rowOf(ns: number) {
      if (ns >= edges[at]! && ns < edges[at + 1]!) return at
      let low = 0
      let high = last
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (edges[middle]! <= ns) low = middle
        else high = middle - 1
      }
      at = low
      return low
    },
    phase,
    rowsOf: (name: PhaseName) => byPhase.get(name) ?? [],
    loadEndNs,
    cut: (cutNs: number): Axis => createAxis(cutSpec(spec, cutNs)),
  })
}

function cutSpec(spec: AxisSpec, cutNs: number): AxisSpec {
  const endNs = spec.edges.findLast((edge) => edge <= cutNs) ?? 0
  const whole = spec.phases.filter(({ name, fromNs }) => name !== 'drain' && fromNs < endNs)
  const phases = whole.map(({ name, fromNs, toNs }) => Object.freeze({ name, fromNs, toNs: Math.min(toNs, endNs) }))
  const loadEndNs = phases.at(-1)?.toNs ?? 0
  const lastNs = spec.edges.at(-1) ?? 0
  const drain = Object.freeze({ name: 'drain' as const, fromNs: loadEndNs, toNs: lastNs })
  return Object.freeze({ edges: spec.edges, phases: Object.freeze(lastNs > loadEndNs ? [...phases, drain] : phases) })
}

function layOutRows({ edges, phases }: AxisSpec): Row[] {
  const rows: Row[] = []
  for (const { name, fromNs, toNs } of phases) {
    if (edges[rows.length] !== fromNs) throw new RangeError(`phase ${name} begins at ${fromNs} ns, where no edge is`)
    while (edges[rows.length]! < toNs) {
      const row = rows.length
      const endNs = edges[row + 1]
      if (endNs === undefined || endNs <= edges[row]! || endNs > toNs) {
        throw new RangeError(
          `edge ${row + 1} of phase ${name}: ${endNs} ns, after ${edges[row]} and up to ${toNs} expected`,
        )
      }
      rows.push(Object.freeze({ row, phase: name, fromNs: edges[row]!, toNs: endNs }))
    }
  }
  if (rows.length === 0 || rows.length !== edges.length - 1) throw new RangeError('edges beyond the last phase')
  return rows
}
