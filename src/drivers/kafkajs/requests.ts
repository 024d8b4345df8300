import type { DriverContext } from '../../contracts/api.ts'

/** What kafkajs says of each of its requests (payload of its event `network.request`); times are whole ms. */
interface RequestPayload {
  size: number
  duration: number
  pendingDuration: number
}

interface Emitter {
  events: { REQUEST: string }
  on(event: never, listener: (event: { payload: RequestPayload }) => void): unknown
}

/** Reports the parts of each request's time. It does not report how long its responses are. */
export function reportRequests(client: Emitter, { tally }: Pick<DriverContext, 'tally'>): void {
  if (!tally) return
  client.on(client.events.REQUEST as never, ({ payload: { size, duration, pendingDuration } }) => {
    tally({
      sendUs: { sum: pendingDuration * 1000, count: 1 },
      roundTripUs: { sum: duration * 1000, count: 1 },
      requests: 1,
      sentBytes: size,
    })
  })
}
