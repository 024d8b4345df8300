import type { Kafka } from 'kafkajs'
import type { DriverContext } from '../../contracts/api.ts'
import { createKafka } from '../../kafka/client.ts'
import { reportThrottle } from './throttle.ts'

/** A client whose back-off is as constant as librdkafka's is made, and whose log becomes events. */
export function createClient(
  context: DriverContext,
  settings: { requestTimeoutMs: number; retries: number; backoffMs: number },
): Kafka {
  reportThrottle(context)
  return createKafka(context.network, {
    clientId: context.clientId,
    connectionTimeoutMs: Math.min(10_000, settings.requestTimeoutMs),
    requestTimeoutMs: settings.requestTimeoutMs,
    // factor 0 and multiplier 1: a constant back-off, as librdkafka's.
    retry: {
      retries: settings.retries,
      initialRetryTime: settings.backoffMs,
      maxRetryTime: 1000,
      factor: 0,
      multiplier: 1,
    },
    onLog: (level, message) => context.event(`client-${level}`, message),
  })
}
