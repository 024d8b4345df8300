import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { stringify } from 'yaml'
import type { RunResult, Variant } from '../../src/contracts/result.ts'
import { loadPlugin, pluginNames } from '../../src/registry.ts'
import { absentClients } from '../../src/runners/run/packages.ts'
import { kbench } from '../cli/_kbench.ts'
import { awsUser } from './_iam-validator.ts'
import type { ListenerName, SecureBroker } from './_secure-broker.ts'

/** Ways to connect, as the columns of the table in docs/connections.md. */
export const ways = ['PLAINTEXT', 'TLS', 'mTLS', 'PLAIN', 'SCRAM-256', 'SCRAM-512', 'OAUTHBEARER', 'IAM'] as const
export type Way = (typeof ways)[number]

const reference = (name: string) => `\${env:${name}}`

/** What a profile says of one: where, its `security`, and the variables that hold its secrets. */
export function connectionOf(
  way: Way,
  { at, certificates, user, tokens }: SecureBroker,
  folder: string,
): { bootstrap: string; security: object | undefined; env: Record<string, string> } {
  const file = (name: string, text: string) => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), text)
    return `\${file:${join(folder, name)}}`
  }
  const env: Record<string, string> = { KAFKA_PASSWORD: user.password, KAFKA_SECRET: tokens.clientSecret, ...awsEnv() }
  const ca = file('ca.pem', certificates.ca)
  const password = (mechanism: string) => ({
    tls: true,
    ca,
    sasl: { mechanism, username: user.username, password: reference('KAFKA_PASSWORD') },
  })
  const { cert, key } = certificates.client
  const made: Record<Way, [ListenerName, object | undefined]> = {
    PLAINTEXT: ['PLAIN', undefined],
    TLS: ['TLS', { tls: true, ca }],
    mTLS: ['MTLS', { tls: { ca, cert: file('client.pem', cert), key: file('client.key', key) } }],
    PLAIN: ['SASL', password('plain')],
    'SCRAM-256': ['SASL', password('scram-sha-256')],
    'SCRAM-512': ['SASL', password('scram-sha-512')],
    OAUTHBEARER: [
      'SASL',
      {
        tls: { ca },
        sasl: {
          ...{ mechanism: 'oauthbearer', tokenEndpoint: tokens.url, clientId: tokens.clientId },
          clientSecret: reference('KAFKA_SECRET'),
        },
      },
    ],
    IAM: ['IAM', { tls: { ca }, sasl: { mechanism: 'aws-iam', region: awsUser.region } }],
  }
  const [listener, security] = made[way]
  return { bootstrap: at[listener], security, env }
}

/** The keys of the user whom the brokers know, and nothing else of AWS that may be on this machine; `more` are added. */
export const awsEnv = (more: Record<string, string> = {}): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: awsUser.accessKey,
  AWS_SECRET_ACCESS_KEY: awsUser.secretKey,
  AWS_SESSION_TOKEN: '',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  ...more,
})

/** Clients under test that are installed here. */
export async function installedClients(): Promise<string[]> {
  const names = (await pluginNames('drivers')).filter((name) => name !== 'fake')
  const drivers = new Map(
    await Promise.all(names.map(async (name) => [name, await loadPlugin('drivers', name)] as const)),
  )
  const absent = await absentClients(drivers)
  return names.filter((name) => !absent.has(name))
}

/** Runs that mostly wait share the machine: four at a time. The first failure is thrown once those under way have ended. */
export async function inTurn<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      try {
        await run(item)
      } catch (error) {
        left.length = 0
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: 4 }, worker))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

export interface TableRun {
  run: RunResult
  /** Acknowledged probes of the canary, by variant. */
  probes: Map<string, number>
  stderr: string
}

/** Read from what the run recorded: three numbers of 8 bytes for each acknowledgement. */
function probesIn(folder: string): Map<string, number> {
  const files = readdirSync(folder).map((name) => gunzipSync(readFileSync(join(folder, name))).toString('utf8'))
  return new Map(
    files.map((text) => {
      const facts = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { variant?: string; fact?: string; acks?: string })
      const bytes = facts.flatMap(({ fact, acks }) =>
        fact === 'canary' ? Buffer.from(acks ?? '', 'base64').length : [],
      )
      return [facts[0]!.variant ?? '', bytes.reduce((sum, each) => sum + each / 24, 0)]
    }),
  )
}

/** A run of all these clients over one way to connect; produce, consume, lag, audit and canary. */
export async function runOver(
  way: Way,
  broker: SecureBroker,
  folder: string,
  { clients, measure = '2s', more = {} }: { clients: readonly string[]; measure?: string; more?: object },
): Promise<TableRun> {
  const { bootstrap, security, env } = connectionOf(way, broker, join(folder, 'secrets'))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${way}.yaml`)
  const profile = {
    name: `over-${way.toLowerCase()}`,
    cluster: { provider: 'external', bootstrap: [bootstrap], ...(security && { security }) },
    topic: { partitions: 3, replicationFactor: 1 },
    clients,
    load: { rate: 200, record: { size: '100B' } },
    consumers: [{ group: 'g1' }],
    canary: { enabled: true },
    phases: { clusterWarmup: '0s', warmup: '1s', measure, drain: '20s' },
    ...more,
  }
  writeFileSync(file, stringify(profile))
  const results = join(folder, `results-${way}`)
  const { stderr } = await kbench(['run', file, '--results', results, '--no-reports'], { env })
  const [id] = existsSync(results) ? readdirSync(results) : []
  if (id === undefined) assert.fail(stderr)
  const path = join(results, id, 'result.json')
  if (!existsSync(path)) assert.fail(stderr)
  const probes = probesIn(join(results, id, 'recordings'))
  return { run: JSON.parse(readFileSync(path, 'utf8')) as RunResult, probes, stderr }
}

/** What makes a cell of the table: everything was acknowledged, received, audited, sampled and probed. */
export function assertWorked(variant: Variant, what: string, probes: TableRun['probes']): void {
  const problem = `${what}: ${JSON.stringify([variant.reasons, variant.integrity, variant.events])}`
  // How fast this machine is, is no question of a connection.
  const ofMachine = ['schedule-late', 'warm-up-unsteady', 'client-busy']
  const against = (variant.findings ?? []).filter(
    ({ code, level }) => !['warning', 'info'].includes(level) && !ofMachine.includes(code),
  )
  assert.deepEqual(against, [], problem)
  assert.ok(['ok', 'invalid'].includes(variant.status), problem)
  assert.ok(variant.integrity.audited > 0, problem)
  assert.deepEqual([variant.integrity.verdict, variant.integrity.lost], ['ok', 0], problem)
  assert.ok((variant.consume?.receivedPerSec ?? 0) > 0, problem)
  assert.equal(variant.lag.g1?.endRecords, 0, problem)
  // Three a second at least, in three seconds at least. One that could not log in is told as an event.
  assert.ok((probes.get(variant.id) ?? 0) > 10, `${problem} ${JSON.stringify([...probes])}`)
  assert.ok(!variant.events.some(({ detail }) => /canary|authenticat|sasl|brokers? .*down/i.test(detail)), problem)
}
