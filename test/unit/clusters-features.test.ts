import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KbenchError } from '../../src/base/errors.ts'
import { freeSubnet, removeNetwork } from '../../src/clusters/local/namespaces.ts'
import { advertising, kafkaServices } from '../../src/clusters/local/server-properties.ts'
import { planLocalSite } from '../../src/clusters/local/site.ts'
import { smallDiskSize, unmountAll } from '../../src/clusters/local/small-disks.ts'
import { parseServices, readLayout } from '../../src/clusters/shared/compose-file.ts'
import { featureFindings, refuseFeatures, requireFeatures } from '../../src/clusters/shared/features.ts'
import { rules } from '../../src/clusters/shared/isolation.ts'
import { prepareLayout } from '../../src/clusters/shared/layout.ts'
import { findOnPath } from '../../src/clusters/shared/path.ts'
import { findToxiproxy } from '../../src/clusters/shared/toxiproxy.ts'
import type { ClusterFeature, ProvisionContext } from '../../src/contracts/api.ts'

const context = (...features: ClusterFeature[]): ProvisionContext => ({
  runId: 'Run_1',
  directory: '/nonexistent',
  signal: new AbortController().signal,
  say: () => undefined,
  features: new Set(features),
})

/** As another user, or with another PATH. */
function withProcess<T>(changes: { uid?: number; path?: string }, use: () => T): T {
  const { getuid } = process
  const path = process.env.PATH
  process.getuid = () => changes.uid ?? 0
  if (changes.path !== undefined) process.env.PATH = changes.path
  try {
    return use()
  } finally {
    if (getuid) process.getuid = getuid
    process.env.PATH = path
  }
}

const fails = (pattern: RegExp, hint: RegExp) => (error: KbenchError) => {
  assert.equal(error.code, 'environment')
  assert.match(error.message, pattern)
  assert.match(error.hint ?? '', hint)
  return true
}

test('without root, or without its tools, a feature is refused with what to do', {
  skip: process.platform !== 'linux',
}, () => {
  withProcess({ uid: 1000 }, () => {
    assert.throws(() => requireFeatures(context('isolation')), fails(/isolating brokers needs root/, /sudo/))
    assert.throws(() => requireFeatures(context('small-disks')), fails(/small disk needs root/, /sudo/))
    requireFeatures(context())
    requireFeatures(context('proxies'))
  })
  withProcess({ path: '/nonexistent' }, () => {
    assert.throws(
      () => requireFeatures(context('isolation')),
      fails(/needs ip, nsenter, iptables, iptables-restore/, /install iproute2 util-linux iptables/),
    )
    assert.deepEqual(
      featureFindings()
        .map(({ what, found }) => ({ what, found }))
        .slice(0, 2),
      [
        { what: 'faults: network namespaces', found: null },
        { what: 'faults: small disks', found: null },
      ],
    )
  })
})

test('a provider that cannot have features takes none', () => {
  refuseFeatures('mock', context())
  assert.throws(
    () => refuseFeatures('mock', context('proxies', 'isolation')),
    fails(/mock cannot have .*: proxies, isolation/, /local/),
  )
})

test('the subnet overlaps no route of the machine', () => {
  const routes = `default via 192.0.2.1 dev eth0
10.200.0.0/16 dev docker0 proto kernel scope link src 10.200.0.1
10.201.0.0/23 via 10.9.9.9 dev eth0
local 10.201.2.7 dev lo table local scope host`
  assert.equal(
    freeSubnet(routes, () => 0),
    '10.201.3',
  )
  assert.equal(
    freeSubnet(routes, () => 0.999999),
    '10.250.255',
  )
  assert.throws(() => freeSubnet('10.128.0.0/9 dev eth0'), /no free network/)
})

