import type { ClientTally, Sum } from '../contracts/clients.ts'

const sums = ['queueUs', 'sendUs', 'roundTripUs', 'batch'] as const
const counts = ['requests', 'sentBytes', 'receivedBytes'] as const

/** Adds what is new to `into`, and answers it. */
export function addTally(into: ClientTally, more: ClientTally): ClientTally {
  for (const name of sums) if (more[name]) into[name] = addSum(into[name], more[name])
  for (const name of counts) if (more[name] !== undefined) into[name] = (into[name] ?? 0) + more[name]
  return into
}

const addSum = (to: Sum | undefined, { sum, count }: Sum): Sum => ({
  sum: (to?.sum ?? 0) + sum,
  count: (to?.count ?? 0) + count,
})
