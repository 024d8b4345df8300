import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { type BoundEvidence, boundLimits, fullShare, judgeBound } from '../../../src/judge/bound.ts'

const machine = {
  ...{ busyShare: 0.5, cpuStallShare: 0.3, ioStallShare: 0.05, disk: 'vda', diskBusyShare: 0.2 },
  ...{ network: 'eth0 in', networkShare: 0.1 },
}
const calmBrokers = [
  { broker: 1, cpuPercent: 60, cores: 2 },
  { broker: 2, cpuPercent: 30, cores: 2 },
]
/** A load with a schedule that it kept, and nothing at its limit. */
const calm: BoundEvidence = {
  ...{ paced: true, measureS: 10, offeredPerSec: 1000, sentPerSec: 1000, ackedPerSec: 999 },
  ...{ backpressureShare: 0.01, inFlightShare: 0, client: { loopShare: 0.4, hostCpuPercent: 70, hostWorkers: 1 } },
  ...{ brokers: calmBrokers, handlers: null, machine, brokersHere: true, throttleMs: 0 },
}
/** As fast as it goes, with its window full and nothing else at its limit. */
const fast: BoundEvidence = {
  ...calm,
  ...{
    paced: false,
    offeredPerSec: null,
    backpressureShare: null,
    inFlightShare: 1,
    sentPerSec: 50_000,
    ackedPerSec: 50_000,
  },
}
const behind: Partial<BoundEvidence> = { sentPerSec: 700, ackedPerSec: 690, backpressureShare: 0.99, inFlightShare: 1 }
const limited = {
  client: { client: { loopShare: 0.93, hostCpuPercent: 110, hostWorkers: 1 } },
  broker: { brokers: [calmBrokers[0]!, { broker: 2, cpuPercent: 185, cores: 2 }] },
  pinned: { brokers: [{ broker: 1, cpuPercent: 96, cores: 1 }] },
  host: { machine: { ...machine, busyShare: 0.97 } },
  disk: { machine: { ...machine, ioStallShare: 0.8 } },
  network: { machine: { ...machine, networkShare: 0.95 } },
  quota: { throttleMs: 84.5 },
} satisfies Record<string, Partial<BoundEvidence>>

const boundOf = (...changes: Partial<BoundEvidence>[]) => judgeBound(Object.assign({}, ...changes) as BoundEvidence).by

describe('what bound a run: one at a time, with and without a schedule', () => {
  const cases: [string, Partial<BoundEvidence>, string][] = [
    ['the busiest event loop', limited.client, 'client-cpu'],
    ['a broker of all its processors', limited.broker, 'broker-cpu'],
    ['a broker that may use one processor alone', limited.pinned, 'broker-cpu'],
    ['a broker with half a processor', { brokers: [{ broker: 1, cpuPercent: 48, cores: 0.5 }] }, 'broker-cpu'],
    ['the machine', limited.host, 'host-cpu'],
    ['a disk that tasks wait for', limited.disk, 'disk'],
    ['an interface', limited.network, 'network'],
    ['a quota', limited.quota, 'quota'],
  ]
  for (const [name, change, expected] of cases) {
    test(`${name}: ${expected}`, () => {
      assert.deepEqual(boundOf(fast, change), [expected])
      assert.deepEqual(boundOf(calm, behind, change), [expected])
      // Kept up, and yet at its limit: latencies are those of the limit.
      assert.deepEqual(boundOf(calm, change), [expected])
      const { evidence } = judgeBound({ ...fast, ...change })
      assert.ok(evidence.length === 1 && evidence[0]!.by === expected && evidence[0]!.value! >= evidence[0]!.limit!)
    })
  }

  test('all that was sent and acknowledged as offered: schedule', () => assert.deepEqual(boundOf(calm), ['schedule']))
  test('the window is full and nothing else at its limit: in-flight', () => {
    assert.deepEqual(boundOf(fast), ['in-flight'])
    assert.deepEqual(boundOf(calm, behind), ['in-flight'])
    assert.deepEqual(boundOf(calm, behind, { inFlightShare: null }), ['in-flight'])
  })
  test('behind its schedule with room in its window, and nothing at its limit: unknown', () => {
    assert.deepEqual(boundOf(calm, { sentPerSec: 700, ackedPerSec: 700 }), ['unknown'])
    assert.deepEqual(boundOf(calm, { ackedPerSec: 900 }), ['unknown'])
  })
  test('as fast as it goes, with room in its window: unknown', () => {
    assert.deepEqual(boundOf(fast, { inFlightShare: 0.1 }), ['unknown'])
  })
})

