import { z } from 'zod'
import { durationPattern, longestMs, parseDurationMs } from '../base/units.ts'

/** Records per second, at most; the same for every shape. */
export const ratesAtMost = 1e8

/** Records per second, 0 included. */
export const perSec = () => z.number().min(0).max(ratesAtMost)

/** Text like "10s"; gives ms. */
export function duration(example: string) {
  const message = `expected a duration with a unit, like ${example}`
  return z
    .string(message)
    .regex(durationPattern, message)
    .transform((text) => parseDurationMs(text) ?? Number.POSITIVE_INFINITY)
    .refine((ms) => ms <= longestMs, 'expected 1000h or less')
}
