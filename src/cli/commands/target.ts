import { parseAddress } from '../../base/address.ts'
import { KbenchError } from '../../base/errors.ts'
import type { Network } from '../../contracts/api.ts'
import { shownLine } from '../text/shown-line.ts'

/** "a:1,[::1]:2" → its brokers; throws `usage`. */
export function brokersIn(list: string): string[] {
  const brokers = list.split(',').map((each) => each.trim())
  const wrong = brokers.find((broker) => parseAddress(broker) === null)
  if (wrong === undefined) return brokers
  throw new KbenchError(
    'usage',
    `--bootstrap-server ${list}: "${wrong}" is no host:port, like 127.0.0.1:9092 or [::1]:9092`,
  )
}

/**
 * What `-b` and `--config` say together; `-b` wins over the servers that the file names. Keys of the file that kbench does not know are
 * listed on stderr. Throws `usage` where neither names brokers.
 */
export async function targetOf({
  bootstrapServer,
  config,
}: {
  bootstrapServer?: string | undefined
  config?: string | undefined
}): Promise<Network> {
  const { readClientConfig } = await import('../../kafka/client-config.ts')
  const read = config === undefined ? null : await readClientConfig(config)
  if (read && read.unknown.length > 0) {
    process.stderr.write(shownLine(`kbench: ${config}: unknown keys, ignored: ${read.unknown.sort().join(', ')}`))
  }
  const bootstrap = bootstrapServer === undefined ? read?.bootstrap : brokersIn(bootstrapServer)
  if (!bootstrap) {
    throw new KbenchError('usage', `${config} names no bootstrap.servers`, { hint: 'add --bootstrap-server host:port' })
  }
  return { bootstrap, ...(read?.security ? { security: read.security } : {}) }
}
