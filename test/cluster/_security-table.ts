import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { RunResult, Variant } from '../../src/contracts/result.ts'
import { kbench } from '../cli/_kbench.ts'
import type { ListenerName, SecureBroker } from './_secure-broker.ts'

/** Ways to connect, as the columns of the table in docs/connections.md. */
export const ways = ['PLAINTEXT', 'TLS', 'mTLS', 'PLAIN', 'SCRAM-256', 'SCRAM-512', 'OAUTHBEARER'] as const
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
  const env: Record<string, string> = { KAFKA_PASSWORD: user.password, KAFKA_SECRET: tokens.clientSecret }
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
  }
  const [listener, security] = made[way]
  return { bootstrap: at[listener], security, env }
}

export interface TableRun {
  run: RunResult
  stderr: string
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
  return { run: JSON.parse(readFileSync(path, 'utf8')) as RunResult, stderr }
}

/** What makes a cell of the table: everything was acknowledged, received, audited, sampled and probed. */
export function assertWorked(variant: Variant, what: string): void {
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
  // A canary that could not log in is told as an event.
  assert.ok(!variant.events.some(({ detail }) => /canary/.test(detail)), problem)
}
