import { plain, widthOf } from '../../reports/_text.ts'

export interface Column<T> {
  head: string
  text(row: T): string
  /** Numbers. */
  right?: true
}

/** Columns as wide as their longest text, two spaces between; nothing is cut, for it may be copied. */
export function tableText<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const cells = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ text }) => plain(text(row))))]
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => widthOf(line[at]!))))
  return cells
    .map((line) =>
      line
        .map((cell, at) => {
          const space = ' '.repeat(widths[at]! - widthOf(cell))
          return columns[at]!.right ? space + cell : cell + space
        })
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** Data as JSON where that was asked for, else as `text` makes it. */
export function print(json: boolean | undefined, data: unknown, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : text())
}
