import { segmentsAtMost } from './_segments.ts'

/** What a file of rates says: equally long columns, seconds ascending. */
export interface Rows {
  seconds: number[]
  perSec: number[]
}

const rowPattern = /^ *(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?) *, *(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?) *$/
/** A first line of words is a header. */
const headerPattern = /^ *"?[A-Za-z_][^,]*,[^,]*$/

/** Reads lines of "seconds,rate"; or the line, from 1, with what is wrong. What stands there is not repeated: it may be any file. Pure. */
export function parseRows(text: string): Rows | { line: number; message: string } {
  const rows: Rows = { seconds: [], perSec: [] }
  let line = 0
  let blank = 0
  for (let from = text.startsWith('\uFEFF') ? 1 : 0; from < text.length; ) {
    const newline = text.indexOf('\n', from)
    const to = newline < 0 ? text.length : newline
    const row = text.slice(from, Math.min(to, from + 200)).replace(/\r$/, '')
    from = to + 1
    line++
    if (row.trim() === '') {
      blank ||= line
      continue
    }
    if (blank > 0) return { line: blank, message: 'is empty, expected seconds,rate' }
    const match = rowPattern.exec(row)
    if (!match) {
      if (line === 1 && headerPattern.test(row)) continue
      return { line, message: 'expected seconds,rate, like 60,1500' }
    }
    const [seconds, perSec] = [Number(match[1]), Number(match[2])]
    if (!(seconds <= 1e9)) return { line, message: 'expected 1e9 seconds or less' }
    if (!(perSec <= 1e8)) return { line, message: 'expected 1e8 records/s or less' }
    if (seconds <= (rows.seconds.at(-1) ?? -1))
      return { line, message: 'expected more seconds than in the line before' }
    if (rows.seconds.length === segmentsAtMost) return { line, message: `expected ${segmentsAtMost} lines or less` }
    rows.seconds.push(seconds)
    rows.perSec.push(perSec)
  }
  return rows.seconds.length === 0 ? { line: 1, message: 'has no line with seconds,rate' } : rows
}
