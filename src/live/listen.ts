import { createServer, type RequestListener, type Server } from 'node:http'
import { KbenchError } from '../base/errors.ts'

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
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new KbenchError(
          'environment',
          `${option}: ${host}:${port} ${error.code === 'EADDRINUSE' ? 'is taken' : `cannot be had (${error.code})`}`,
          {
            cause: error,
            hint: 'name another port, or 0 for any that is free',
          },
        ),
      ),
    )
    server.listen(port, host, resolve)
  })
  // A scraper's open connection must not keep a run from ending.
  server.unref()
  return {
    host,
    port: portOf(server),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
