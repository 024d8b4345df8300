import { z } from 'zod'
import { KbenchError } from '../base/errors.ts'
import { defineShape } from '../contracts/shapes.ts'
import { ratesAtMost } from './_options.ts'
import { parseRows, type Rows } from './_rows.ts'
import { checkRepeat, createSegments } from './_segments.ts'

/** Where the file was not read (nothing could read it), there are no rows. */
const none: Rows = { seconds: [], perSec: [] }

const longestPassMs = 1000 * 3_600_000

/** Rates that were recorded elsewhere, in straight lines from one row to the next; from the last row it begins again with the first. */
export default defineShape({
  summary: 'rates from a file, over and over',
  options: z
    .strictObject({
      file: z
        .string()
        .min(1)
        .optional()
        .describe('CSV of seconds,rate, relative to the profile; a header line is allowed'),
      csv: z.string().optional().describe("The file's text, in place of a file; kbench stores it with the run"),
      speed: z
        .number()
        .gt(0)
        .max(1e6)
        .default(1)
        .describe('So many times as fast: 60 = a minute of the file per second'),
      scale: z.number().gt(0).max(1e6).default(1).describe("The file's rates times this"),
    })
    .transform(({ csv, ...rest }, context) => {
      if (csv === undefined) {
        if (rest.file === undefined)
          context.issues.push({ code: 'custom', message: 'expected file: day.csv', input: rest, path: ['file'] })
        return { ...rest, ...none }
      }
      const rows = parseRows(csv)
      if ('seconds' in rows) return { ...rest, ...rows }
      context.issues.push({ code: 'custom', message: `line ${rows.line}: ${rows.message}`, input: rest, path: ['csv'] })
      return { ...rest, ...none }
    }),
  problems({ seconds, perSec, speed, scale }, { measureNs }) {
    if (seconds.length === 0) return []
    const highest = perSec.reduce((most, rate) => Math.max(most, rate), 0) * scale
    if (highest > ratesAtMost) {
      return [
        { path: ['scale'], message: `makes ${highest} records/s of the highest rate, expected ${ratesAtMost} or less` },
      ]
    }
    const passMs = ((seconds.at(-1)! - seconds[0]!) * 1000) / speed
    if (seconds.length === 1 || (passMs * 1e6 >= measureNs && passMs <= longestPassMs)) return []
    if (passMs > longestPassMs) return [{ path: ['speed'], message: 'is too slow: the file takes more than 1000h' }]
    return checkRepeat('speed', passMs, seconds.length, measureNs).map(({ path }) => ({
      path,
      message: `is too fast: the file takes ${passMs}ms, and has too many lines to be repeated so often`,
    }))
  },
  compile({ seconds, perSec, speed, scale }, { measureNs }) {
    const line = createSegments()
    const last = seconds.length - 1
    if (last < 0) throw new KbenchError('profile', 'load.rate.replay: its file was not read')
    const passNs = Math.round(((seconds[last]! - seconds[0]!) * 1e9) / speed)
    if (last === 0) line.to(measureNs, perSec[0]! * scale, perSec[0]! * scale)
    for (let pass = 0; line.end() < measureNs; pass++) {
      for (let row = 1; row <= last && line.end() < measureNs; row++) {
        const atNs = pass * passNs + Math.round(((seconds[row]! - seconds[0]!) * 1e9) / speed)
        line.to(atNs, perSec[row - 1]! * scale, perSec[row]! * scale)
      }
    }
    return { segments: line.segments, lengthNs: last === 0 ? null : passNs }
  },
})
