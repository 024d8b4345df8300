import { type Address, addressIn, addressText } from '../base/address.ts'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { type ConnectionCode, type ConnectionProblem, diagnoseConnection } from './diagnose-connection.ts'
import { type RegisteredBroker, registeredBrokers } from './registered-brokers.ts'

export interface Reached {
  brokers: RegisteredBroker[]
  /** Brokers that clients on this machine cannot reach by the address that the cluster advertises; not all of them. */
  unreachable: ConnectionProblem[]
}

/**
 * The brokers that the cluster has, from whichever bootstrap address answers first; some may be down. Throws `environment` within 15 s
 * where none answers, or none can be reached by its advertised address: its message says the likely cause and what to do.
 */
export async function reachCluster(network: Network): Promise<Reached> {
  const brokers = await firstAnswer(network)
  const advertised = brokers.filter((broker) => !network.bootstrap.includes(addressText(broker)))
  const problems = await Promise.all(
    advertised.map((broker) => diagnoseConnection(broker, network, 2500).catch(() => null)),
  )
  const unreachable = problems.filter((problem) => problem !== null)
  if (brokers.length === 0 || unreachable.length < brokers.length) return { brokers, unreachable }
  const [first] = unreachable
  const message = `the bootstrap server answers, and advertises ${addressText(advertised[0]!)}: ${first!.text}; ${advertisedRemedy(first!)}`
  throw new KbenchError('environment', message, {
    details: unreachable.slice(1).map(({ text }) => text),
    hint: 'clients use the bootstrap addresses only to connect first, then advertised.listeners of the brokers',
  })
}

const hostProblems: ReadonlySet<ConnectionCode> = new Set(['unresolvable', 'refused', 'silent'])

const advertisedRemedy = ({ code, remedy }: ConnectionProblem): string =>
  hostProblems.has(code)
    ? 'use the listener that is meant for clients here, or make that address reachable (DNS, VPN, /etc/hosts)'
    : remedy

async function firstAnswer(network: Network): Promise<RegisteredBroker[]> {
  const addresses = network.bootstrap.map(addressIn)
  const answers = network.bootstrap.map((address) => registeredBrokers({ ...network, bootstrap: [address] }))
  try {
    return await Promise.any(answers)
  } catch (error) {
    const reasons = error instanceof AggregateError ? error.errors.map(messageOf) : [messageOf(error)]
    throw await explained(addresses, network, reasons)
  }
}

async function explained(addresses: readonly Address[], network: Network, reasons: string[]): Promise<KbenchError> {
  const found = await Promise.all(addresses.map((address) => diagnoseConnection(address, network).catch(() => null)))
  const problems = found.filter((problem) => problem !== null)
  // The farther one of them got, the more it says about the settings.
  const first = problems.find(({ code }) => !hostProblems.has(code)) ?? problems[0]
  const list = addresses.map(addressText).join(', ')
  if (first === undefined) {
    return new KbenchError('environment', `no broker answers at ${list}`, { details: [...new Set(reasons)] })
  }
  const none = hostProblems.has(first.code) ? `no broker answers at ${list}: ` : ''
  const others = problems.filter((problem) => problem !== first).map(({ text }) => text)
  return new KbenchError('environment', `${none}${first.text}; ${first.remedy}`, {
    details: [...new Set([...others, ...reasons])],
  })
}
