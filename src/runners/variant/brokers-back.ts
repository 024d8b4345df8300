import { setTimeout as delay } from 'node:timers/promises'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { Cluster } from '../../contracts/api.ts'
import { registeredBrokers } from '../../kafka/registered-brokers.ts'

/** Waits (90 s at most) until every broker is registered again, after faults or trouble in the variant before. */
export async function brokersBack(cluster: Cluster, signal: AbortSignal): Promise<void> {
  if (cluster.access) return cluster.access.answers?.()
  const deadline = Date.now() + 90_000
  let state = 'no answer'
  while (Date.now() < deadline) {
    signal.throwIfAborted()
    try {
      const ids = (await registeredBrokers(cluster.network)).map(({ id }) => id)
      const missing = cluster.nodes.filter(({ id }) => !ids.includes(id))
      if (missing.length === 0) return
      state = `broker ${missing.map(({ id }) => id).join(', ')} is missing`
    } catch (error) {
      state = messageOf(error)
    }
    await delay(200)
  }
  throw new KbenchError('environment', `the cluster is not whole again after 90 s: ${state}`)
}
