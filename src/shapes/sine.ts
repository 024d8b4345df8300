import { z } from 'zod'
import { defineShape } from '../contracts/shapes.ts'
import { duration, perSec } from './_options.ts'
import { checkRepeat, createSegments, nsOf } from './_segments.ts'

/** Chords of a sine are off by amplitude × (2π/n)²/8 at most: 0.03 % of the amplitude, which is at most the mean. */
const chords = 128

export default defineShape({
  summary: 'a wave around a mean, which it leaves upwards',
  options: z.strictObject({
    mean: perSec().gt(0).describe('Records per second on average over a period'),
    amplitude: perSec().describe('How far the rate goes above and below the mean; at most the mean'),
    period: duration('1m').describe('From one crest to the next'),
  }),
  problems({ mean, amplitude, period }, { measureNs }) {
    const isDeep = amplitude > mean
    return [
      ...(isDeep ? [{ path: ['amplitude'], message: `expected at most the mean, which is ${mean}` }] : []),
      ...checkRepeat('period', period, chords, measureNs),
    ]
  },
  compile({ mean, amplitude, period }, { measureNs }) {
    const line = createSegments()
    const rateAt = (chord: number) => {
      const place = chord % chords
      return place % (chords / 2) === 0
        ? mean
        : Math.max(0, mean + amplitude * Math.sin((2 * Math.PI * place) / chords))
    }
    for (let chord = 0; line.end() < measureNs; chord++) {
      line.to(nsOf(((chord + 1) * period) / chords), rateAt(chord), rateAt(chord + 1))
    }
    return { segments: line.segments, lengthNs: null }
  },
})
