import { messageOf } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import type { GuardFact } from '../contracts/facts.ts'
import { createBrokers } from '../kafka/brokers.ts'
import { clientIdOf } from '../kafka/client-id.ts'
import { stateRequest } from '../kafka/state-requests.ts'
import { createForeignLag } from './_foreign-lag.ts'

export interface GuardOptions {
  topic: string
  /** Groups whose names begin with this are the run's own. */
  ownGroups: string
  foreignLag: boolean
  underReplicated: boolean
  nowNs(): number
}

/** A broker that does not answer within this leaves what it would say unknown, ms. */
const timeoutMs = 2000

/** Looks at what a profile's limits are about beside the load: other groups' lag, and the topic's in-sync sets. Asks for nothing of all topics. */
export function createGuard(network: Network, options: GuardOptions) {
  const brokers = createBrokers(network, { clientId: clientIdOf(network, 'limits'), timeoutMs })
  const lag = createForeignLag(brokers, options.ownGroups)
  return {
    async look(): Promise<GuardFact[]> {
      const problems: string[] = []
      const known = async <T>(wanted: boolean, what: string, ask: () => Promise<T>): Promise<T | null> => {
        if (!wanted) return null
        try {
          return await ask()
        } catch (error) {
          problems.push(`${what}: ${messageOf(error)}`)
          return null
        }
      }
      const foreign = await known(options.foreignLag, "other groups' lag", () => lag.look())
      const underReplicated = await known(options.underReplicated, 'in-sync replicas', async () => {
        const state = await brokers.any((connection) => connection.send(stateRequest(options.topic)))
        if (state.error !== 0) throw new Error(`topic ${options.topic}: error ${state.error}`)
        return state.partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length
      })
      const problem = problems.length === 0 ? null : problems.join('; ')
      return [{ fact: 'guard', atNs: options.nowNs(), foreign, underReplicated, problem }]
    },
    [Symbol.asyncDispose]: () => brokers[Symbol.asyncDispose](),
  }
}
