import assert from 'node:assert/strict'
import { cpus } from 'node:os'
import { describe, test } from 'node:test'
import { cpuGroups, createBrokerSampler, parseCpuMax, parseCpusAllowed } from '../../../src/samplers/brokers.ts'

const usage = { cpuMs: 10, rssBytes: 20, diskBytes: null, networkInBytes: null, networkOutBytes: null }

describe('the broker sampler', () => {
  test('a fact per broker of the moment it was read; none of one that cannot be seen or is down', async () => {
    const moments = [1e9, 2e9]
    const nodes = [
      { id: 1, pid: 77, usage: async () => usage },
      { id: 2, usage: async () => Promise.reject(new Error('down')) },
      { id: 3 },
      { id: 4, usage: async () => usage },
    ]
    const files: Record<string, string> = {
      '/proc/77/status': 'Name:\tjava\nCpus_allowed_list:\t0\nx\n',
      '/proc/77/cgroup': '0::/a\n',
      '/sys/fs/cgroup/a/cpu.max': '25000 100000\n',
    }
    const read = async (path: string) => files[path] ?? null
    const sampler = createBrokerSampler(nodes, { nowNs: () => moments.shift()! }, read)
    const facts = (await sampler.sample()).sort((a, b) => a.atNs - b.atNs)
    assert.deepEqual(
      facts.map((fact) => ({ ...fact, atNs: 0 })),
      [
        { fact: 'usage', of: 'broker', broker: 1, atNs: 0, ...usage, cores: 0.25 },
        { fact: 'usage', of: 'broker', broker: 4, atNs: 0, ...usage, cores: null },
      ],
    )
    assert.deepEqual(
      facts.map(({ atNs }) => atNs),
      [1e9, 2e9],
    )
  })

  test('a CPU set that names more processors than there are counts those that there are; groups of version 1', async () => {
    const files: Record<string, string> = {
      '/proc/7/status': 'Cpus_allowed_list:\t0-4095\n',
      '/proc/7/cgroup': '2:cpuacct:/\n1:cpu:/\n',
      '/sys/fs/cgroup/cpu//cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu//cpu.cfs_period_us': '100000\n',
    }
    const nodes = [{ id: 1, pid: 7, usage: async () => usage }]
    const coresWith = async (quota: string) => {
      const all = { ...files, '/sys/fs/cgroup/cpu//cpu.cfs_quota_us': quota } as Record<string, string>
      const [fact] = await createBrokerSampler(nodes, { nowNs: () => 0 }, async (path) => all[path] ?? null).sample()
      return fact?.of === 'broker' ? fact.cores : undefined
    }
    assert.equal(await coresWith('-1\n'), cpus().length)
    assert.equal(await coresWith('50000\n'), 0.5)
  })
})

describe('parsing', () => {
  test('CPU sets', () => {
    const of = (list: string) =>
      parseCpusAllowed(`Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems:\t0\n`)
    assert.equal(of('0'), 1)
    assert.equal(of('0-3'), 4)
    assert.equal(of('0-1,4,6-7'), 5)
    for (const list of ['', '3-1', '1,', '-', 'a', '1--2', '0-99999999999']) assert.equal(of(list), null, list)
    assert.equal(parseCpusAllowed(''), null)
  })

  test('limits of time', () => {
    assert.equal(parseCpuMax('150000 100000\n'), 1.5)
    for (const text of ['max 100000\n', '-1 100000', '', '0 100000', '100000 0', 'x y']) {
      assert.equal(parseCpuMax(text), null, text)
    }
  })

  test('groups: of the processor alone, never outside of their folder', () => {
    const text = '9:name=systemd:/s\n4:cpu,cpuacct:/kube/a\n3:cpuset:/\n0::/b\nx\n0::/../../etc\n'
    assert.deepEqual(cpuGroups(text), ['/sys/fs/cgroup/cpu/kube/a', '/sys/fs/cgroup/b'])
  })
})
