// What StrykerJS reports (mutation-testing-report-schema), as a table.

type Status = 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'RuntimeError' | 'CompileError' | 'Ignored' | 'Pending'
interface Mutant {
  mutatorName: string
  status: Status
  replacement?: string
  location: { start: { line: number; column: number } }
}
export interface MutationReport {
  files: Record<string, { source: string; mutants: readonly Mutant[] }>
}

/** Mutants of a file or of several. `total` leaves out those that could not run. */
export interface Tally {
  name: string
  killed: number
  timeout: number
  survived: number
  uncovered: number
  total: number
}

const tallyOf = (name: string, mutants: readonly Mutant[]): Tally => {
  const count = (status: Status) => mutants.filter((mutant) => mutant.status === status).length
  const [killed, timeout] = [count('Killed'), count('Timeout')]
  const [survived, uncovered] = [count('Survived'), count('NoCoverage')]
  return { name, killed, timeout, survived, uncovered, total: killed + timeout + survived + uncovered }
}

/** Share of the mutants that a test notices, in percent; a mutant that no longer ends is noticed. */
export const scoreOf = ({ killed, timeout, total }: Tally): number =>
  total === 0 ? 100 : ((killed + timeout) / total) * 100

/** One tally for each file, in order of their names, and one for all of them under `name`. */
export function tally(name: string, report: MutationReport): { files: readonly Tally[]; all: Tally } {
  const files = Object.entries(report.files).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    files: files.map(([path, { mutants }]) => tallyOf(path, mutants)),
    all: tallyOf(
      name,
      files.flatMap(([, { mutants }]) => mutants),
    ),
  }
}

/** One row per tally under a row of heads. */
export function tableOf(rows: readonly Tally[]): string[] {
  const heads = ['', 'score %', 'killed', 'timeout', 'survived', 'uncovered', 'mutants']
  const cells = rows.map((row) => [
    ...[row.name, scoreOf(row).toFixed(1), row.killed, row.timeout, row.survived, row.uncovered, row.total].map(String),
  ])
  const width = Math.max(...rows.map(({ name }) => name.length))
  return [heads, ...cells].map((line) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(width) : cell.padStart(11))).join(''),
  )
}

/** The tally that a row of {@link tableOf} shows. */
export function tallyOfRow(row: string): Tally {
  const [, name = '', ...cells] = /^(.*\S) +([\d.]+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$/.exec(row) ?? []
  const [, killed, timeout, survived, uncovered, total] = cells.map(Number)
  if (total === undefined) throw new Error(`no row of the table: ${row}`)
  return { name, killed: killed!, timeout: timeout!, survived: survived!, uncovered: uncovered!, total }
}

/** One line for each mutant that no test noticed: where it is and what the code became. */
export function survivorsOf(report: MutationReport): string[] {
  return Object.entries(report.files).flatMap(([path, { source, mutants }]) => {
    const lines = source.split('\n')
    return mutants
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .map(({ location: { start }, mutatorName, status, replacement = '' }) => {
        const code = lines[start.line - 1]?.trim() ?? ''
        return `${path}:${start.line}:${start.column} ${status} ${mutatorName}: ${code} → ${replacement.replace(/\s+/g, ' ')}`
      })
  })
}
