import { z } from 'zod'
import { nowNs } from '../base/clock.ts'
import { KbenchError } from '../base/errors.ts'
import { accepts } from '../base/tcp.ts'
import type { BrokerNode, FaultContext, Network } from '../contracts/api.ts'
import { defineFault } from '../contracts/define.ts'
import { stateRequest } from '../kafka/state-requests.ts'
import { askBroker } from './_ask.ts'
import { createUndo, orUndo } from './_heal.ts'
import { handshake } from './_probe.ts'
import { naming } from './_processes.ts'
import { refusedWithoutBrokers } from './_refused.ts'

/** Packets from and to brokers are dropped, not refused: senders get no error. Healing lets them through again. */
export default defineFault({
  summary: 'a broker is cut off from clients, from its peers or from both: packets are dropped',
  on: 'broker',
  target: { leaderOf: 0 },
  needs: ['root', 'iproute2', 'iptables'],
  features: ['isolation'],
  refused: refusedWithoutBrokers,
  // From peers only: the others see it once its session with the controller is over (9 s by default), or it leaves the ISR (30 s).
  verifyMs: 45_000,
  options: z.strictObject({
    from: z.enum(['all', 'clients', 'peers']).default('all').describe('Who is cut off from it: all, clients or peers'),
  }),
  async inject({ from }, context) {
    const targets = context.brokers
    const undo = createUndo()
    const atNs = nowNs()
    await orUndo(undo, async () => {
      for (const broker of targets) {
        if (!broker.isolate)
          throw new KbenchError('environment', `broker ${broker.id} cannot be cut off in this cluster`)
        const isolation = await broker.isolate(from)
        undo.add(() => isolation[Symbol.asyncDispose]())
      }
    })
    const isCutOff = (broker: BrokerNode) =>
      from === 'peers' ? isMissed(broker, context) : isUnreachable(broker, context.cluster.network)
    return {
      atNs,
      detail: `${naming(targets)} cut off from ${from === 'all' ? 'clients and peers' : from}`,
      verify: async () => (await Promise.all(targets.map(isCutOff))).every(Boolean),
      [Symbol.asyncDispose]: undo.run,
    }
  },
})

/** Nobody takes a connection; a proxy in front of it (Toxiproxy, Docker's own for published ports) still does, and gets no answer. */
async function isUnreachable(broker: BrokerNode, network: Network): Promise<boolean> {
  if (!(await accepts(broker))) return true
  return (await handshake(network, broker, 1500)).kind === 'silent'
}

/** The others have it no longer among the registered brokers, or in no in-sync set; the broker itself may think otherwise. */
async function isMissed({ id }: BrokerNode, { cluster, brokers, topic }: FaultContext): Promise<boolean> {
  const others = cluster.nodes.filter((node) => !brokers.includes(node))
  const answers = await Promise.allSettled(others.map((node) => askBroker(cluster, node, stateRequest(topic.name))))
  return answers.some(
    (answer) =>
      answer.status === 'fulfilled' &&
      answer.value.partitions.length > 0 &&
      (!answer.value.brokers.some((broker) => broker.id === id) ||
        answer.value.partitions.every(({ isr }) => !isr.includes(id))),
  )
}