describe('V7: a limit that both clients hit is named', () => {
  test('V7: quota, broker CPU or disk behind a full window is the bound, not the window', () => {
    for (const [change, expected] of [
      [limited.quota, 'quota'],
      [limited.broker, 'broker-cpu'],
      [limited.disk, 'disk'],
    ] as const) {
      // kafkajs' event loop and librdkafka's differ; what bound them does not.
      for (const loopShare of [0.2, 0.6]) {
        const { by } = judgeBound({ ...fast, ...change, client: { ...calm.client, loopShare } })
        assert.deepEqual(by, [expected])
      }
    }
  })

  test('V7: several at once are all named, each with its line', () => {
    const { by, evidence } = judgeBound({ ...fast, ...limited.client, ...limited.quota, ...limited.broker })
    assert.deepEqual(by, ['client-cpu', 'broker-cpu', 'quota'])
    assert.deepEqual(
      evidence.map((line) => line.by),
      by,
    )
    assert.equal(evidence[1]!.metric, 'broker2CpuShare')
    const all = { ...limited.client, ...limited.pinned, ...limited.quota }
    const everything = { machine: { ...machine, busyShare: 1, ioStallShare: 0.9, networkShare: 0.99 } }
    assert.deepEqual(boundOf(fast, all, everything), [
      'client-cpu',
      'broker-cpu',
      'host-cpu',
      'disk',
      'network',
      'quota',
    ])
  })
})

describe('what cannot be observed is unknown, never schedule', () => {
  const unseen: [string, Partial<BoundEvidence>][] = [
    ['brokers elsewhere, without metrics', { brokers: null, brokersHere: false, throttleMs: null }],
    ['no brokers at all', { brokers: [] }],
    ['one of the brokers', { brokers: [calmBrokers[0]!, { broker: 2, cpuPercent: null, cores: 2 }] }],
    ['how many processors a broker may use', { brokers: [{ broker: 1, cpuPercent: 20, cores: null }] }],
    ['event loops and hosts', { client: { loopShare: null, hostCpuPercent: null, hostWorkers: 1 } }],
    ['the machine', { machine: null }],
    ['processors of the machine', { machine: { ...machine, busyShare: null, cpuStallShare: null } }],
  ]
  for (const [name, change] of unseen) {
    test(name, () => {
      assert.deepEqual(boundOf(calm, change), ['unknown'])
      assert.deepEqual(boundOf(fast, change), ['unknown'])
      const { evidence } = judgeBound({ ...calm, ...change })
      assert.ok(evidence.length > 0 && evidence.every(({ by }) => by === 'unknown'))
      assert.ok(
        evidence.some(({ value }) => value === null),
        'says what was not observed',
      )
      // What can be seen at its limit is named all the same.
      assert.deepEqual(boundOf(fast, change, limited.quota), ['quota'])
    })
  }

  test('acknowledgements (acks 0), or what held producers back', () => {
    assert.deepEqual(boundOf(calm, { ackedPerSec: null }), ['unknown'])
    assert.deepEqual(boundOf(calm, { backpressureShare: null, inFlightShare: null }), ['unknown'])
  })

  test('a quota: not needed where the load kept up, needed before a full window is called the bound', () => {
    assert.deepEqual(boundOf(calm, { throttleMs: null }), ['schedule'])
    assert.deepEqual(boundOf(fast, { throttleMs: null }), ['unknown'])
  })

  test('a broker elsewhere at rate max: the client is named when its loop is full', () => {
    const elsewhere = { brokers: null, brokersHere: false, throttleMs: null }
    assert.deepEqual(boundOf(fast, elsewhere, limited.client), ['client-cpu'])
  })

  test('no combination of unknowns is schedule, and unknown and schedule stand alone', () => {
    const rng = createRng(7)
    const maybe = <T>(value: T): T | null => (rng.below(3) === 0 ? null : value)
    const share = () => maybe(rng.float())
    for (let round = 0; round < 5000; round++) {
      const evidence: BoundEvidence = {
        ...{ paced: rng.below(2) === 0, measureS: 1 + rng.below(60), offeredPerSec: maybe(rng.float() * 100) },
        ...{ sentPerSec: rng.float() * 100, ackedPerSec: maybe(rng.float() * 100) },
        ...{ backpressureShare: share(), inFlightShare: share(), throttleMs: maybe(rng.below(3)) },
        client: { loopShare: share(), hostCpuPercent: maybe(rng.float() * 200), hostWorkers: 1 + rng.below(3) },
        brokers: maybe([{ broker: 1, cpuPercent: maybe(rng.float() * 200), cores: maybe(2) }]),
        machine: maybe({
          ...machine,
          busyShare: share(),
          cpuStallShare: share(),
          ioStallShare: share(),
          networkShare: share(),
        }),
        handlers: maybe({ broker: 1, busyShare: rng.float() }),
        brokersHere: rng.below(2) === 0,
      }
      const { by, evidence: lines } = judgeBound(evidence)
      assert.ok(by.length > 0 && lines.length > 0 && new Set(by).size === by.length)
      if (by.includes('unknown') || by.includes('schedule')) assert.equal(by.length, 1)
      if (by[0] !== 'unknown')
        for (const { value, limit } of lines) assert.ok(value !== null && limit !== null && value >= limit)
      if (by[0] === 'schedule') {
        assert.ok(evidence.paced && evidence.offeredPerSec !== null && evidence.ackedPerSec !== null)
        assert.ok(evidence.brokers?.[0]?.cpuPercent != null && evidence.machine !== null)
      }
    }
  })
})

