import type { Readable } from 'node:stream'
import { KbenchError } from '../base/errors.ts'

/** A line is never longer than this, bytes: a frame of a wide run is some hundred kilobytes. */
const longestLine = 64 * 1024 * 1024
/** And no file is, unpacked: what claims to be is no recording. */
const largestFile = 64 * 1024 ** 3

/** The lines of a stream. `isWhole` is false for a last one without its end. Throws `usage` for a line, or a file, beyond the limits. */
export async function* linesOf(source: Readable): AsyncGenerator<{ line: string; isWhole: boolean }> {
  let rest: Buffer[] = []
  let length = 0
  let total = 0
  for await (const chunk of source as AsyncIterable<Buffer>) {
    total += chunk.length
    if (total > largestFile) throw new KbenchError('usage', 'the file is too large')
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      rest.push(chunk.subarray(from, end))
      yield { line: Buffer.concat(rest).toString('utf8'), isWhole: true }
      rest = []
      length = 0
      from = end + 1
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from))
      length += chunk.length - from
      if (length > longestLine) throw new KbenchError('usage', 'the line is too long')
    }
  }
  if (length > 0) yield { line: Buffer.concat(rest).toString('utf8'), isWhole: false }
}
