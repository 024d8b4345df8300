import { z } from 'zod'
import { defineShape } from '../contracts/shapes.ts'
import { perSec } from './_options.ts'

export default defineShape({
  summary: 'records at random, each independent of the others, as from many users; the seed decides',
  options: z.strictObject({ mean: perSec().gt(0).describe('Records per second on average') }),
  compile: ({ mean }, { measureNs }) => ({
    segments: [{ fromNs: 0, toNs: measureNs, perSec: [mean, mean] }],
    lengthNs: null,
    poisson: true,
  }),
})