test('rules of isolation: never the loopback; clients are the gateway, peers everybody else', () => {
  assert.deepEqual(rules('10.200.1.1', 'all'), ['INPUT ! -i lo -j DROP', 'OUTPUT ! -o lo -j DROP'])
  assert.deepEqual(rules('10.200.1.1', 'clients'), [
    'INPUT ! -i lo -s 10.200.1.1 -j DROP',
    'OUTPUT ! -o lo -d 10.200.1.1 -j DROP',
  ])
  assert.deepEqual(rules('10.200.1.1', 'peers'), [
    'INPUT ! -i lo ! -s 10.200.1.1 -j DROP',
    'OUTPUT ! -o lo ! -d 10.200.1.1 -j DROP',
  ])
})

test('only the address for clients on this machine is advertised anew', async () => {
  const [, second] = kafkaServices(parseServices(await readLayout('kraft-3'), {}))
  assert.equal(advertising(second!, '10.200.1.3:9092'), 'HOST://10.200.1.3:9092,INTERNAL://kafka2:19092')
})

test('a local site without features is the machine as it is', async () => {
  const layout = await prepareLayout('kraft-3', {}, { privatePorts: true })
  const site = await planLocalSite(layout, '/data', context())
  assert.deepEqual(site.holdings, { ports: layout.ports, mounts: [], links: [], namespaces: [] })
  assert.equal(site.addressOf('kafka2', 19093), `127.0.0.1:${layout.portOf('kafka2', 19093)}`)
  assert.deepEqual(site.clientAddress('kafka2'), { host: '127.0.0.1', port: layout.brokers[1]!.clientPort })
  assert.deepEqual(site.commandFor('kafka2', ['java', '-version']), ['java', '-version'])
  assert.deepEqual(site.abilities('kafka2'), {})
})

test('with isolation every service has a namespace and an address; names are short enough for an interface', {
  skip: !findOnPath('ip'),
}, async () => {
  const site = await planLocalSite(
    await prepareLayout('kraft-3', {}, { privatePorts: true }),
    '/data',
    context('isolation', 'small-disks'),
  )
  const { namespaces, links, mounts } = site.holdings
  assert.deepEqual(
    namespaces,
    ['kafka1', 'kafka2', 'kafka3', 'hub'].map((name) => `kbench-Run-1-${name}`),
  )
  assert.ok(links.length === 1 && links[0]!.length <= 15, String(links))
  assert.deepEqual(mounts, ['/data/kafka1', '/data/kafka2', '/data/kafka3'])
  const { host, port } = site.clientAddress('kafka2')
  assert.match(host, /^10\.2\d\d\.\d+\.3$/)
  assert.equal(port, 9092)
  assert.equal(site.addressOf('kafka2', 19093), `${host}:19093`)
  assert.deepEqual(site.commandFor('kafka2', ['java']), ['nsenter', '--net=/run/netns/kbench-Run-1-kafka2', 'java'])
})

test('the size of a small disk is checked', () => {
  assert.equal(smallDiskSize({}), '512m')
  assert.equal(smallDiskSize({ KBENCH_SMALL_DISK: '1g' }), '1g')
  for (const size of ['0', 'big', '1g,exec']) {
    assert.throws(() => smallDiskSize({ KBENCH_SMALL_DISK: size }), /is no size/)
  }
})

test('a Toxiproxy that was named has to be there', () => {
  const before = process.env.KBENCH_TOXIPROXY
  try {
    process.env.KBENCH_TOXIPROXY = process.execPath
    assert.equal(findToxiproxy(), process.execPath)
    process.env.KBENCH_TOXIPROXY = '/nonexistent/toxiproxy'
    assert.throws(
      findToxiproxy,
      (error: KbenchError) => error.code === 'usage' && /KBENCH_TOXIPROXY/.test(error.message),
    )
  } finally {
    if (before === undefined) delete process.env.KBENCH_TOXIPROXY
    else process.env.KBENCH_TOXIPROXY = before
  }
})

test('what is not there need not be removed', () => {
  assert.deepEqual(unmountAll(['/nonexistent/disk', process.cwd()]), [])
  assert.deepEqual(removeNetwork(['kbnonexistent'], ['kbench-nonexistent']), [])
})
