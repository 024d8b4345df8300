import { connect } from 'node:net'
import type { BrokerNode, FaultContext, InjectedFault } from '../core/api.ts'
import { KbenchError } from '../core/errors.ts'

/** "brokers 1 and 2" */
export function naming(brokers: readonly BrokerNode[]): string {
  const ids = brokers.map(({ id }) => id)
  return ids.length === 1 ? `broker ${ids[0]}` : `brokers ${ids.slice(0, -1).join(', ')} and ${ids.at(-1)}`
}

/** Sends the signal to every target at once. */
export async function signalAll(brokers: readonly BrokerNode[], signal: NodeJS.Signals): Promise<void> {
  await Promise.all(
    brokers.map((broker) => {
      if (!broker.signal) throw new KbenchError('environment', `broker ${broker.id} is no process that kbench started`)
      return broker.signal(signal)
    }),
  )
}

/** Ends the targets by a signal; healing starts those that have ended. */
export async function killed({ brokers }: FaultContext, signal: 'SIGKILL' | 'SIGTERM'): Promise<InjectedFault> {
  await signalAll(brokers, signal)
  return {
    detail: `${signal} to ${naming(brokers)}`,
    verify: async () => brokers.every(({ pid }) => pid === undefined),
    async [Symbol.asyncDispose]() {
      await Promise.all(brokers.map((broker) => broker.start?.()))
    },
  }
}

/** Somebody accepts connections there. */
export function accepts({ host, port }: BrokerNode, timeoutMs = 500): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
