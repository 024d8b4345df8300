import type { BrokerNode, ClusterState, FaultContext, InjectedFault } from '../core/api.ts'
import { nowNs } from '../core/clock.ts'
import { KbenchError } from '../core/errors.ts'
import { createBrokers } from '../kafka/brokers.ts'
import { naming, running, shutdownMs, startAgain } from './_processes.ts'
import { becomes, pause } from './_wait.ts'

/** How long a broker may take to be registered and in sync again, ms. */
const returnMs = 300_000

export interface RestartOptions {
  /** One after the other with this pause once all is in sync, ms; null = all at once, and over when they are registered. */
  settleMs: number | null
}

/**
 * Shuts brokers down and starts them again. Over by itself; disposing before that goes no further, and starts what was shut down.
 */
export async function restarted(context: FaultContext, { settleMs }: RestartOptions): Promise<InjectedFault> {
  const targets = running(context.brokers)
  const pids = new Map(targets.map((broker) => [broker, broker.pid]))
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, context.signal])
  const stopped = new Set<BrokerNode>()
  const stop = async (broker: BrokerNode) => {
    await broker.signal?.('SIGTERM')
    stopped.add(broker)
  }

  const oneByOne = async (pauseMs: number) => {
    for (const [index, broker] of targets.entries()) {
      if (index > 0) await stop(broker)
      await comeBack(broker, pids.get(broker), signal)
      await awaitState(
        () => allInSync(context, targets),
        `all partitions are in sync after ${naming([broker])}`,
        signal,
      )
      if (signal.aborted) return
      context.note(`${naming([broker])} is back, all partitions are in sync`)
      await pause(pauseMs, signal)
    }
  }
  const atOnce = async () => {
    await Promise.all(targets.map((broker) => comeBack(broker, pids.get(broker), signal)))
    const back = async () => listed(await context.metadata(), targets)
    await awaitState(back, `${naming(targets)} registered again`, signal)
  }

  const atNs = nowNs()
  const first = settleMs === null ? targets : targets.slice(0, 1)
  const begun = await Promise.allSettled(first.map(stop))
  const failed = begun.find((result) => result.status === 'rejected')
  // What was told to end is brought back before the failure is reported.
  const done = (
    failed ? Promise.reject(failed.reason) : settleMs === null ? atOnce() : oneByOne(settleMs)
  ) as Promise<void>
  // Whoever waits for `done` gets its failure; nobody has to.
  done.catch(() => {})
  const heal = async () => {
    over.abort()
    await done.catch(() => {})
    await Promise.all([...stopped].map((broker) => startAgain(broker, pids.get(broker))))
  }
  let healing: Promise<void> | undefined
  const dispose = () => {
    healing ??= heal()
    return healing
  }
  if (failed) {
    await dispose()
    throw failed.reason
  }
  return {
    atNs,
    detail:
      settleMs === null
        ? `SIGTERM to ${naming(targets)}, then started`
        : `SIGTERM to ${naming(targets)} in turn, each then started`,
    verify: async () => first.every((broker) => broker.pid !== pids.get(broker)),
    done,
    [Symbol.asyncDispose]: dispose,
  }
}

/** Waits until it has ended and starts it, unless somebody else has. Goes no further when aborted: healing does that. */
async function comeBack(broker: BrokerNode, pidBefore: number | undefined, signal: AbortSignal): Promise<void> {
  const ended = await becomes(() => broker.pid !== pidBefore, { timeoutMs: shutdownMs, signal })
  if (signal.aborted) return
  if (!ended)
    throw new KbenchError('environment', `${naming([broker])} did not end within ${shutdownMs / 1000} s of SIGTERM`)
  await startAgain(broker, pidBefore)
}

async function awaitState(state: () => Promise<boolean>, what: string, signal: AbortSignal): Promise<void> {
  const reached = await becomes(state, { timeoutMs: returnMs, signal, everyMs: 200 })
  if (!reached && !signal.aborted) throw new KbenchError('environment', `not within ${returnMs / 1000} s: ${what}`)
}

function listed({ brokers }: Pick<ClusterState, 'brokers'>, wanted: readonly { id: number }[]): boolean {
  return wanted.every(({ id }) => brokers.some((broker) => broker.id === id))
}

/** Every topic's partitions, Kafka's own included, have all their replicas in sync, and the targets are registered. */
async function allInSync({ cluster }: FaultContext, targets: readonly BrokerNode[]): Promise<boolean> {
  await using brokers = createBrokers(cluster.network, { clientId: 'kbench-faults', timeoutMs: 5000 })
  const metadata = await brokers.metadata([])
  const partitions = metadata.topics.flatMap((topic) => topic.partitions)
  return (
    targets.every(({ id }) => metadata.brokers.some(({ nodeId }) => nodeId === id)) &&
    partitions.every(({ isr, replicas }) => isr.length === replicas.length)
  )
}
