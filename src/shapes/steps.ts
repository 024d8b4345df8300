import { z } from 'zod'
import { defineShape } from '../contracts/shapes.ts'
import { duration, perSec } from './_options.ts'
import { checkRepeat, createSegments, nsOf, segmentsAtMost } from './_segments.ts'

export default defineShape({
  summary: 'a staircase: the rate is held, and changed at equal distances',
  options: z.strictObject({
    from: perSec().describe('The first rate, records per second'),
    to: perSec().describe('The last one; it may be the smaller of the two'),
    by: perSec().gt(0).describe('From one step to the next; the last step may be smaller'),
    every: duration('10s').describe('How long each rate is held'),
  }),
  problems(steps) {
    if (countOf(steps) > segmentsAtMost) return [{ path: ['by'], message: `makes more than ${segmentsAtMost} steps` }]
    return checkRepeat('every', steps.every, 1, 0)
  },
  compile(steps, { measureNs }) {
    const { from, to, by, every } = steps
    const line = createSegments()
    const count = countOf(steps)
    for (let step = 0; step < count && line.end() < measureNs; step++) {
      const rate = step === count - 1 ? to : from + step * (to < from ? -by : by)
      line.to(nsOf((step + 1) * every), rate, rate)
    }
    return { segments: line.segments, lengthNs: nsOf(count * every) }
  },
})

/** 0.1 to 0.3 by 0.1 is three steps, whatever the rounding of 0.2/0.1. */
const countOf = ({ from, to, by }: { from: number; to: number; by: number }): number =>
  Math.ceil(Math.abs(to - from) / by - 1e-9) + 1
