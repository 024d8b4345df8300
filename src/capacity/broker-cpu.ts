/** What one broker did in one cell of a calibration, and the processor time that it took. */
export interface BrokerLoad {
  /** Cells are left out one by one for the hold-out error: several brokers share one. */
  cell: string
  leaderInMBps: number
  bytesOutMBps: number
  followerInMBps: number
  /** Produce requests, fetches of consumers and fetches of followers that it served. */
  requestsPerSec: number
  /** Cores that the broker's process used. */
  cores: number
}

export const terms = ['c0', 'a', 'b', 'c', 'd'] as const
export type Term = (typeof terms)[number]

export interface Coefficient {
  value: number
  /** 95 % interval. */
  low: number
  high: number
  /** Variance inflation: how much wider the interval is for the other terms; null = the constant. */
  inflation: number | null
}

/** cores = c0 + a · leader in + b · bytes out + c · follower in + d · requests; MB/s and requests per second of one broker. */
export interface CpuFit {
  coefficients: Record<Term, Coefficient>
  r2: number
  /** Mean relative error of cells that were left out of the fit. */
  holdOut: number
  observations: number
  cells: number
  /** Why the fit must not be used; empty = it is accepted. */
  refused: string[]
}

/** Below this a fit explains too little; above the inflation a term cannot be separated from the others. */
export const leastR2 = 0.9
export const mostInflation = 10

const rowOf = (one: BrokerLoad): number[] => [
  1,
  one.leaderInMBps,
  one.bytesOutMBps,
  one.followerInMBps,
  one.requestsPerSec,
]

/** The cores that a fit expects. */
export const coresAt = (
  { coefficients }: Pick<CpuFit, 'coefficients'>,
  one: Omit<BrokerLoad, 'cell' | 'cores'>,
): number =>
  terms.reduce((sum, term, at) => sum + coefficients[term].value * rowOf({ cell: '', cores: 0, ...one })[at]!, 0)

/** Least squares, each broker weighted by 1 ÷ cores²: the scatter of a load grows with it. Refused fits are returned with the reasons. Pure. */
export function fitCpu(loads: readonly BrokerLoad[]): CpuFit {
  const cells = [...new Set(loads.map(({ cell }) => cell))]
  const usable = loads.filter(({ cores }) => cores > 0)
  if (cells.length < terms.length + 3 || usable.length < terms.length + 3) {
    return unfit(loads.length, cells.length, `${cells.length} cells are too few for ${terms.length} coefficients`)
  }
  const solved = solve(usable)
  if (solved === null) {
    return unfit(
      loads.length,
      cells.length,
      'one term follows from the others in every cell, so that no coefficient can be separated',
    )
  }
  const { values, inverse } = solved
  const predicted = usable.map((one) => product(rowOf(one), values))
  const freedom = usable.length - terms.length
  const relative = usable.map(({ cores }, at) => (cores - predicted[at]!) / cores)
  const variance = relative.reduce((sum, each) => sum + each ** 2, 0) / freedom
  const mean = usable.reduce((sum, { cores }) => sum + cores, 0) / usable.length
  const left = usable.reduce((sum, { cores }, at) => sum + (cores - predicted[at]!) ** 2, 0)
  const r2 = 1 - left / usable.reduce((sum, { cores }) => sum + (cores - mean) ** 2, 0)
  const inflations = inflationOf(usable)
  const width = studentQuantile(freedom)
  const coefficients = Object.fromEntries(
    terms.map((term, at) => {
      const half = width * Math.sqrt(variance * inverse[at]![at]!)
      const value = values[at]!
      return [term, { value, low: value - half, high: value + half, inflation: at === 0 ? null : inflations[at - 1]! }]
    }),
  ) as Record<Term, Coefficient>
  const together = terms.filter((term) => (coefficients[term].inflation ?? 0) > mostInflation)
  const refused = [
    ...(r2 < leastR2 ? [`R² is ${r2.toFixed(3)}, below ${leastR2}`] : []),
    ...(together.length > 0
      ? [`${together.join(', ')} cannot be separated: variance inflation above ${mostInflation}`]
      : []),
  ]
  return {
    coefficients,
    r2,
    holdOut: holdOutError(usable, cells),
    observations: usable.length,
    cells: cells.length,
    refused,
  }
}

