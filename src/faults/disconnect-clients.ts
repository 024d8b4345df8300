import { z } from 'zod'
import { nowNs } from '../base/clock.ts'
import { accepts } from '../base/tcp.ts'
import { defineFault } from '../contracts/define.ts'
import { createUndo, orUndo } from './_heal.ts'
import { naming } from './_processes.ts'
import { refusedWithoutBrokers } from './_refused.ts'
import { needsToxiproxy, proxyOf } from './_toxics.ts'
import { becomes } from './_wait.ts'

/** Closes the connections of all clients and takes no new ones until healed, or takes them again immediately. */
export default defineFault({
  summary: 'all clients of a broker are disconnected, once or for as long as the fault lasts; the broker lives',
  on: 'broker',
  target: { leaderOf: 0 },
  needs: needsToxiproxy,
  features: ['proxies'],
  refused: refusedWithoutBrokers,
  options: z.strictObject({
    once: z.boolean().default(false).describe('Close all connections once, accept new ones immediately'),
  }),
  async inject({ once }, { brokers }) {
    const undo = createUndo()
    const isClosed = async () => (await Promise.all(brokers.map((broker) => accepts(broker)))).every((open) => !open)
    const atNs = nowNs()
    await orUndo(undo, async () => {
      for (const broker of brokers) {
        const disabled = await proxyOf(broker).disable()
        undo.add(() => disabled[Symbol.asyncDispose]())
      }
    })
    const seen = once && (await becomes(isClosed, { timeoutMs: 2000, everyMs: 10 }))
    if (once) await undo.run()
    return {
      atNs,
      detail: `clients disconnected from ${naming(brokers)}${once ? ', once' : ''}`,
      verify: async () => (once ? seen : isClosed()),
      ...(once && { done: Promise.resolve() }),
      [Symbol.asyncDispose]: undo.run,
    }
  },
})
