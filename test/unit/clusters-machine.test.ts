import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { KbenchError } from '../../src/base/errors.ts'
import compose from '../../src/clusters/compose.ts'
import external from '../../src/clusters/external.ts'
import local from '../../src/clusters/local.ts'
import mock from '../../src/clusters/mock.ts'
import { once } from '../../src/clusters/shared/dispose.ts'
import { prepareLayout } from '../../src/clusters/shared/layout.ts'
import { freePorts, isFree } from '../../src/clusters/shared/ports.ts'
import { resolveSecret, resolveSecurity } from '../../src/clusters/shared/secrets.ts'
import { interfaceBytes, usageOf, usageReader } from '../../src/clusters/shared/usage.ts'

const linuxOnly = process.platform === 'linux' ? {} : { skip: 'needs /proc' }

/** Listens on a port of 127.0.0.1 while `use` runs. */
async function withListener(use: (port: number) => Promise<void>): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  try {
    await use(address.port)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

test('free ports are distinct, not taken, and below those of outgoing connections', async () => {
  const first = await freePorts(20, new Set())
  assert.equal(new Set(first).size, 20)
  for (const port of first) assert.ok(port >= 15_000 && port < 32_768, String(port))
  const all = new Set(Array.from({ length: 17_768 }, (_, i) => 15_000 + i))
  await assert.rejects(freePorts(1, all), /no 1 free ports/)
})

test('a port with a listener is not free', () =>
  withListener(async (port) => {
    assert.equal(await isFree(port), false)
  }))

test('a port that the user chose and that is taken is an environment error that names both', () =>
  withListener(async (port) => {
    const preparing = prepareLayout('kraft-1', { KBENCH_PORT_KAFKA1: String(port) }, { privatePorts: false })
    await assert.rejects(preparing, (error: KbenchError) => {
      assert.equal(error.code, 'environment')
      assert.match(error.message, new RegExp(`port ${port} .*KBENCH_PORT_KAFKA1`))
      return true
    })
    await assert.rejects(prepareLayout('kraft-1', { KBENCH_PORT_KAFKA1: 'x' }, { privatePorts: false }), /is no port/)
  }))

test('every run gets its own ports and cluster id', async () => {
  const [a, b] = await Promise.all([
    prepareLayout('kraft-3', {}, { privatePorts: true }),
    prepareLayout('kraft-3', {}, { privatePorts: true }),
  ])
  assert.equal(a.ports.length, 9)
  assert.equal(new Set([...a.ports, ...b.ports]).size, 18)
  assert.notEqual(a.environment.KBENCH_CLUSTER_ID, b.environment.KBENCH_CLUSTER_ID)
  assert.equal(a.portOf('kafka2', 9092), a.brokers[1]?.clientPort)
})

test('interface counters leave the loopback out', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1000       1    0    0    0     0          0         0     1000       1    0    0    0     0       0          0
  eth0:   20       1    0    0    0     0          0         0       30       1    0    0    0     0       0          0
  eth1:  300       1    0    0    0     0          0         0      400       1    0    0    0     0       0          0
`
  assert.deepEqual(interfaceBytes(text), { received: 320, sent: 430 })
})

test('usage of this process: numbers, but no network of its own; of none: null', linuxOnly, async () => {
  const usage = await usageOf(process.pid)
  assert.ok(usage.cpuMs !== null && usage.cpuMs > 0)
  assert.ok(usage.rssBytes !== null && usage.rssBytes > 10_000_000)
  assert.equal(usage.networkInBytes, null)
  assert.deepEqual(new Set(Object.values(await usageOf(2 ** 22 - 1))), new Set([null]))
})

test('counters go on over a restart under another pid', linuxOnly, async () => {
  let pid: number | undefined = process.pid
  const read = usageReader(() => pid)
  const first = await read()
  pid = undefined
  assert.equal((await read()).cpuMs, first.cpuMs)
  pid = process.ppid
  const parent = await usageOf(process.ppid)
  const after = await read()
  assert.ok(after.cpuMs! >= first.cpuMs! + parent.cpuMs!, `${after.cpuMs} ${first.cpuMs} ${parent.cpuMs}`)
})

test('secrets come from the environment or a file; errors name the reference only', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kbench-secret-'))
  try {
    writeFileSync(join(folder, 'password'), 'hunter2\n')
    process.env.KBENCH_TEST_SECRET = 'from env'
    assert.equal(await resolveSecret(`\${env:KBENCH_TEST_SECRET}`), 'from env')
    assert.equal(await resolveSecret(`\${file:${folder}/password}`), 'hunter2')
    assert.equal(await resolveSecret('plain'), 'plain')
    await assert.rejects(resolveSecret(`\${env:KBENCH_TEST_UNSET}`), /KBENCH_TEST_UNSET is not set/)
    await assert.rejects(resolveSecret(`\${file:${folder}/absent}`), /cannot read the secret in .*absent/)
    assert.deepEqual(
      await resolveSecurity({
        tls: true,
        sasl: { mechanism: 'plain', username: 'me', password: `\${env:KBENCH_TEST_SECRET}` },
      }),
      { tls: { verification: 'full' }, sasl: { mechanism: 'plain', username: 'me', password: 'from env' } },
    )
  } finally {
    delete process.env.KBENCH_TEST_SECRET
    rmSync(folder, { recursive: true })
  }
})

test('external needs a bootstrap list, the others refuse it', () => {
  const cluster = { layout: 'kraft-3', startTimeout: 60_000 }
  const messages = (provider: { options: typeof external.options | typeof local.options }, value: object) =>
    (provider.options.safeParse(value).error?.issues ?? []).map(({ message }) => message)
  assert.match(messages(external, { ...cluster, provider: 'external' }).join(), /needs cluster\.bootstrap/)
  assert.deepEqual(messages(external, { ...cluster, provider: 'external', bootstrap: ['a:1'] }), [])
  for (const provider of [compose, local, mock]) {
    assert.deepEqual(messages(provider, { ...cluster, provider: 'x' }), [])
    assert.match(messages(provider, { ...cluster, provider: 'x', bootstrap: ['a:1'] }).join(), /external only/)
    assert.match(messages(provider, { ...cluster, provider: 'x', security: { tls: true } }).join(), /external only/)
  }
})

test('disposing twice tears down once', async () => {
  let runs = 0
  const dispose = once(async () => {
    runs++
  })
  await Promise.all([dispose(), dispose()])
  await dispose()
  assert.equal(runs, 1)
})
