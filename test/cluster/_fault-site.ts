import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import type { BrokerNode, Cluster, FaultContext, InjectedFault } from '../../src/contracts/api.ts'
import { stateRequest } from '../../src/kafka/state-requests.ts'
import { connectBroker } from '../../src/kafka/wire.ts'
import { loadPlugin } from '../../src/registry.ts'

/** A cluster and a topic that faults are injected into, without a load. */
export interface FaultSite {
  cluster(): Cluster
  topic: { name: string; partitions: number }
}

export function contextOf({ cluster: get, topic }: FaultSite, brokers: readonly BrokerNode[]): FaultContext {
  const cluster = get()
  const none = () => Promise.reject(new Error('there is no load'))
  return {
    cluster,
    clock: systemClock(),
    brokers,
    topic,
    async metadata() {
      const answers = cluster.nodes.map(async (each) => {
        const connection = await connectBroker(cluster.network, each, { clientId: 'test', timeoutMs: 2000 })
        return connection.send(stateRequest(topic.name)).finally(() => connection.close())
      })
      return Promise.any(answers)
    },
    workers: { targets: [], kill: none, pause: none, leave: none, join: none, isRunning: () => false },
    below: () => 0,
    signal: new AbortController().signal,
    log: async () => {},
    note: () => {},
  }
}

/** Injects, waits until the fault says that it has happened, looks with `witness`, and heals, whatever the witness says. */
export async function during(
  site: FaultSite,
  name: string,
  options: Record<string, unknown>,
  brokers: readonly BrokerNode[],
  witness: (injected: InjectedFault) => Promise<void>,
): Promise<void> {
  const fault = await loadPlugin('faults', name)
  const injected = await fault.inject(fault.options.parse(options), contextOf(site, brokers))
  try {
    const deadline = performance.now() + (fault.verifyMs ?? 2000)
    while (!(await injected.verify())) {
      assert.ok(performance.now() < deadline, `${name} was not seen within ${fault.verifyMs ?? 2000} ms`)
      await sleep(20)
    }
    await witness(injected)
  } finally {
    await injected[Symbol.asyncDispose]()
    await injected[Symbol.asyncDispose]()
  }
}
