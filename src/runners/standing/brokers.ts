import { setTimeout as sleep } from 'node:timers/promises'
import { addressText } from '../../base/address.ts'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { BrokerNode, Cluster, Network } from '../../contracts/api.ts'
import { registeredBrokers } from '../../kafka/registered-brokers.ts'

/** Throws `usage` where there is none of that id. */
export function brokerOf(cluster: Cluster, id: number): BrokerNode {
  const node = cluster.nodes.find((each) => each.id === id)
  if (node) return node
  throw new KbenchError('usage', `there is no broker ${id}`, {
    hint: `one of: ${cluster.nodes.map((each) => each.id).join(', ')}`,
  })
}

const mostMs = 60_000

interface Time {
  nowMs(): number
  pause(ms: number): Promise<unknown>
}

const real: Time = { nowMs: () => performance.now(), pause: sleep }

/** Sends a signal; of one that ends a process waits until it has (60 s at most). Throws `environment`. */
export async function stopBroker(
  node: BrokerNode,
  signal: NodeJS.Signals,
  say: (line: string) => void,
  time: Time = real,
): Promise<void> {
  if (!node.signal || node.pid === undefined) throw new KbenchError('environment', `broker ${node.id} does not run`)
  await node.signal(signal)
  if (signal === 'SIGSTOP' || signal === 'SIGCONT') return
  say(`broker ${node.id} ends`)
  const deadline = time.nowMs() + mostMs
  while (node.pid !== undefined) {
    if (time.nowMs() > deadline) {
      throw new KbenchError('environment', `broker ${node.id} still runs ${mostMs / 1000} s after ${signal}`, {
        hint: '--signal SIGKILL ends it immediately',
      })
    }
    await time.pause(100)
  }
}

/** Starts it, and waits (60 s at most) until it is one of its cluster by its own word. Throws `environment`. */
export async function startBroker(
  node: BrokerNode,
  network: Network,
  say: (line: string) => void,
  time: Time = real,
): Promise<void> {
  if (!node.start) throw new KbenchError('environment', `broker ${node.id} cannot be started`)
  if (node.pid !== undefined) throw new KbenchError('environment', `broker ${node.id} runs already`)
  say(`broker ${node.id} starts`)
  await node.start()
  const deadline = time.nowMs() + mostMs
  for (;;) {
    const missing = await missingAnswer(node, network)
    if (missing === null) return
    const ended = node.pid === undefined
    if (ended || time.nowMs() > deadline) {
      const state = ended ? 'ended while it started' : `${missing}, for ${mostMs / 1000} s`
      throw new KbenchError('environment', `broker ${node.id} ${state}`, { details: (await node.logTail?.()) ?? [] })
    }
    await time.pause(200)
  }
}

/** What it lacks to be one of the cluster again, by its own word; null = nothing. */
async function missingAnswer(node: BrokerNode, network: Network): Promise<string | null> {
  try {
    const known = await registeredBrokers({ ...network, bootstrap: [addressText(node)] })
    return known.some(({ id }) => id === node.id) ? null : 'does not list itself'
  } catch (error) {
    return `did not answer (${messageOf(error)})`
  }
}
