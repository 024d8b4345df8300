import { setTimeout as delay } from 'node:timers/promises'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { Cluster } from '../../contracts/api.ts'
import { registeredBrokers } from '../../kafka/registered-brokers.ts'

const mostMs = 90_000
const pollMs = 200

/** Waits (90 s at most) until every broker is registered again, after faults or trouble in the variant before. */
export async function brokersBack(
  cluster: Cluster,
  signal: AbortSignal,
  time: { nowMs(): number; pause(ms: number): Promise<unknown> } = { nowMs: () => performance.now(), pause: delay },
): Promise<void> {
  if (cluster.access) return cluster.access.answers?.()
  const deadlineMs = time.nowMs() + mostMs
  let state = 'no answer'
  while (time.nowMs() < deadlineMs) {
    signal.throwIfAborted()
    try {
      const ids = (await registeredBrokers(cluster.network)).map(({ id }) => id)
      const missing = cluster.nodes.filter(({ id }) => !ids.includes(id))
      if (missing.length === 0) return
      state = `broker ${missing.map(({ id }) => id).join(', ')} is missing`
    } catch (error) {
      state = messageOf(error)
    }
    await time.pause(pollMs)
  }
  throw new KbenchError('environment', `the cluster is not whole again after ${mostMs / 1000} s: ${state}`)
}
