import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import {
  createMachineSampler,
  parseDisks,
  parseLinkSpeed,
  parseNetwork,
  parsePressure,
  parseProcessors,
} from '../../../src/samplers/machine.ts'

const stat = `cpu  34382 9 5951 135773 519 0 82 47 300 0
cpu0 17000 4 2900 68000 250 0 41 20 0 0
intr 1
`
const pressure = `some avg10=3.59 avg60=1.96 avg300=1.91 total=25788689
full avg10=0.00 avg60=0.00 avg300=0.00 total=7
`
const disk = (name: string, busyMs: number | string) =>
  ` 254       0 ${name} 58593 7320 3217354 62090 10167 27399 2948352 9001 0 ${busyMs} 71893 7306 23 485832 788 240 12\n`
const network = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  174782    2282    0    0    0     0          0         0   174782    2282    0    0    0     0       0          0
  eth0:145252785    5440    0    0    0     0          0         0   380859    4244    0    0    0     0       0          0
`
const files: Record<string, string> = {
  '/proc/stat': stat,
  '/proc/pressure/cpu': pressure,
  '/proc/pressure/io': pressure.replaceAll('25788689', '4532665'),
  '/proc/diskstats': disk('loop0', 5) + disk('vda', 8360) + disk('vda1', 8000),
  '/proc/net/dev': network,
  '/sys/class/net/eth0/device/uevent': 'DRIVER=virtio_net\n',
  '/sys/class/net/eth0/speed': '10000\n',
  '/sys/class/net/lo/speed': '10000\n',
}
const clock = { nowNs: () => 7e9 }
const reading = (from: Record<string, string>) => async (path: string) => from[path] ?? null

describe('the machine sampler', () => {
  test('one fact with everything that /proc reports', async () => {
    assert.deepEqual(await createMachineSampler(clock, reading(files)).sample(), [
      {
        fact: 'usage',
        of: 'machine',
        atNs: 7e9,
        busyMs: (34382 + 9 + 5951 + 82 + 47) * 10,
        totalMs: (34382 + 9 + 5951 + 135773 + 519 + 82 + 47) * 10,
        cpuStallMs: 25788.689,
        ioStallMs: 4532.665,
        diskBusyMs: { vda: 8360 },
        networkBytes: { 'lo in': 174782, 'lo out': 174782, 'eth0 in': 145252785, 'eth0 out': 380859 },
        // The loopback has no device: whatever speed it reports bounds nothing.
        linkBytesPerSec: { eth0: 1.25e9 },
      },
    ])
  })

  test('each file that is missing is null, never 0; none at all: no fact', async () => {
    const fields: Record<string, string[]> = {
      '/proc/stat': ['busyMs', 'totalMs'],
      '/proc/pressure/cpu': ['cpuStallMs'],
      '/proc/pressure/io': ['ioStallMs'],
      '/proc/diskstats': ['diskBusyMs'],
      '/proc/net/dev': ['networkBytes', 'linkBytesPerSec'],
      '/sys/class/net/eth0/speed': ['linkBytesPerSec'],
    }
    for (const [missing, expected] of Object.entries(fields)) {
      const { [missing]: _, ...rest } = files
      const [fact] = await createMachineSampler(clock, reading(rest)).sample()
      const unknown = Object.entries(fact!).flatMap(([name, value]) => (value === null ? [name] : []))
      assert.deepEqual(unknown.sort(), expected.sort(), missing)
    }
    assert.deepEqual(await createMachineSampler(clock, async () => null).sample(), [])
  })

  test('a name that is a path is never read', async () => {
    const asked: string[] = []
    const hostile = `h\nh\n ../../etc: 1 0 0 0 0 0 0 0 2 0\n ..: 1 0 0 0 0 0 0 0 2 0\n e/f: 1 0 0 0 0 0 0 0 2 0\n`
    const sampler = createMachineSampler(clock, async (path) => {
      asked.push(path)
      return path === '/proc/net/dev' ? hostile : null
    })
    const [fact] = await sampler.sample()
    assert.equal(fact?.of === 'machine' && fact.networkBytes, null)
    assert.ok(!asked.some((path) => path.includes('..') || path.startsWith('/sys')), asked.join())
  })

  test('on this machine it does not throw', async () => {
    for (const fact of await createMachineSampler(clock).sample()) assert.equal(fact.of, 'machine')
  })
})

describe('parsing', () => {
  const disks: [string, string, Record<string, number> | null][] = [
    ['partitions count with their disk', disk('sda', 1) + disk('sda1', 2) + disk('sda12', 3), { sda: 1 }],
    [
      'a name that ends in a digit',
      disk('nvme0n1', 1) + disk('nvme0n1p1', 2) + disk('nvme1n1', 3),
      { nvme0n1: 1, nvme1n1: 3 },
    ],
    [
      'mapped devices are disks',
      disk('dm-1', 1) + disk('dm-10', 2) + disk('md0', 3),
      { 'dm-1': 1, 'dm-10': 2, md0: 3 },
    ],
    ['a partition whose disk is not listed', disk('xvda1', 4), { xvda1: 4 }],
    ['no disks but memory and files', disk('ram0', 1) + disk('zram0', 1) + disk('loop3', 1) + disk('sr0', 1), null],
    ['a number below zero, words, a short line', `${disk('sda', -5) + disk('sdb', 'many')} 8 0 sdc 1 2\n`, null],
    ['the last line cut off', disk('sda', 1) + disk('sdb', 123456).slice(0, -45), { sda: 1 }],
    ['nothing', '', null],
  ]
  for (const [name, text, expected] of disks) test(`disks: ${name}`, () => assert.deepEqual(parseDisks(text), expected))

  test('processors of an old kernel, without steal; torn or hostile text is unknown', () => {
    assert.deepEqual(parseProcessors('cpu 10 0 10 80\n'), { busyMs: 200, totalMs: 1000 })
    for (const text of [
      '',
      'cpu 10 0 10 80',
      'cpu 10 0 10\n',
      'cpu 1 x 2 3\n',
      'cpu -1 0 0 0\n',
      'cpu0 1 2 3 4\n',
      'cpu\n',
    ]) {
      assert.equal(parseProcessors(text), null, text)
    }
  })

  test('pressure: of `some` alone; 0 is known', () => {
    assert.equal(parsePressure('some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n'), 0)
    for (const text of [
      '',
      'full total=5\n',
      'some total=5',
      'some total=x\n',
      'some total=-5\n',
      'some avg10=0.00\n',
    ]) {
      assert.equal(parsePressure(text), null, text)
    }
  })

  test('speed of a link: Mbit/s; −1 and words are unknown', () => {
    assert.equal(parseLinkSpeed('1000\n'), 125e6)
    for (const text of ['-1\n', '', '0\n', 'fast\n']) assert.equal(parseLinkSpeed(text), null, text)
  })

  test('text with a byte changed anywhere never throws, and gives numbers from 0 on or null', () => {
    const rng = createRng(3)
    for (let round = 0; round < 2000; round++) {
      for (const [text, parse] of [
        [stat, parseProcessors],
        [pressure, parsePressure],
        [files['/proc/diskstats']!, parseDisks],
        [network, parseNetwork],
      ] as const) {
        const at = rng.below(text.length)
        const changed = text.slice(0, at) + String.fromCharCode(rng.below(128)) + text.slice(at + rng.below(3))
        const found = parse(changed)
        const values = found === null ? [] : typeof found === 'number' ? [found] : Object.values(found)
        for (const value of values) assert.ok(Number.isFinite(value) && value >= 0, `${value} of ${changed}`)
      }
    }
  })
})
