import { KbenchError } from '../base/errors.ts'

/** A row by the names of its columns. Cells are text; `line` counts from 1. */
export interface CsvRow {
  line: number
  cells: Readonly<Record<string, string>>
}

/** Comma-separated values with a head line; quoted cells may hold commas and doubled quotes, and no line feeds. Throws `usage` on ragged rows. */
export function readCsv(text: string, file: string): { columns: string[]; rows: CsvRow[] } {
  const lines = text
    .split(/\r?\n/)
    .map((content, at) => ({ line: at + 1, content }))
    .filter((each) => each.content.trim() !== '' && !each.content.startsWith('#'))
  const [head, ...body] = lines
  if (!head) throw new KbenchError('usage', `${file} is empty`, { hint: 'expected a head line, then a row per line' })
  const columns = cellsOf(head.content).map((cell) => cell.trim())
  const rows = body.map((each) => {
    const cells = cellsOf(each.content)
    if (cells.length !== columns.length) {
      throw new KbenchError('usage', `${file}:${each.line}: ${cells.length} cells, expected ${columns.length}`, {
        hint: `the columns are ${columns.join(', ')}`,
      })
    }
    return { line: each.line, cells: Object.fromEntries(columns.map((column, at) => [column, cells[at]!.trim()])) }
  })
  return { columns, rows }
}

function cellsOf(line: string): string[] {
  const cells: string[] = []
  // A leading comma makes every cell begin alike.
  for (const match of `,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    cells.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'))
  }
  return cells
}
