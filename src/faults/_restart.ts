import { nowNs } from '../base/clock.ts'
import { KbenchError } from '../base/errors.ts'
import type { BrokerNode, FaultContext, InjectedFault } from '../contracts/api.ts'
import { createBrokers } from '../kafka/brokers.ts'
import { clientIdOf } from '../kafka/client-id.ts'
import { createUndo } from './_heal.ts'
import { naming, shutdownMs, signalEach, startAgain } from './_processes.ts'
import { becomes, pause } from './_wait.ts'

/** How long brokers may take to be registered and in sync again, ms. */
const returnMs = 300_000

export interface RestartPlan {
  /** Those of a wave are restarted together; the next wave begins when the one before is back. One wave or more. */
  waves: readonly (readonly BrokerNode[])[]
  isBack(wave: readonly BrokerNode[]): Promise<boolean>
  /** Pause between two waves, ms. */
  settleMs: number
}

/** Shuts brokers down and starts them again, wave by wave. Disposing goes no further, and starts what was shut down. */
export async function restarted(context: FaultContext, plan: RestartPlan): Promise<InjectedFault> {
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, context.signal])
  const undo = createUndo()
  const pids = new Map<BrokerNode, number | undefined>()
  const stop = async (wave: readonly BrokerNode[]) => {
    for (const broker of wave) pids.set(broker, broker.pid)
    await signalEach(wave, 'SIGTERM', undo, (broker) => startAgain(broker, pids.get(broker)))
  }
  const runWaves = async () => {
    for (const [index, wave] of plan.waves.entries()) {
      if (index > 0) await pause(plan.settleMs, signal)
      if (signal.aborted) return
      if (index > 0) await stop(wave)
      await Promise.all(wave.map((broker) => comeBack(broker, pids.get(broker), signal)))
      await awaitReturn(wave, plan, signal)
      if (!signal.aborted) context.note(`${naming(wave)} restarted`)
    }
  }

  const first = plan.waves[0]!
  const atNs = nowNs()
  await stop(first)
  const done = runWaves()
  // Whoever waits for `done` gets its failure; nobody has to.
  done.catch(() => {})
  return {
    atNs,
    detail: `SIGTERM to ${naming(plan.waves.flat())}${plan.waves.length > 1 ? ' in turn' : ''}, then started`,
    verify: async () => first.every((broker) => broker.pid !== pids.get(broker)),
    done,
    async [Symbol.asyncDispose]() {
      over.abort()
      await done.catch(() => {})
      await undo.run()
    },
  }
}

/** Waits until it has ended and starts it, unless somebody else has. Goes no further when aborted: healing does that. */
async function comeBack(broker: BrokerNode, pidBefore: number | undefined, signal: AbortSignal): Promise<void> {
  const ended = await becomes(() => broker.pid !== pidBefore, { timeoutMs: shutdownMs, signal })
  if (signal.aborted) return
  if (!ended) {
    throw new KbenchError('environment', `${naming([broker])} did not end within ${shutdownMs / 1000} s of SIGTERM`)
  }
  await startAgain(broker, pidBefore)
}

async function awaitReturn(wave: readonly BrokerNode[], { isBack }: RestartPlan, signal: AbortSignal): Promise<void> {
  const back = await becomes(() => isBack(wave), { timeoutMs: returnMs, signal, everyMs: 200 })
  if (back || signal.aborted) return
  throw new KbenchError('environment', `${naming(wave)} not back within ${returnMs / 1000} s of a new start`)
}

/** These are registered; `inSync`: and no partition of any topic, Kafka's own included, is under-replicated. */
export async function areBack(
  { cluster }: FaultContext,
  wanted: readonly BrokerNode[],
  { inSync }: { inSync: boolean },
): Promise<boolean> {
  await using connections = createBrokers(cluster.network, {
    clientId: clientIdOf(cluster.network, 'faults'),
    timeoutMs: 5000,
  })
  const { brokers, topics } = await connections.metadata('all')
  if (!wanted.every(({ id }) => brokers.some(({ nodeId }) => nodeId === id))) return false
  const partitions = topics.flatMap((topic) => topic.partitions)
  return !inSync || partitions.every(({ isr, replicas }) => isr.length === replicas.length)
}
