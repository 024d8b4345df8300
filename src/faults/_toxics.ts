import { nowNs } from '../base/clock.ts'
import { KbenchError } from '../base/errors.ts'
import type { BrokerNode, InjectedFault } from '../contracts/api.ts'
import { createUndo, orUndo } from './_heal.ts'
import { naming } from './_processes.ts'

/** Who can have faults of connections, for people. */
export const needsToxiproxy = ['Toxiproxy']

export interface Toxic {
  type: string
  stream: 'upstream' | 'downstream'
  attributes: Readonly<Record<string, number>>
}

/** The Toxiproxy in front of a broker; throws `environment` where there is none. */
export function proxyOf(broker: BrokerNode) {
  if (!broker.proxy) throw new KbenchError('environment', `there is no Toxiproxy in front of broker ${broker.id}`)
  return broker.proxy
}

/** Adds the toxics to the proxies of all targets, all or none; healing removes them. */
export async function poisoned(
  brokers: readonly BrokerNode[],
  toxics: readonly Toxic[],
  what: string,
  isPoisoned: (broker: BrokerNode) => Promise<boolean>,
): Promise<InjectedFault> {
  const undo = createUndo()
  const atNs = nowNs()
  await orUndo(undo, async () => {
    for (const broker of brokers) {
      for (const { type, stream, attributes } of toxics) {
        const toxic = await proxyOf(broker).toxic(type, stream, attributes)
        undo.add(() => toxic[Symbol.asyncDispose]())
      }
    }
  })
  return {
    atNs,
    detail: `${what} between clients and ${naming(brokers)}`,
    verify: async () => (await Promise.all(brokers.map(isPoisoned))).every(Boolean),
    [Symbol.asyncDispose]: undo.run,
  }
}
