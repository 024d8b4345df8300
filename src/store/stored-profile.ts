import { z } from 'zod'
import { each, listOf, mapOf, name, namesAtMost, quantity, scalar, text } from './field-schemas.ts'

// The resolved profile in a result, of whichever version: what readers take from it by name, and how much of it there may be. Profiles that
// are to be run are read by src/profile alone.

/** Reports have a line for each. */
const settingsAtMost = 10_000
const map = mapOf(z.unknown(), 200)
const maps = listOf(map, 2000)

const fields = z.looseObject({
  ...each(text.optional(), 'name', 'workload', 'reference'),
  ...each(quantity.optional(), 'seed', 'repeat'),
  clients: listOf(name, 100).optional(),
  ...each(map.optional(), 'cluster', 'topic', 'producers', 'canary', 'samplers', 'limits'),
  load: z.looseObject({ rate: z.union([scalar, map]).optional() }).optional(),
  phases: mapOf(quantity, 100).optional(),
  consumers: listOf(z.looseObject({ group: name.optional(), members: quantity.optional() }), namesAtMost).optional(),
  faults: maps.optional(),
  thresholds: listOf(z.union([text, map]), 2000).optional(),
  matrix: mapOf(z.union([listOf(scalar, 2000), mapOf(map, 2000)]), 100).optional(),
  ...each(maps.optional(), 'exclude', 'include'),
})

/** A list of plain values is one setting. */
function settingsIn(value: unknown, atMost: number): number {
  if (typeof value !== 'object' || value === null) return 1
  const inner = Array.isArray(value) ? value.filter((one) => typeof one === 'object') : Object.values(value)
  let sum = 1
  for (const one of inner) {
    if (sum > atMost) break
    sum += settingsIn(one, atMost - sum)
  }
  return sum
}

export const storedProfile = fields.refine((profile) => settingsIn(profile, settingsAtMost) <= settingsAtMost, {
  message: `more than ${settingsAtMost} settings`,
})
