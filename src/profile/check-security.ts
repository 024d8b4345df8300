import { type Finding, fault } from './issues.ts'
import type { Path } from './paths.ts'
import type { ClusterProfile, SecurityProfile } from './schema.ts'

type Sasl = NonNullable<SecurityProfile['sasl']>

const password = { needs: ['username', 'password'], may: [] } as const
const keysOf: Record<Sasl['mechanism'], { needs: readonly (keyof Sasl)[]; may: readonly (keyof Sasl)[] }> = {
  plain: password,
  'scram-sha-256': password,
  'scram-sha-512': password,
  oauthbearer: {
    needs: [],
    may: [
      'tokenEndpoint',
      'tokenEndpointCa',
      'clientId',
      'clientSecret',
      'scope',
      'tokenCommand',
      'tokenFile',
      'extensions',
    ],
  },
  'aws-iam': { needs: ['region'], may: ['awsProfile', 'roleArn', 'roleSessionName'] },
}

/** Which keys of security belong together. */
export function checkSecurity({ security, config }: ClusterProfile): Finding[] {
  if (!security) return []
  const path = (...keys: string[]): Path => ['cluster', 'security', ...keys]
  if (config !== undefined) {
    return [
      {
        path: ['cluster', 'config'],
        of: 'key',
        message: 'excludes security beside it, keep one of them',
        uses: [path()],
      },
    ]
  }
  return [...checkTls(security, path), ...(security.sasl ? checkSasl(security.sasl, path) : [])]
}

function checkTls({ tls, ca }: SecurityProfile, path: (...keys: string[]) => Path): Finding[] {
  const findings: Finding[] = []
  if (tls === false && ca !== undefined) {
    findings.push({ path: path('ca'), of: 'key', message: 'needs tls: true', uses: [path('tls')] })
  }
  if (typeof tls === 'boolean') return findings
  if (tls.ca !== undefined && ca !== undefined) {
    findings.push({ path: path('ca'), of: 'key', message: 'is said twice, keep tls.ca', uses: [path('tls', 'ca')] })
  }
  for (const [one, other] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ] as const) {
    if (tls[one] === undefined || tls[other] !== undefined) continue
    findings.push(fault(path('tls'), `mutual TLS needs cert and key, and there is only ${one}`, [path('tls', one)]))
  }
  if (tls.passphrase !== undefined && tls.key === undefined) {
    findings.push({
      path: path('tls', 'passphrase'),
      of: 'key',
      message: 'is that of a key, and there is none',
      uses: [],
    })
  }
  return findings
}

function checkSasl(sasl: Sasl, path: (...keys: string[]) => Path): Finding[] {
  const { mechanism } = sasl
  const uses = [path('sasl', 'mechanism')]
  const { needs, may } = keysOf[mechanism]
  const given = (Object.keys(sasl) as (keyof Sasl)[]).filter((key) => key !== 'mechanism' && sasl[key] !== undefined)
  const stray = given.filter((key) => !needs.includes(key) && !may.includes(key))
  const missing = needs.filter((key) => sasl[key] === undefined)
  return [
    ...stray.map((key): Finding => ({ path: path('sasl', key), of: 'key', message: `is not for ${mechanism}`, uses })),
    ...missing.map((key) => fault(path('sasl', key), `missing, ${mechanism} needs it`, uses)),
    ...(mechanism === 'oauthbearer' ? checkToken(sasl, path) : []),
    ...(mechanism === 'aws-iam' ? checkAws(sasl, path) : []),
  ]
}

function checkAws({ awsProfile, roleArn, roleSessionName }: Sasl, path: (...keys: string[]) => Path): Finding[] {
  if (awsProfile !== undefined && roleArn !== undefined) {
    const message = 'excludes roleArn beside it; a profile of the AWS configuration may itself name a role'
    return [{ path: path('sasl', 'awsProfile'), of: 'key', message, uses: [path('sasl', 'roleArn')] }]
  }
  if (roleSessionName === undefined || roleArn !== undefined) return []
  return [{ path: path('sasl', 'roleSessionName'), of: 'key', message: 'is for roleArn only', uses: [] }]
}

const origins = ['tokenEndpoint', 'tokenCommand', 'tokenFile'] as const

function checkToken(sasl: Sasl, path: (...keys: string[]) => Path): Finding[] {
  const given = origins.filter((key) => sasl[key] !== undefined)
  if (given.length !== 1) {
    const message = `oauthbearer needs one of ${origins.join(', ')}, and there ${given.length === 0 ? 'is none' : `are ${given.length}`}`
    return [
      fault(
        path('sasl'),
        message,
        given.map((key) => path('sasl', key)),
      ),
    ]
  }
  const ofEndpoint = ['clientId', 'clientSecret'] as const
  if (sasl.tokenEndpoint === undefined) {
    return ([...ofEndpoint, 'scope', 'tokenEndpointCa'] as const)
      .filter((key) => sasl[key] !== undefined)
      .map((key): Finding => ({ path: path('sasl', key), of: 'key', message: 'is for tokenEndpoint only', uses: [] }))
  }
  return ofEndpoint
    .filter((key) => sasl[key] === undefined)
    .map((key) => fault(path('sasl', key), 'missing, tokenEndpoint needs it', [path('sasl', 'tokenEndpoint')]))
}
