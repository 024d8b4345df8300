import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Endpoints of AWS that hand out credentials, on a loopback address: STS (POST) and that of a container (GET). */
export interface FakeAws extends AsyncDisposable {
  origin: string
  asked: { path: string; authorization: string | undefined; body: string }[]
}

/** Both answer with these keys, which live so long, s; negative = they are over. */
export async function startAws(keys: {
  accessKey: string
  secretKey: string
  sessionToken: string
  lifeS?: number
}): Promise<FakeAws> {
  const asked: FakeAws['asked'] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization, body })
    const expiration = new Date(Date.now() + (keys.lifeS ?? 3600) * 1000).toISOString()
    const isSts = request.method === 'POST'
    response.setHeader('content-type', isSts ? 'text/xml' : 'application/json')
    response.end(isSts ? assumed(keys, expiration) : ofContainer(keys, expiration))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Keys = { accessKey: string; secretKey: string; sessionToken: string }

const ofContainer = ({ accessKey, secretKey, sessionToken }: Keys, expiration: string): string =>
  JSON.stringify({
    ...{ AccessKeyId: accessKey, SecretAccessKey: secretKey, Token: sessionToken, Expiration: expiration },
  })

const assumed = ({ accessKey, secretKey, sessionToken }: Keys, expiration: string): string =>
  `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/bench/s</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>${accessKey}</AccessKeyId><SecretAccessKey>${secretKey}</SecretAccessKey>
<SessionToken>${sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>`

/** Runs with these environment variables, which are gone afterwards. */
export async function withVariables<T>(variables: Record<string, string>, run: () => Promise<T>): Promise<T> {
  Object.assign(process.env, variables)
  try {
    return await run()
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name]
  }
}
