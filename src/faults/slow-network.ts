import { z } from 'zod'
import { formatBytes } from '../base/units.ts'
import { defineFault } from '../contracts/define.ts'
import { bandwidth, duration } from './_options.ts'
import { handshake } from './_probe.ts'
import { refusedWithoutBrokers } from './_refused.ts'
import { needsToxiproxy, poisoned, type Toxic } from './_toxics.ts'

const streams = ['upstream', 'downstream'] as const

/** Delay and limited bandwidth in both directions between clients and brokers; the brokers among themselves are as fast as ever. */
export default defineFault({
  summary: 'the network between clients and a broker is slow: latency, jitter, bandwidth, in both directions',
  on: 'broker',
  target: { leaderOf: 0 },
  needs: needsToxiproxy,
  features: ['proxies'],
  refused: refusedWithoutBrokers,
  verifyMs: 20_000,
  options: z
    .strictObject({
      latency: duration('100ms')
        .prefault('100ms')
        .describe('Added in each direction: the round trip takes twice as long'),
      jitter: duration('20ms').prefault('0ms').describe('Latency varies by so much, up and down'),
      bandwidth: bandwidth('1MB/s').optional().describe('Per connection and direction; absent = no limit'),
    })
    .refine(({ latency, jitter }) => jitter <= latency, { path: ['jitter'], error: 'expected no more than latency' })
    .refine((options) => options.latency > 0 || options.bandwidth !== undefined, {
      path: ['latency'],
      error: 'expected more than 0ms where there is no bandwidth',
    }),
  inject(options, { brokers, cluster }) {
    const { latency, jitter } = options
    // With a limit of bandwidth alone there is no delay to be seen: the answer has to come.
    const leastMs = 2 * (latency - jitter)
    return poisoned(brokers, toxicsOf(options), describe(options), async (broker) => {
      // A busy broker is slow now and then; one behind a slow network always.
      for (let time = 0; time < 3; time++) {
        const { kind, tookMs } = await handshake(cluster.network, broker, 2 * (latency + jitter) + 2000)
        if (kind !== 'answered' || tookMs < leastMs) return false
      }
      return true
    })
  },
})

interface Slowness {
  /** ms */
  latency: number
  /** ms */
  jitter: number
  /** Bytes per second. */
  bandwidth?: number | undefined
}

function toxicsOf({ latency, jitter, bandwidth: bytesPerSec }: Slowness): Toxic[] {
  return streams.flatMap((stream) => [
    ...(latency > 0
      ? [{ type: 'latency', stream, attributes: { latency: Math.round(latency), jitter: Math.round(jitter) } }]
      : []),
    // In kB (1000 bytes) per second.
    ...(bytesPerSec === undefined
      ? []
      : [{ type: 'bandwidth', stream, attributes: { rate: Math.max(1, Math.round(bytesPerSec / 1000)) } }]),
  ])
}

function describe({ latency, jitter, bandwidth: bytesPerSec }: Slowness): string {
  const parts = [
    ...(latency > 0 ? [`${latency} ms${jitter > 0 ? ` ± ${jitter} ms` : ''} each way`] : []),
    ...(bytesPerSec === undefined ? [] : [`at most ${formatBytes(bytesPerSec)}/s`]),
  ]
  return parts.join(', ')
}
