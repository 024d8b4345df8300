import { KbenchError, messageOf } from '../base/errors.ts'
import type { BrokerNode, Cluster } from '../contracts/api.ts'
import { clientIdOf } from '../kafka/client-id.ts'
import type { RawRequest } from '../kafka/raw-request.ts'
import { type BrokerConnection, connectBroker } from '../kafka/wire.ts'

/** Without an answer for so long a broker counts as gone, ms. */
const timeoutMs = 5000

/** One broker, on a connection of its own. */
export async function onBroker<T>(
  { network }: Pick<Cluster, 'network'>,
  broker: Pick<BrokerNode, 'host' | 'port'>,
  use: (connection: BrokerConnection) => Promise<T>,
): Promise<T> {
  const connection = await connectBroker(network, broker, { clientId: clientIdOf(network, 'faults'), timeoutMs })
  try {
    return await use(connection)
  } finally {
    await connection.close()
  }
}

/** One request to one broker. */
export const askBroker = <T>(
  cluster: Pick<Cluster, 'network'>,
  broker: Pick<BrokerNode, 'host' | 'port'>,
  request: RawRequest<T>,
): Promise<T> => onBroker(cluster, broker, (connection) => connection.send(request))

/**
 * The brokers in turn, until one of them answers; those that do not run come last. What a broker refuses is not asked of the next one,
 * unless it is for the controller alone to answer, as some requests are before KRaft. Throws `environment`; `what` is for its message.
 */
export async function onAny<T>(
  cluster: Pick<Cluster, 'network' | 'nodes'>,
  what: string,
  use: (connection: BrokerConnection) => Promise<T>,
): Promise<T> {
  const silent: string[] = []
  let notController = 0
  for (const broker of [...cluster.nodes].sort((a, b) => Number(a.pid === undefined) - Number(b.pid === undefined))) {
    try {
      return await onBroker(cluster, broker, use)
    } catch (cause) {
      if (cause instanceof KbenchError) throw cause
      if ((cause as { type?: string }).type === 'NOT_CONTROLLER') notController++
      else if (!isUnreachable(cause)) {
        throw new KbenchError('environment', `broker ${broker.id} refuses ${what}: ${messageOf(cause)}`, { cause })
      }
      silent.push(`broker ${broker.id}: ${messageOf(cause)}`)
    }
  }
  const message = notController > 0 ? `no controller takes ${what} now` : `no broker answered ${what}`
  throw new KbenchError('environment', message, { details: silent })
}

/** One request, as in {@link onAny}. */
export const askAny = <T>(cluster: Pick<Cluster, 'network' | 'nodes'>, request: RawRequest<T>): Promise<T> =>
  onAny(cluster, request.request.apiName, (connection) => connection.send(request))

/** The same answer counts from every broker that gives one; when none does, `ifNoneAnswers`. */
export async function everyBrokerSays<T>(
  cluster: Pick<Cluster, 'network' | 'nodes'>,
  request: (broker: BrokerNode) => RawRequest<T>,
  isSo: (answer: T) => boolean,
  ifNoneAnswers = false,
): Promise<boolean> {
  const answers = await Promise.allSettled(cluster.nodes.map((node) => askBroker(cluster, node, request(node))))
  const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  return given.length > 0 ? given.every(isSo) : ifNoneAnswers
}

function isUnreachable(error: unknown): boolean {
  const { name } = error as { name?: string }
  return (
    name === 'KafkaJSConnectionError' ||
    name === 'KafkaJSConnectionClosedError' ||
    name === 'KafkaJSRequestTimeoutError'
  )
}