function unfit(observations: number, cells: number, why: string): CpuFit {
  const unknown = { value: Number.NaN, low: Number.NaN, high: Number.NaN, inflation: null }
  const coefficients = Object.fromEntries(terms.map((term) => [term, unknown])) as Record<Term, Coefficient>
  return { coefficients, r2: Number.NaN, holdOut: Number.NaN, observations, cells, refused: [why] }
}

const product = (row: readonly number[], values: readonly number[]): number =>
  row.reduce((sum, each, at) => sum + each * values[at]!, 0)

function solve(loads: readonly BrokerLoad[]): { values: number[]; inverse: number[][] } | null {
  const rows = loads.map((one) => rowOf(one).map((each) => each / one.cores))
  const inverse = inverted(gram(rows))
  if (inverse === null) return null
  // Every weighted observation is 1.
  const right = terms.map((_, at) => rows.reduce((sum, row) => sum + row[at]!, 0))
  return { values: inverse.map((row) => product(row, right)), inverse }
}

const gram = (rows: readonly (readonly number[])[]): number[][] =>
  rows[0]!.map((_, i) => rows[0]!.map((_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)))

/** The diagonal of the inverse of the terms' correlations. */
function inflationOf(loads: readonly BrokerLoad[]): number[] {
  const columns = terms.slice(1).map((_, at) => loads.map((one) => rowOf(one)[at + 1]!))
  const standard = columns.map((column) => {
    const mean = column.reduce((sum, each) => sum + each, 0) / column.length
    const spread = Math.sqrt(column.reduce((sum, each) => sum + (each - mean) ** 2, 0))
    return column.map((each) => (spread === 0 ? 0 : (each - mean) / spread))
  })
  const inverse = inverted(gram(loads.map((_, at) => standard.map((column) => column[at]!))))
  return inverse === null ? columns.map(() => Number.POSITIVE_INFINITY) : inverse.map((row, at) => row[at]!)
}

/** Mean of |error| ÷ cores over cells that the fit has not seen. */
function holdOutError(loads: readonly BrokerLoad[], cells: readonly string[]): number {
  const errors = cells.flatMap((cell) => {
    const solved = solve(loads.filter((one) => one.cell !== cell))
    if (solved === null) return []
    return loads
      .filter((one) => one.cell === cell)
      .map((one) => Math.abs(product(rowOf(one), solved.values) - one.cores) / one.cores)
  })
  return errors.reduce((sum, each) => sum + each, 0) / errors.length
}

/** Gauss-Jordan with pivoting, on rows scaled to one; null = singular. */
function inverted(matrix: readonly (readonly number[])[]): number[][] | null {
  const size = matrix.length
  const scale = matrix.map((row, at) => (row[at]! > 0 ? 1 / Math.sqrt(row[at]!) : 0))
  const work = matrix.map((row, i) => [
    ...row.map((each, j) => each * scale[i]! * scale[j]!),
    ...matrix.map((_, j) => (i === j ? 1 : 0)),
  ])
  for (let at = 0; at < size; at++) {
    let pivot = at
    for (let row = at + 1; row < size; row++) if (Math.abs(work[row]![at]!) > Math.abs(work[pivot]![at]!)) pivot = row
    if (Math.abs(work[pivot]![at]!) < 1e-10) return null
    ;[work[at], work[pivot]] = [work[pivot]!, work[at]!]
    const by = work[at]![at]!
    work[at] = work[at]!.map((each) => each / by)
    for (let row = 0; row < size; row++) {
      const factor = work[row]![at]!
      if (row !== at && factor !== 0) work[row] = work[row]!.map((each, column) => each - factor * work[at]![column]!)
    }
  }
  return work.map((row, i) => row.slice(size).map((each, j) => each * scale[i]! * scale[j]!))
}

/** 97.5 % quantile of Student's t (Cornish-Fisher, Abramowitz and Stegun 26.7.5); within 0.5 % from 5 degrees of freedom on. */
function studentQuantile(freedom: number): number {
  const z = 1.959964
  const g1 = (z ** 3 + z) / 4
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384
  return z + g1 / freedom + g2 / freedom ** 2 + g3 / freedom ** 3
}
