import { z } from 'zod'
import { defineShape } from '../contracts/shapes.ts'
import { duration, perSec } from './_options.ts'
import { createSegments, nsOf } from './_segments.ts'

export default defineShape({
  summary: 'ramps and holds, one after the other; the first ramp begins at 0',
  options: z
    .array(
      z.strictObject({
        from: perSec()
          .optional()
          .describe('Begin at this rate; absent = where the stage before ended, and the first at 0'),
        to: perSec().describe('The rate at the end of the stage, records per second'),
        for: duration('1m').describe('How long the rate takes to get there; 0s = a jump'),
      }),
    )
    .min(1)
    .max(10_000),
  compile(stages, { measureNs }) {
    const line = createSegments()
    let rate = 0
    let ms = 0
    for (const { from, to, for: lengthMs } of stages) {
      ms += lengthMs
      if (line.end() < measureNs) line.to(nsOf(ms), from ?? rate, to)
      rate = to
    }
    // A jump at the very end is what is held from there on.
    if (line.end() < measureNs) line.to(line.end() + 1, rate, rate)
    return { segments: line.segments, lengthNs: nsOf(ms) }
  },
})
