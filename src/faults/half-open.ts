import { z } from 'zod'
import { accepts } from '../base/tcp.ts'
import { defineFault } from '../contracts/define.ts'
import { handshake } from './_probe.ts'
import { refusedWithoutBrokers } from './_refused.ts'
import { needsToxiproxy, poisoned } from './_toxics.ts'

/** What is sent disappears and the connection stays open, as behind a firewall that forgot it. Healing closes the connections. */
export default defineFault({
  summary: 'connections between clients and a broker stay open and carry nothing any more, in neither direction',
  on: 'broker',
  target: { leaderOf: 0 },
  needs: needsToxiproxy,
  features: ['proxies'],
  refused: refusedWithoutBrokers,
  options: z.strictObject({}),
  verifyMs: 5000,
  inject(_options, { brokers, cluster }) {
    // Toxiproxy: 0 = never close, drop the data until the toxic is removed.
    const toxics = (['upstream', 'downstream'] as const).map((stream) => ({
      type: 'timeout',
      stream,
      attributes: { timeout: 0 },
    }))
    return poisoned(brokers, toxics, 'half-open connections', async (broker) => {
      const { kind } = await handshake(cluster.network, broker, 1000)
      return kind === 'silent' && (await accepts(broker))
    })
  },
})
