import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import type { Cluster } from '../../src/contracts/api.ts'
import type { Variant } from '../../src/contracts/result.ts'
import { commitStart } from '../../src/kafka/group-offsets.ts'
import { createTopic } from '../../src/kafka/topics.ts'
import type { ProfileInput } from '../../src/profile/schema.ts'
import { kbench, scratch } from '../cli/_kbench.ts'
import { onlyResult } from '../cli/_live.ts'
import { sandbox, skipReason, start } from './_providers.ts'
import { variantOf } from './_variant.ts'

const skip = await skipReason('local')
const anytime = new AbortController().signal

describe('limits and a cluster that is not ours', { skip }, () => {
  const box = sandbox('local')
  let cluster: Cluster
  before(async () => {
    cluster = await start('local', { layout: 'kraft-3', directory: box.directory() })
  })
  after(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await box.remove()
  })

  const profile = (limits: ProfileInput['limits'], more: Partial<ProfileInput> = {}): ProfileInput => ({
    name: 'limits',
    workload: 'produce',
    clients: ['kafkajs'],
    topic: { partitions: 3 },
    load: { rate: 500, record: { size: 100 } },
    phases: { warmup: '0s', measure: '20s', drain: '5s' },
    limits,
    ...more,
  })
  /** The limit ended the load before its 20 s; what was acknowledged until then is in the log. A busy machine may find more to say. */
  const assertEnded = (variant: Variant, limit: string) => {
    const found = variant.findings!.find(({ code }) => code === 'limit-reached')
    assert.equal(found?.limit, limit, JSON.stringify(variant.findings))
    assert.notEqual(variant.status, 'ok')
    const measured = variant.phases.find(({ name }) => name === 'measure')
    assert.ok(!measured || measured.endS - measured.startS < 20, JSON.stringify(variant.phases))
    assert.deepEqual([variant.integrity.verdict, variant.integrity.lost], ['ok', 0], variant.integrity.reasons.join())
    return found!
  }

  test('foreignLag: a group of somebody else falls behind on the topic that is loaded', async () => {
    const { network } = cluster
    await createTopic(network, { name: 'orders', partitions: 3, replicationFactor: 3, config: {} }, anytime)
    await commitStart(network, 'billing', 'orders', new Map([0, 1, 2].map((partition) => [partition, 0])))
    const variant = await variantOf(cluster, profile({ foreignLag: 600 }, { topic: { name: 'orders' } }))
    const { group, value, most } = assertEnded(variant, 'foreignLag')
    assert.deepEqual([group, most], ['billing', 600])
    assert.ok(Number(value) > 600 && Number(value) <= variant.ledger.acked, `${value} of ${variant.ledger.acked}`)
    // What it has not read by then is no rise: a second load on the same topic begins anew.
    const again = await variantOf(
      cluster,
      profile(
        { foreignLag: 1_000_000 },
        { topic: { name: 'orders' }, phases: { warmup: '0s', measure: '2s', drain: '5s' } },
      ),
    )
    assert.ok(again.findings!.every(({ code }) => code !== 'limit-reached'))
  })

  test('rate and bytes, as fast as it goes', async () => {
    const max = { load: { rate: 'max' as const, record: { size: 100 } } }
    const { value } = assertEnded(await variantOf(cluster, profile({ rate: 50 }, max)), 'rate')
    assert.ok(Number(value) > 50)
    const variant = await variantOf(cluster, profile({ bytes: 100 * 1234 }, max))
    assertEnded(variant, 'bytes')
    assert.deepEqual([variant.ledger.scheduled, variant.ledger.acked], [1234, 1234])
  })

  test('beyond loopback: exit 2 without --yes, and the load with it', async (t) => {
    const address = await ownAddress(t)
    const { host, port } = cluster.nodes[0]!
    // The way to a broker by an address of this machine that is not its loopback; the load itself goes to what the brokers advertise.
    const way = createServer((socket) => {
      const to = connect(port, host)
      for (const end of [socket, to]) end.on('error', () => {})
      socket.pipe(to).pipe(socket)
    }).listen(0, address)
    t.after(() => way.close())
    await once(way, 'listening')
    const bootstrap = `${address}:${(way.address() as AddressInfo).port}`
    const folder = await scratch(t)
    const file = join(folder, 'elsewhere.yaml')
    const short = { clusterWarmup: '0s', warmup: '0s', measure: '1s', drain: '5s' }
    writeFileSync(file, JSON.stringify(profile({ bytes: 1_000_000 }, { phases: short })))
    const results = join(folder, 'results')
    const args = [file, '-b', bootstrap, '--results', results]
    for (const command of ['run', 'find-max', 'calibrate']) {
      const refused = await kbench([command, ...args])
      assert.equal(refused.exitCode, 2, refused.stderr)
      assert.match(refused.stderr, new RegExp(`hosts {2}${bootstrap.replaceAll('.', '\\.')}\n`))
      assert.ok(refused.stderr.includes(`add --yes: kbench ${command} ${args.join(' ')} --yes`), refused.stderr)
    }
    const agreed = await kbench(['run', ...args, '--yes'])
    assertRan(agreed)
    assert.match(
      agreed.stderr,
      /rate {3}up to 500 records\/s of 100 bytes, 48\.8 KiB\/s\n {2}bytes {2}48\.8 KiB in 1 variant/,
    )
    assert.equal(onlyResult(results).result.variants[0]!.ledger.acked, 500)
    const direct = await kbench(['run', file, '-b', cluster.network.bootstrap[0]!, '--results', join(folder, 'direct')])
    assertRan(direct)
    assert.ok(!direct.stderr.includes('beyond this machine'))
  })

  // The last one: it takes a broker away.
  test('underReplicated: a broker leaves', async () => {
    let isStopped = false
    // Else kafkajs itself loses records while leaders move (docs/facts.md).
    const producers = { sendScope: 'partition' as const }
    const variant = await variantOf(cluster, profile({ underReplicated: 2 }, { producers }), {
      fact: (fact) => {
        if (fact.fact !== 'frame' || isStopped) return
        isStopped = true
        void cluster.nodes[2]!.signal!('SIGTERM')
      },
    })
    assert.equal(assertEnded(variant, 'underReplicated').value, 3)
  })
})

/** A busy machine may be late, which makes the measurement invalid; it was loaded all the same. */
function assertRan({ exitCode, stdout, stderr }: { exitCode: number; stdout: string; stderr: string }): void {
  assert.ok([0, 4].includes(exitCode), stdout + stderr)
}

/** An address of this machine that is not loopback; one of the test's own where there is none. */
async function ownAddress(t: TestContext): Promise<string> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const found = all.find(({ internal, family }) => !internal && family === 'IPv4')
  if (found) return found.address
  const run = promisify(execFile)
  const own = '10.231.77.1'
  await run('ip', ['address', 'add', `${own}/32`, 'dev', 'lo'])
  t.after(() => run('ip', ['address', 'delete', `${own}/32`, 'dev', 'lo']))
  return own
}
