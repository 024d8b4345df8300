import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { KbenchError } from '../base/errors.ts'
import { within } from '../base/within.ts'

const limitMs = 5000

export interface Listening extends AsyncDisposable {
  host: string
  port: number
}

/** Serves until it is disposed. Throws (environment) in a line where the port cannot be had; `option` is what asked for it. */
export async function listen(
  { host, port }: { host: string; port: number },
  option: string,
  serve: RequestListener,
): Promise<Listening> {
  const server = createServer(serve)
  try {
    await within(limitMs, option, () => once(server.listen(port, host), 'listening'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'is taken' : `cannot be had: ${code ?? message}`
    throw new KbenchError('environment', `${option}: ${host}:${port} ${why}`, {
      cause: error,
      hint: 'name another port, or 0 for any that is free',
    })
  }
  // A scraper's open connection must not keep a run from ending.
  server.unref()
  return {
    host,
    port: portOf(server),
    async [Symbol.asyncDispose]() {
      await within(limitMs, option, () => {
        server.close()
        server.closeAllConnections()
        return once(server, 'close')
      })
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
