import { z } from 'zod'
import { defineShape } from '../contracts/shapes.ts'
import { duration, perSec } from './_options.ts'
import { checkRepeat, createSegments, nsOf } from './_segments.ts'

export default defineShape({
  summary: 'a base rate with bursts at equal distances; each burst ends a period',
  options: z.strictObject({
    base: perSec().describe('Records per second between the bursts'),
    peak: perSec().describe('Records per second in a burst'),
    for: duration('5s').describe('How long a burst takes'),
    every: duration('30s').describe('From the end of one burst to the end of the next; more than for'),
  }),
  problems({ for: lengthMs, every }, { measureNs }) {
    return [
      ...(lengthMs === 0 ? [{ path: ['for'], message: 'expected more than 0s' }] : []),
      ...(lengthMs >= every ? [{ path: ['for'], message: `expected less than every, which is ${every}ms` }] : []),
      ...checkRepeat('every', every, 2, measureNs),
    ]
  },
  compile({ base, peak, for: lengthMs, every }, { measureNs }) {
    const line = createSegments()
    for (let burst = 1; line.end() < measureNs; burst++) {
      line.to(nsOf(burst * every - lengthMs), base, base)
      line.to(nsOf(burst * every), peak, peak)
    }
    return { segments: line.segments, lengthNs: null }
  },
})
