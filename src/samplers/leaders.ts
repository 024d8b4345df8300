import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import type { Network, PartitionState } from '../contracts/api.ts'
import type { LeadersFact } from '../contracts/facts.ts'
import { clientIdOf } from '../kafka/client-id.ts'
import { stateRequest } from '../kafka/state-requests.ts'
import { connectBroker } from '../kafka/wire.ts'
import { createPartitionHistory } from '../recording/partition-history.ts'

/** An answer that takes longer than this is none: the broker is asked again on a new connection. */
const timeoutMs = 1000
/** Without any answer for so long it goes on all the same, ms. */
const firstAnswerMs = 10_000

/**
 * Asks every broker on a connection of its own, every `intervalMs`, who leads and who is in sync. So a broker that
 * hangs or is gone does not hold up the answers of the others. Resolves with the first answer of any of them; what is
 * new becomes a fact.
 */
export async function watchLeaders(
  network: Network,
  nodes: readonly { id: number; host: string; port: number }[],
  options: { topic: string; intervalMs: number; clock: Clock; report(fact: LeadersFact): void; signal: AbortSignal },
): Promise<AsyncDisposable> {
  const { clock } = options
  const history = createPartitionHistory()
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, options.signal])
  const heard = new AbortController()

  let known = { initial: 0, changes: 0 }
  const answered = (broker: number, states: readonly PartitionState[]) => {
    history.answer(broker, clock.nowNs(), states)
    const initial = history.initial().slice(known.initial)
    const changes = history.changes().slice(known.changes)
    known = { initial: known.initial + initial.length, changes: known.changes + changes.length }
    const atNs = clock.nowNs()
    if (initial.length > 0) options.report({ fact: 'leaders', atNs, initial: true, states: initial })
    for (const { atNs: seenNs, ...state } of changes) {
      options.report({ fact: 'leaders', atNs: seenNs, initial: false, states: [state] })
    }
  }

  const watch = async (node: { id: number; host: string; port: number }) => {
    while (!signal.aborted) {
      let connection: Awaited<ReturnType<typeof connectBroker>> | null = null
      try {
        connection = await connectBroker(network, node, { clientId: clientIdOf(network, 'leaders'), timeoutMs })
        let nextMs = performance.now()
        while (!signal.aborted) {
          const state = await connection.send(stateRequest(options.topic))
          // A broker that has just come back answers before it knows the topic.
          if (state.error === 0 && state.partitions.length > 0) {
            answered(node.id, state.partitions)
            heard.abort()
          }
          nextMs = Math.max(nextMs + options.intervalMs, performance.now())
          await pause(nextMs - performance.now(), signal)
        }
      } catch {
        // Down, frozen or cut off: the others report the state of its partitions.
        history.silence(node.id)
        await pause(options.intervalMs, signal)
      } finally {
        await connection?.close().catch(() => {})
      }
    }
  }

  const watching = nodes.map(watch)
  await pause(firstAnswerMs, AbortSignal.any([heard.signal, signal]))
  return {
    async [Symbol.asyncDispose]() {
      over.abort()
      await Promise.all(watching)
    },
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, ms), undefined, { signal }).catch(() => {})
}
