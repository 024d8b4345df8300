import { createPrivateKey, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A token endpoint for client credentials: oidc-provider on a loopback address. */
export interface Issuer extends AsyncDisposable {
  url: string
  clientId: string
  clientSecret: string
  /** How long its tokens live, s; may be changed. */
  lifeS: number
  /** How many it has issued. */
  issued: number
  /** A token signed with its key that lives so long from now, s; negative = that is over. */
  token(lifeS: number): string
}

/** What of oidc-provider is used here; it has no types of its own. */
interface Provider {
  callback(): (request: unknown, response: unknown) => void
  on(event: string, listener: () => void): void
}

/** Signs with this RSA key, PEM, whose id is `kid`; tokens are for the audience `kafka`. */
export async function startIssuer(key: string, kid: string): Promise<Issuer> {
  const privateKey = createPrivateKey(key)
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer: Issuer = {
    ...{ url: `${origin}/token`, clientId: 'kbench', clientSecret: 's:e c', lifeS: 600, issued: 0 },
    token: (lifeS) => signed(privateKey, kid, origin, lifeS),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const jwk: JsonWebKey = { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }
  const name = 'oidc-provider'
  const { Provider } = (await import(name)) as { Provider: new (issuer: string, configuration: object) => Provider }
  const resource = {
    ...{ scope: 'kafka', audience: 'kafka', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } },
  }
  const provider = new Provider(origin, {
    clients: [
      {
        ...{ client_id: issuer.clientId, client_secret: issuer.clientSecret, redirect_uris: [], response_types: [] },
        grant_types: ['client_credentials'],
      },
    ],
    jwks: { keys: [jwk] },
    scopes: ['kafka'],
    ttl: { ClientCredentials: () => issuer.lifeS },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      // What makes the token a JSON Web Token for an audience, and not one that only the provider can look up.
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:kafka',
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ ...resource, accessTokenTTL: issuer.lifeS }),
      },
    },
  })
  provider.on('client_credentials.issued', () => {
    issuer.issued++
  })
  server.on('request', provider.callback())
  return issuer
}

function signed(key: KeyObject, kid: string, iss: string, lifeS: number): string {
  const nowS = Math.floor(Date.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const iat = Math.min(nowS, nowS + lifeS - 60)
  const text = `${part({ alg: 'RS256', kid, typ: 'JWT' })}.${part({ iss, sub: 'ada', aud: 'kafka', iat, exp: nowS + lifeS })}`
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}
