import { z } from 'zod'
import { accepts } from '../base/tcp.ts'
import { defineFault } from '../contracts/define.ts'
import { duration } from './_options.ts'
import { handshake } from './_probe.ts'
import { refusedWithoutBrokers } from './_refused.ts'
import { needsToxiproxy, poisoned } from './_toxics.ts'

/** TCP RST to every client that sends something, again and again; the port still accepts connections. */
export default defineFault({
  summary: 'connections between clients and a broker are reset as soon as they are used (TCP RST)',
  on: 'broker',
  target: { leaderOf: 0 },
  needs: needsToxiproxy,
  features: ['proxies'],
  refused: refusedWithoutBrokers,
  options: z.strictObject({
    after: duration('500ms').prefault('0ms').describe('So long after the first data on a connection'),
  }),
  verifyMs: 10_000,
  inject({ after }, { brokers, cluster }) {
    const toxic = { type: 'reset_peer', stream: 'upstream', attributes: { timeout: Math.round(after) } } as const
    return poisoned(brokers, [toxic], 'connections are reset', async (broker) => {
      const { kind } = await handshake(cluster.network, broker, after + 1500)
      return kind === 'failed' && (await accepts(broker))
    })
  },
})
