import { connect } from 'node:net'
import { within } from './within.ts'

/** Somebody accepts connections there. */
export function accepts({ host, port }: { host: string; port: number }, timeoutMs = 500): Promise<boolean> {
  const socket = connect({ host, port })
  return within(
    timeoutMs,
    `${host}:${port}`,
    () =>
      new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true))
        socket.once('error', () => resolve(false))
      }),
  )
    .catch(() => false)
    .finally(() => socket.destroy())
}
