import { setTimeout as sleep } from 'node:timers/promises'
import { addressText } from '../../base/address.ts'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { Security } from '../../contracts/api.ts'
import { registeredBrokers } from '../../kafka/registered-brokers.ts'

export interface Waiting {
  timeoutMs: number
  signal: AbortSignal
  /** Brokers that cannot become ready any more, and why; checked at every turn. */
  ended(): Promise<readonly { name: string; id: number; why: string }[]>
  /** How to log in; may be asked again and again until there are users. */
  security?: Security | undefined
  /** Last lines of a broker's log. */
  logTail(id: number): Promise<string[]>
}

const pollMs = 200

/**
 * Waits until every broker answers and lists every other as registered.
 * Throws `environment` as soon as a broker ends, or at the deadline, with the tail of the failing broker's log; `interrupted` on abort.
 */
export async function waitUntilRegistered(
  nodes: readonly { id: number; host: string; port: number }[],
  waiting: Waiting,
): Promise<void> {
  const deadline = performance.now() + waiting.timeoutMs
  const missing = new Map(nodes.map((node) => [node.id, 'did not answer']))
  while (missing.size > 0) {
    throwIfInterrupted(waiting.signal)
    const [ended] = await waiting.ended()
    if (ended) throw await failure(`broker ${ended.id} (${ended.name}) ${ended.why} while starting`, ended.id, waiting)
    if (performance.now() > deadline) {
      const list = [...missing].map(([id, why]) => `broker ${id} ${why}`).join('; ')
      throw await failure(
        `the cluster was not ready within ${waiting.timeoutMs / 1000} s: ${list}`,
        [...missing.keys()][0]!,
        waiting,
      )
    }
    await Promise.all(
      nodes
        .filter(({ id }) => missing.has(id))
        .map(async (node) => {
          const why = await whyNotReady(node, nodes, waiting.security)
          if (why === null) missing.delete(node.id)
          else missing.set(node.id, why)
        }),
    )
    if (missing.size > 0) await sleep(pollMs)
  }
}

/** Throws `interrupted` when the run was. */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new KbenchError('interrupted', 'interrupted while the cluster was starting')
}

async function whyNotReady(
  node: { host: string; port: number },
  nodes: readonly { id: number }[],
  security: Security | undefined,
): Promise<string | null> {
  try {
    const known = await registeredBrokers({ bootstrap: [addressText(node)], ...(security && { security }) })
    const absent = nodes.filter(({ id }) => !known.some((broker) => broker.id === id)).map(({ id }) => id)
    return absent.length === 0 ? null : `does not list broker ${absent.join(', ')} yet`
  } catch (error) {
    return `did not answer (${messageOf(error)})`
  }
}

async function failure(message: string, id: number, waiting: Waiting): Promise<KbenchError> {
  const details = await waiting.logTail(id)
  return new KbenchError('environment', message, {
    details,
    ...(details.some((line) => /Address already in use/i.test(line))
      ? { hint: 'another process took a port of this cluster: run again, or free the port' }
      : {}),
  })
}

/** Waits until `isReady`; throws `environment` with the tail of the log when the process ends before, or `timeoutMs` pass. */
export async function waitUntilReady(
  isReady: () => Promise<boolean>,
  waiting: {
    /** "ZooKeeper 1 (zoo1)" */
    what: string
    timeoutMs: number
    signal: AbortSignal
    ended(): string | null
    logTail(): Promise<string[]>
  },
): Promise<void> {
  const { what, timeoutMs, signal, ended, logTail } = waiting
  const deadline = performance.now() + timeoutMs
  while (!(await isReady())) {
    throwIfInterrupted(signal)
    const why = ended()
    if (why === null && performance.now() <= deadline) {
      await sleep(pollMs)
      continue
    }
    const state = why === null ? `was not ready within ${timeoutMs / 1000} s` : `${why} while starting`
    throw new KbenchError('environment', `${what} ${state}`, { details: await logTail() })
  }
}
