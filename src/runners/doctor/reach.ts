import { type Address, addressIn, addressText } from '../../base/address.ts'
import { messageOf } from '../../base/errors.ts'
import type { Network } from '../../contracts/api.ts'
import { type ConnectionCode, type ConnectionProblem, diagnoseConnection } from '../../kafka/diagnose-connection.ts'
import { registeredBrokers } from '../../kafka/registered-brokers.ts'
import { type Check, defineCheck, lines } from './check.ts'

interface Tried {
  address: string
  /** The first step that fails; null = none does. */
  problem: ConnectionProblem | null
}

export interface Reach {
  bootstrap: readonly Tried[]
  /** By the addresses that they advertise to this listener's clients; empty where no bootstrap server answers. */
  brokers: readonly (Tried & { id: number })[]
  /** "ada, scram-sha-512", "none". */
  login: string
}

const stepMs = 3000

/** Each bootstrap server and each advertised address of each broker: name, port, encryption, login. */
export default defineCheck<Reach>({
  id: 'broker',
  subject: 'brokers',
  of: 'machine',

  async look({ target }) {
    if (target === null) return { bootstrap: [], brokers: [], login: '' }
    const { network } = target
    const attempt = async (address: Address): Promise<Tried> => ({
      address: addressText(address),
      problem: await diagnoseConnection(address, network, stepMs).catch((error: unknown) =>
        otherProblem(address, error),
      ),
    })
    const bootstrap = await Promise.all(network.bootstrap.map((each) => attempt(addressIn(each))))
    const answering = bootstrap.filter(({ problem }) => problem === null).map(({ address }) => address)
    const known = answering.length === 0 ? [] : await registeredBrokers({ ...network, bootstrap: answering })
    const brokers = known.map(async (broker) => ({ id: broker.id, ...(await attempt(broker)) }))
    return { bootstrap, brokers: await Promise.all(brokers), login: loginOf(network) }
  },

  judge({ bootstrap, brokers, login }): Check[] {
    if (bootstrap.length === 0) {
      return [lines('broker').ok('brokers', 'the run starts its own: nothing to be reached, logged in to or allowed')]
    }
    const { ok, warning, failure } = lines('bootstrap')
    const isAnswered = bootstrap.some(({ problem }) => problem === null)
    const asked = bootstrap.map(({ address, problem }) => {
      const subject = `bootstrap server ${address}`
      if (problem === null) return ok(subject, 'answers')
      return (isAnswered ? warning : failure)(subject, problem.text, problem.remedy)
    })
    return [...asked, ...brokers.map(ofBroker), ...ofLogin([...bootstrap, ...brokers], login)]
  },
})

/** Whether a check of the cluster has anybody to ask. */
export const isReached = ({ bootstrap }: Reach): boolean => bootstrap.some(({ problem }) => problem === null)

function ofBroker({ id, address, problem }: Reach['brokers'][number]): Check {
  const { ok, failure } = lines('broker')
  const subject = `broker ${id} at ${address}`
  if (problem === null) return ok(subject, 'can be reached')
  if (loginCodes.has(problem.code)) return ok(subject, 'can be reached, and takes no login (below)')
  const remedy = hostCodes.has(problem.code)
    ? `clients are sent to this address (advertised.listeners): use the listener that is meant for clients here, or make it reachable (DNS, VPN, /etc/hosts)`
    : problem.remedy
  return failure(subject, problem.text, remedy)
}

/** One line: all brokers take the same login, or it fails at the first. */
function ofLogin(tried: readonly Tried[], login: string): Check[] {
  const { ok, failure } = lines('login')
  const refused = tried.find(({ problem }) => problem !== null && loginCodes.has(problem.code))
  if (refused) return [failure('login', refused.problem!.text, refused.problem!.remedy)]
  const taken = tried.filter(({ problem }) => problem === null)
  return taken.length === 0
    ? []
    : [
        ok(
          'login',
          `${login}, taken by ${taken
            .map(({ address }) => address)
            .filter(unique)
            .join(', ')}`,
        ),
      ]
}

const unique = (value: string, at: number, all: readonly string[]): boolean => all.indexOf(value) === at

const hostCodes: ReadonlySet<ConnectionCode> = new Set(['unresolvable', 'refused', 'silent'])
const loginCodes: ReadonlySet<ConnectionCode> = new Set([
  'login-missing',
  'login-unknown',
  'mechanism',
  'token',
  'credentials',
])

const otherProblem = (address: Address, error: unknown): ConnectionProblem => ({
  code: 'silent',
  text: `${addressText(address)}: ${messageOf(error)}`,
  remedy: 'is a firewall, a security group or a missing VPN between this machine and the broker?',
})

function loginOf({ security }: Network): string {
  const sasl = security?.sasl
  if (sasl) return 'username' in sasl ? `${sasl.username}, ${sasl.mechanism}` : sasl.mechanism
  return security?.tls?.cert === undefined ? 'none' : 'by certificate'
}
