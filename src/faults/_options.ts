import { z } from 'zod'
import { durationPattern, longestMs, parseDurationMs, parseSizeBytes, sizePattern } from '../base/units.ts'

/** Text like "100ms"; gives ms. */
export function duration(example: string) {
  const message = `expected a duration with a unit, like ${example}`
  return z
    .string(message)
    .regex(durationPattern, message)
    .transform((text) => parseDurationMs(text) ?? Number.POSITIVE_INFINITY)
    .refine((ms) => ms <= longestMs, 'expected 1000h or less')
}

const bandwidthPattern = new RegExp(`${sizePattern.source.slice(0, -1)}/s$`)

/** Text like "1MB/s"; gives bytes per second. */
export function bandwidth(example: string) {
  const message = `expected a size per second, like ${example}`
  return z
    .string(message)
    .regex(bandwidthPattern, message)
    .transform((text) => parseSizeBytes(text.slice(0, -2)) ?? Number.POSITIVE_INFINITY)
    .refine(Number.isFinite, message)
}

/** Settings of a topic or broker: at least one, in Kafka's own names. */
export const settings = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()], 'expected text, a number, true or false'))
  .refine(
    (values) => Object.keys(values).length > 0,
    'expected one setting or more, like { unclean.leader.election.enable: true }',
  )

/** A whole number, 1 or more. */
export const count = z.int('expected a whole number').min(1, 'expected 1 or more')
