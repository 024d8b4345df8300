import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { errorText } from '../../src/cli/text/error-text.ts'
import type { Cluster } from '../../src/contracts/api.ts'
import type { Variant } from '../../src/contracts/result.ts'
import { topicOffsets } from '../../src/kafka/topic-offsets.ts'
import type { ProfileInput } from '../../src/profile/schema.ts'
import { startCluster } from '../../src/runners/run/choose-cluster.ts'
import { type Acls, aclsOf, type Rule } from './_acls.ts'
import { until } from './_providers.ts'
import { type SecureBroker, startSecureBroker } from './_secure-broker.ts'
import { variantOf } from './_variant.ts'

/** A broker on which nobody may do what no rule allows, and how a user without any rule reaches it. */
export interface Guarded extends AsyncDisposable {
  broker: SecureBroker
  acls: Acls
  /** As the user. */
  cluster: Cluster
  /** `cluster` of a profile; the password is in KAFKA_PASSWORD. */
  connection: NonNullable<ProfileInput['cluster']>
  /** Makes an empty topic of three partitions, as somebody who may. */
  topic(name: string): Promise<void>
}

export async function startGuarded(folder: string): Promise<Guarded> {
  const broker = await startSecureBroker(join(folder, 'broker'), { 'allow.everyone.if.no.acl.found': 'false' })
  const acls = await aclsOf(broker.at.PLAIN, broker.user.username)
  process.env.KAFKA_PASSWORD = broker.user.password
  const password = `\${env:${'KAFKA_PASSWORD'}}`
  const sasl = { mechanism: 'scram-sha-256', username: broker.user.username, password } as const
  const connection = { provider: 'external', bootstrap: [broker.at.SASLPLAIN], security: { tls: false, sasl } }
  const { cluster } = await startCluster(
    { ...connection, layout: 'kraft-3', startTimeout: 60_000, prefix: 'kbench-' },
    { runId: 'guarded', directory: mkdtempSync(join(folder, 'run-')), signal: new AbortController().signal, say() {} },
  )
  return {
    ...{ broker, acls, cluster, connection },
    async topic(name) {
      await acls.admin.createTopics({ topics: [{ topic: name, numPartitions: 3, replicationFactor: 1 }] })
      const all = { bootstrap: [broker.at.PLAIN] }
      await until('it is led', async () => (await topicOffsets(all, name, 'latest', [0, 1, 2])).size === 3)
    },
    async [Symbol.asyncDispose]() {
      await acls[Symbol.asyncDispose]()
      await broker[Symbol.asyncDispose]()
    },
  }
}

export type Work = 'produce-consume' | 'produce-consume, with canary' | 'produce' | 'consume'

/** The least that each takes on a topic that is there, as docs/connections.md lists it. */
export const minimum: Readonly<Record<Work, readonly Rule[]>> = {
  'produce-consume': ['Write on topic orders', 'Read on topic orders', 'Read on group kbench-*'],
  'produce-consume, with canary': ['Write on topic orders', 'Read on topic orders', 'Read on group kbench-*'],
  produce: ['Write on topic orders', 'Read on topic orders'],
  consume: ['Read on topic orders', 'Read on group kbench-*'],
}

/** profiles/3broker-acks-all.yaml at a small rate, or a part of it. */
export function profileOf(work: Work, client: string, { connection }: Guarded): ProfileInput {
  const workload = work.replace(/,.*/, '')
  return {
    ...{ name: 'least', workload, clients: [client], cluster: connection, topic: { name: 'orders' } },
    load: { rate: 100, record: { size: '1KiB' }, ...(work === 'consume' && { fill: 'none', count: 30 }) },
    producers: { count: 2, acks: 'all' },
    consumers: work === 'produce' ? [] : [{ group: 'g1', members: work === 'consume' ? 1 : 3 }],
    canary: { enabled: work.endsWith('canary') },
    phases: { clusterWarmup: '0s', warmup: '0s', measure: '1s', drain: '15s' },
  }
}

/** Runs with exactly these rules. */
export async function runWith(
  guarded: Guarded,
  rules: readonly Rule[],
  profile: ProfileInput,
): Promise<{ variant: Variant; logs: string[] }> {
  await guarded.acls.set(rules)
  const logs: string[] = []
  const variant = await variantOf(guarded.cluster, profile, { log: (line) => logs.push(line) })
  return { variant, logs }
}

/** How busy the machine is, is no question of permissions. */
const ofMachine = [
  'schedule-late',
  'warm-up-unsteady',
  'client-busy',
  'short-measure',
  'short-consume',
  'count-used-up',
]

export async function assertRuns(guarded: Guarded, work: Work, client: string): Promise<void> {
  const what = `${client}, ${work}`
  const { variant } = await runWith(guarded, minimum[work], profileOf(work, client, guarded))
  const problem = `${what}: ${variant.reasons.join('; ')}; ${JSON.stringify(variant.events)}`
  const findings = (variant.findings ?? []).filter(({ code }) => !ofMachine.includes(code))
  const lacking = findings.flatMap((each) => (each.code === 'permission-missing' ? [String(each.operation)] : []))
  // What is merely nice to have is a finding. Of a group it is not known before any group was on the cluster.
  assert.ok(lacking.includes('DescribeConfigs'), problem)
  for (const operation of lacking) assert.match(operation, work === 'produce' ? /^DescribeConfigs$/ : /^De/)
  const others = findings.filter(({ code }) => code !== 'permission-missing')
  assert.deepEqual(
    others.map(({ code }) => code),
    work === 'consume' ? ['not-audited'] : [],
    problem,
  )
  if (work === 'consume') assert.ok((variant.consume?.receivedPerSec ?? 0) > 0, problem)
  else {
    assert.equal(variant.ledger.acked, 100, problem)
    assert.deepEqual([variant.integrity.verdict, variant.integrity.lost], ['ok', 0], problem)
  }
  if (work === 'produce-consume') assert.equal(variant.lag.g1?.endRecords, 0, problem)
  if (work.endsWith('canary')) assert.ok(!variant.events.some(({ detail }) => /canary/.test(detail)), problem)
}

/** Without one of them it is refused by name, at once, and nothing was written. */
export async function assertRefused(guarded: Guarded, work: Work, client: string, gone: Rule): Promise<void> {
  const what = `${client}, ${work}, without ${gone}`
  const ends = () => topicOffsets({ bootstrap: [guarded.broker.at.PLAIN] }, 'orders', 'latest')
  const before = await ends()
  const startedMs = performance.now()
  const rules = minimum[work].filter((rule) => rule !== gone)
  const error = await runWith(guarded, rules, profileOf(work, client, guarded)).then(
    () => assert.fail(`${what}: it was not refused`),
    (reason: unknown) => reason,
  )
  assert.ok(performance.now() - startedMs < 15_000, `${what}: took ${performance.now() - startedMs} ms`)
  const [first, ...rest] = errorText(error, { columns: null, colour: false }).split('\n')
  const named = gone.replace('*', '')
  assert.ok(first!.startsWith(`kbench: permission ${named}`), `${what}: ${first}`)
  assert.match(first!, / is missing \(/)
  assert.match(rest.join('\n'), new RegExp(`grant ${named}`), what)
  assert.deepEqual(await ends(), before, what)
}
