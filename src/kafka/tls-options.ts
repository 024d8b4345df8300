import type { ConnectionOptions } from 'node:tls'
import type { Tls } from '../contracts/api.ts'

/** The same for node:tls and for clients that pass their options on to it; a new object each time. */
export function tlsOptions({ ca, cert, key, passphrase, verification }: Tls): ConnectionOptions {
  return {
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(verification === 'none' ? { rejectUnauthorized: false } : {}),
    ...(verification === 'chain' ? { checkServerIdentity: () => undefined } : {}),
  }
}
