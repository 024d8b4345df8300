import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { nowNs } from '../base/clock.ts'
import type { BrokerNode } from '../contracts/api.ts'
import { defineFault } from '../contracts/define.ts'
import { createUndo } from './_heal.ts'
import { handshake } from './_probe.ts'
import { naming, running, signalEach } from './_processes.ts'
import { refusedWithoutBrokers } from './_refused.ts'

/** SIGSTOP to brokers: their connections stay open and nothing is answered. SIGCONT heals. */
export default defineFault({
  summary: 'a broker hangs: its connections stay open and nothing is answered (SIGSTOP); afterwards it goes on',
  on: 'broker',
  target: { leaderOf: 0 },
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  options: z.strictObject({}),
  async inject(_options, { brokers, cluster }) {
    const targets = running(brokers)
    const undo = createUndo()
    const atNs = nowNs()
    await signalEach(targets, 'SIGSTOP', undo, goOn)
    const hangs = async (broker: BrokerNode) =>
      isStopped(broker.pid) || (await handshake(cluster.network, broker, 1000)).kind === 'silent'
    return {
      atNs,
      detail: `SIGSTOP to ${naming(targets)}`,
      verify: async () => (await Promise.all(targets.map(hangs))).every(Boolean),
      [Symbol.asyncDispose]: undo.run,
    }
  },
})

async function goOn(broker: BrokerNode): Promise<void> {
  // Killed in the meantime: nothing is left to go on.
  if (broker.pid !== undefined) await broker.signal?.('SIGCONT')
}

/** As Linux reports it; false also where the process is frozen in another way (a paused container), or cannot be seen. */
function isStopped(pid: number | undefined): boolean {
  if (pid === undefined) return false
  try {
    return /\) T/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
