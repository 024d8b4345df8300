import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { KbenchError } from '../../base/errors.ts'
import { within } from '../../base/within.ts'

const lowest = 15_000
const highest = 32_767

/**
 * Free TCP ports on 127.0.0.1, chosen at random so that two runs at the same time do not race for the same. They are
 * below the range from which the system takes ports of outgoing connections. Otherwise, while a broker is down, a
 * reconnecting client could be given the broker's own port and connect to itself, and the broker could not come back.
 */
export async function freePorts(count: number, taken: ReadonlySet<number>): Promise<number[]> {
  const limit = Math.min(highest, (await firstEphemeralPort()) - 1)
  const range = limit - lowest > 1000 ? limit - lowest : highest - lowest
  const found = new Set<number>()
  for (let tries = 0; found.size < count; tries++) {
    if (tries > 2000) throw new KbenchError('environment', `found no ${count} free ports on 127.0.0.1`)
    const port = lowest + Math.floor(Math.random() * range)
    if (!taken.has(port) && !found.has(port) && (await isFree(port))) found.add(port)
  }
  return [...found]
}

/** Nobody listens on 127.0.0.1:port, and this process may. */
export function isFree(port: number): Promise<boolean> {
  return within(
    5000,
    `port ${port}`,
    () =>
      new Promise<boolean>((resolve) => {
        const server = createServer()
        server.once('error', () => resolve(false))
        server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
      }),
  )
}

async function firstEphemeralPort(): Promise<number> {
  try {
    return Number((await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')).split(/\s+/)[0])
  } catch {
    return 49_152 // where there is no /proc: the range of RFC 6335, which macOS follows
  }
}
