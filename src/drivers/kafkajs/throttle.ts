import { createRequire } from 'node:module'
import type { DriverContext } from '../../contracts/api.ts'

interface RequestQueue {
  clientId: string
  maybeThrottle(ms: number | null | undefined): void
}

const require = createRequire(import.meta.url)
const queue = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }

/** By client id. */
const listeners = new Map<string, (ms: number) => void>()
let isWatched = false

/**
 * kafkajs reads the throttle time of every response, delays its requests by it, and does not report it: its request queue is the one
 * place where all of them pass. Brokers before Kafka 2.0 delay the response instead, which is not seen here.
 */
export function reportThrottle({ clientId, throttled }: Pick<DriverContext, 'clientId' | 'throttled'>): void {
  if (!throttled) return
  listeners.set(clientId, throttled)
  if (isWatched) return
  isWatched = true
  const { maybeThrottle } = queue.prototype
  queue.prototype.maybeThrottle = function watched(this: RequestQueue, ms) {
    if (typeof ms === 'number' && ms > 0) listeners.get(this.clientId)?.(ms)
    maybeThrottle.call(this, ms)
  }
}
