import type { BrokerNode, Cluster } from '../core/api.ts'
import { KbenchError, messageOf } from '../core/errors.ts'
import type { RawRequest } from '../kafka/state-requests.ts'
import { connectBroker } from '../kafka/wire.ts'

/** Without an answer for so long a broker counts as gone, ms. */
const timeoutMs = 5000

/** One request to one broker on a connection of its own. */
export async function askBroker<T>(
  { network }: Pick<Cluster, 'network'>,
  broker: Pick<BrokerNode, 'host' | 'port'>,
  request: RawRequest<T>,
): Promise<T> {
  const connection = await connectBroker(network, broker, { clientId: 'kbench-faults', timeoutMs })
  try {
    return await connection.send(request)
  } finally {
    await connection.close()
  }
}

/**
 * One request to the brokers in turn, until one of them answers; those that do not run come last. What a broker refuses is not
 * asked of the next one. Throws `environment`.
 */
export async function askAny<T>(cluster: Pick<Cluster, 'network' | 'nodes'>, request: RawRequest<T>): Promise<T> {
  const { apiName } = request.request
  const silent: string[] = []
  for (const broker of [...cluster.nodes].sort((a, b) => Number(a.pid === undefined) - Number(b.pid === undefined))) {
    try {
      return await askBroker(cluster, broker, request)
    } catch (cause) {
      if (!isUnreachable(cause)) {
        throw new KbenchError('environment', `broker ${broker.id} refuses ${apiName}: ${messageOf(cause)}`, { cause })
      }
      silent.push(`broker ${broker.id}: ${messageOf(cause)}`)
    }
  }
  throw new KbenchError('environment', `no broker answered ${apiName}`, { details: silent })
}

/** The same answer counts from every broker that gives one; false when none does. */
export async function everyBrokerSays<T>(
  cluster: Pick<Cluster, 'network' | 'nodes'>,
  request: (broker: BrokerNode) => RawRequest<T>,
  isSo: (answer: T) => boolean,
): Promise<boolean> {
  const answers = await Promise.allSettled(cluster.nodes.map((node) => askBroker(cluster, node, request(node))))
  const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  return given.length > 0 && given.every(isSo)
}

function isUnreachable(error: unknown): boolean {
  const { name } = error as { name?: string }
  return (
    name === 'KafkaJSConnectionError' ||
    name === 'KafkaJSConnectionClosedError' ||
    name === 'KafkaJSRequestTimeoutError'
  )
}
