import { nowNs } from '../base/clock.ts'
import { KbenchError } from '../base/errors.ts'
import type { BrokerNode, FaultContext, InjectedFault } from '../contracts/api.ts'
import { createUndo, orUndo, type Undo } from './_heal.ts'

/** Room for a controlled shutdown: the leaders are moved first. */
export const shutdownMs = 60_000

/** "brokers 1 and 2" */
export function naming(brokers: readonly { id: number }[]): string {
  const ids = brokers.map(({ id }) => id)
  return ids.length === 1 ? `broker ${ids[0]}` : `brokers ${ids.slice(0, -1).join(', ')} and ${ids.at(-1)}`
}

/** Those that run; throws `environment` when none does, or when one is no process that kbench can signal. */
export function running(brokers: readonly BrokerNode[]): readonly BrokerNode[] {
  const alive = brokers.filter(({ pid }) => pid !== undefined)
  if (alive.length === 0) {
    throw new KbenchError(
      'environment',
      brokers.length === 0
        ? 'no broker is the target'
        : `${naming(brokers)} ${brokers.length === 1 ? 'does' : 'do'} not run`,
    )
  }
  for (const { id, signal } of alive) {
    if (!signal) throw new KbenchError('environment', `broker ${id} is no process that kbench started`)
  }
  return alive
}

/** Ends the targets that run by a signal, all at the same time; healing starts them again. */
export async function killed({ brokers }: FaultContext, signal: 'SIGKILL' | 'SIGTERM'): Promise<InjectedFault> {
  const targets = running(brokers)
  const pids = new Map(targets.map((broker) => [broker, broker.pid]))
  const undo = createUndo()
  const atNs = nowNs()
  await signalEach(targets, signal, undo, (broker) => startAgain(broker, pids.get(broker)))
  return {
    atNs,
    detail: `${signal} to ${naming(targets)}`,
    // Another process id: somebody has started it again in the meantime, so it did end.
    verify: async () => targets.every((broker) => broker.pid !== pids.get(broker)),
    [Symbol.asyncDispose]: undo.run,
  }
}

/** Sends it to all at the same time; when one fails, those that got it are healed. */
export async function signalEach(
  brokers: readonly BrokerNode[],
  signal: NodeJS.Signals,
  undo: Undo,
  heal: (broker: BrokerNode) => Promise<void>,
): Promise<void> {
  const signalled: BrokerNode[] = []
  undo.add(() => Promise.all(signalled.map(heal)))
  await orUndo(undo, async () => {
    const results = await Promise.allSettled(
      brokers.map(async (broker) => {
        await broker.signal?.(signal)
        signalled.push(broker)
      }),
    )
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  })
}

/** Starts a broker that has ended, or is about to end, unless it was started again since it had this process id. */
export async function startAgain(broker: BrokerNode, pidBefore: number | undefined): Promise<void> {
  if (broker.pid !== undefined && broker.pid !== pidBefore) return
  await broker.start?.()
}
