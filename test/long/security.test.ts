import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import type { Variant } from '../../src/contracts/result.ts'
import { skipReason } from '../cluster/_providers.ts'
import { refusedLogins, type SecureBroker, startSecureBroker } from '../cluster/_secure-broker.ts'
import {
  assertWorked,
  installedClients,
  inTurn,
  runOver,
  type TableRun,
  type Way,
  ways,
} from '../cluster/_security-table.ts'

// The table of docs/connections.md, tokens that live a minute, and tokens of AWS IAM beside botocore's.

const skip = (await skipReason('local')) ?? false
const folder = mkdtempSync(join(tmpdir(), 'kbench-security-'))
let broker: SecureBroker
let clients: string[] = []

before(async () => {
  if (skip) return
  clients = await installedClients()
  broker = await startSecureBroker(join(folder, 'broker'))
})

after(async () => {
  await broker?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const tool = 'kafka-perf-test'
const all = ['kafkajs', 'node-rdkafka', 'confluent-kafka', 'platformatic-kafka', tool]

/** What a variant came to: a cell of the table. */
function cellOf(variant: Variant, way: Way, probes: TableRun['probes']): string {
  if (variant.status === 'unsupported') return `no: ${variant.reasons.join('; ')}`
  try {
    if (variant.params.client === tool) assertToolWorked(variant)
    else assertWorked(variant, `${way}, ${variant.id}`, probes)
    return 'yes'
  } catch (error) {
    return `FAILED: ${(error as Error).message}`
  }
}

/** It has neither lag nor canary; kbench's own audit reads nothing of it, but counts its records in the log and as read. */
function assertToolWorked({ status, ledger, consume }: Variant): void {
  assert.equal(status, 'ok')
  assert.ok(ledger.acked > 0)
  assert.ok((consume?.receivedPerSec ?? 0) > 0)
}

/** The table as Markdown. */
const tableOf = (cells: ReadonlyMap<string, string>): string[] => [
  `| | ${ways.join(' | ')} |`,
  `| ---${' | ---'.repeat(ways.length)} |`,
  ...all.map((client) => `| \`${client}\` | ${ways.map((way) => cells.get(`${client} ${way}`) ?? '–').join(' | ')} |`),
]

describe('every client over every way to connect', { skip }, () => {
  test('produces, consumes, is audited, sampled and probed, as docs/connections.md says', async () => {
    const cells = new Map<string, string>()
    await inTurn(ways, async (way) => {
      const more = { reference: tool, phases: { clusterWarmup: '0s', warmup: '5s', measure: '7s', drain: '20s' } }
      const { run, probes, stderr } = await runOver(way, broker, folder, { clients, more })
      assert.ok(run.variants.length > 0, stderr)
      for (const variant of run.variants) cells.set(`${variant.params.client} ${way}`, cellOf(variant, way, probes))
    })
    const table = tableOf(cells)
    console.log(['', ...table, ''].join('\n'))
    assert.deepEqual(
      [...cells].filter(([, cell]) => cell.startsWith('FAILED')),
      [],
    )
    assert.deepEqual(refusedLogins(broker), [])
    assert.equal(cells.size, (clients.length + 1) * ways.length)
    const page = readFileSync(join(packageRoot, 'docs/connections.md'), 'utf8')
    for (const row of table.filter((line) => !line.includes('–')))
      assert.ok(page.includes(row), `not in the docs: ${row}`)
  })
})

/** Minutes; KBENCH_TOKEN_MINUTES shortens it while one works on it. */
const minutes = Number(process.env.KBENCH_TOKEN_MINUTES ?? 20)

test(`${minutes} minutes with tokens that live 60 s lose nothing`, { skip }, async () => {
  broker.tokens.lifeS = 60
  const before = broker.tokens.issued
  await Promise.all(
    clients.map(async (client) => {
      const where = join(folder, `tokens-${client}`)
      const load = { rate: 50, record: { size: '100B' } }
      const { run, probes } = await runOver('OAUTHBEARER', broker, where, {
        ...{ clients: [client], measure: `${minutes}m`, more: { load } },
      })
      for (const variant of run.variants) {
        assertWorked(variant, variant.id, probes)
        const { acked, scheduled } = variant.ledger
        console.log(
          `${client}: ${scheduled} scheduled, ${acked} acknowledged, ${variant.integrity.audited} audited, ${variant.integrity.lost} lost`,
        )
        assert.ok(acked >= 50 * 60 * minutes, `${acked}`)
      }
    }),
  )
  const issued = broker.tokens.issued - before
  console.log(`${issued} tokens, ${refusedLogins(broker).length} refused logins`)
  assert.ok(issued > minutes * clients.length, `${issued} tokens`)
  assert.deepEqual(refusedLogins(broker), [])
})

test('tokens of AWS IAM are those of botocore from PyPI', () => {
  const lib = join(folder, 'botocore')
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', lib, 'botocore==1.44.8']
  execFileSync('python3', pip, { stdio: ['ignore', 'inherit', 'inherit'] })
  const fixtures = join(packageRoot, 'test/fixtures/aws-iam')
  const env = { ...process.env, PYTHONPATH: lib }
  const printed = execFileSync('python3', [join(fixtures, 'botocore-urls.py')], { env, encoding: 'utf8' })
  // What test/unit/kafka/aws-iam.test.ts compares with is still what botocore signs.
  assert.deepEqual(JSON.parse(printed), JSON.parse(readFileSync(join(fixtures, 'botocore-urls.json'), 'utf8')))
})
