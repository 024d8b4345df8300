import { z } from 'zod'
import { defineShape } from '../contracts/shapes.ts'

export default defineShape({
  summary: 'as fast as the client takes records; there are no due times',
  options: z.literal('max'),
  compile: () => ({ segments: null, lengthNs: null }),
})
