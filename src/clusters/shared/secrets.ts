import { resolveReferences } from '../../base/references.ts'
import type { AwsIam, Sasl, Security, Tls, TokenOrigin } from '../../contracts/api.ts'
import type { SecurityProfile } from '../../profile/schema.ts'

/** "${env:NAME}" or "${file:path}" → what it stands for; anything else is itself. Throws `environment`. */
export async function resolveSecret(text: string): Promise<string> {
  return /^\$\{(env|file):[^}]+\}$/.test(text) ? (await resolveReferences(text)).text : text
}

/** What a profile's `security` means, every reference replaced. The result must not be printed or stored. */
export async function resolveSecurity({ tls, ca, sasl }: SecurityProfile): Promise<Security> {
  return {
    ...(tls === false ? {} : { tls: await resolveTls(tls === true ? { verification: 'full' } : tls, ca) }),
    ...(sasl ? { sasl: await resolveSasl(sasl) } : {}),
  }
}

type TlsProfile = Exclude<SecurityProfile['tls'], boolean>
type SaslProfile = NonNullable<SecurityProfile['sasl']>

async function resolveTls({ verification, ...rest }: TlsProfile, ca: string | undefined): Promise<Tls> {
  const secrets = Object.entries({ ...(ca === undefined ? {} : { ca }), ...rest })
  const given = secrets.filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { verification, ...(await resolved(Object.fromEntries(given))) }
}

async function resolveSasl(sasl: SaslProfile): Promise<Sasl> {
  const { mechanism } = sasl
  // Which keys there are was checked with the profile.
  if (mechanism === 'oauthbearer') {
    const { extensions } = sasl
    return { mechanism, token: await originOf(sasl), ...(extensions === undefined ? {} : { extensions }) }
  }
  if (mechanism === 'aws-iam') return { mechanism, region: sasl.region ?? '', credentials: credentialsOf(sasl) }
  const { username = '', password = '' } = sasl
  return { mechanism, ...(await resolved({ username, password })) }
}

async function originOf(sasl: SaslProfile): Promise<TokenOrigin> {
  const { tokenEndpoint, tokenEndpointCa: ca, clientId = '', clientSecret = '', scope, tokenCommand, tokenFile } = sasl
  if (tokenEndpoint !== undefined) {
    const secrets = { clientId, clientSecret, ...(ca === undefined ? {} : { ca }) }
    return {
      from: 'endpoint',
      url: tokenEndpoint,
      ...(await resolved(secrets)),
      ...(scope === undefined ? {} : { scope }),
    }
  }
  return tokenCommand ? { from: 'command', argv: tokenCommand } : { from: 'file', path: tokenFile ?? '' }
}

function credentialsOf({ awsProfile, roleArn, roleSessionName }: SaslProfile): AwsIam['credentials'] {
  if (awsProfile !== undefined) return { from: 'profile', profile: awsProfile }
  if (roleArn === undefined) return { from: 'default' }
  return { from: 'role', arn: roleArn, ...(roleSessionName === undefined ? {} : { session: roleSessionName }) }
}

async function resolved<T extends Record<string, string>>(secrets: T): Promise<T> {
  const entries = Object.entries(secrets).map(async ([key, text]) => [key, await resolveSecret(text)])
  return Object.fromEntries(await Promise.all(entries)) as T
}