describe('the edges of the rules', () => {
  test('waiting for a processor counts only where processor times are unknown', () => {
    const pinned = { ...machine, cpuStallShare: 0.95 }
    assert.deepEqual(boundOf(fast, { machine: pinned }), ['in-flight'])
    assert.deepEqual(boundOf(fast, { machine: { ...pinned, busyShare: null } }), ['host-cpu'])
  })

  test('a busy disk is a bound only where nobody can say whether anything waits for it', () => {
    assert.deepEqual(boundOf(fast, { machine: { ...machine, diskBusyShare: 1 } }), ['in-flight'])
    assert.deepEqual(boundOf(fast, { machine: { ...machine, diskBusyShare: 1, ioStallShare: null } }), ['disk'])
    // The disks of this machine are not those of brokers elsewhere.
    const elsewhere = { brokersHere: false, machine: { ...machine, ioStallShare: 0.9 } }
    assert.deepEqual(boundOf(fast, elsewhere), ['in-flight'])
  })

  test("a host's CPU counts only in place of its event loops, by its workers", () => {
    const client = { loopShare: null, hostCpuPercent: 150, hostWorkers: 1 }
    assert.deepEqual(boundOf(fast, { client }), ['client-cpu'])
    assert.deepEqual(boundOf(fast, { client: { ...client, hostWorkers: 2 } }), ['in-flight'])
    assert.deepEqual(boundOf(fast, { client: { ...client, loopShare: 0.5 } }), ['in-flight'])
  })

  test('rates too low for a share: two records, but never none', () => {
    const low = (offeredPerSec: number, ackedPerSec: number) =>
      boundOf(calm, { offeredPerSec, sentPerSec: offeredPerSec, ackedPerSec })
    assert.deepEqual(low(0.5, 0.3), ['schedule'])
    assert.deepEqual(low(0.5, 0.2), ['unknown'])
    assert.deepEqual(low(0.1, 0), ['unknown'])
    assert.deepEqual(low(0.1, 0.1), ['schedule'])
    assert.deepEqual(low(0, 0), ['unknown'])
  })

  test('each limit is included, a little less is not', () => {
    const loop = (loopShare: number) => boundOf(fast, { client: { ...calm.client, loopShare } })
    assert.deepEqual(loop(boundLimits.loopShare), ['client-cpu'])
    assert.deepEqual(loop(boundLimits.loopShare - 1e-9), ['in-flight'])
    assert.deepEqual(boundOf(fast, { throttleMs: 1 }), ['quota'])
    assert.deepEqual(boundOf(fast, { throttleMs: 0.9 }), ['in-flight'])
  })

  test('a window is full from nine tenths of its bound on', () => {
    assert.equal(fullShare([], 10), null)
    assert.equal(fullShare([10, 9, 8, 0], 10), 0.5)
    assert.equal(fullShare([1, 0], 1), 0.5)
    assert.equal(fullShare([5, 5], Number.POSITIVE_INFINITY), 0)
  })
})
