import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type BoundEvidence,
  boundLimits,
  inFlightLines,
  isAtLimit,
  keptUp,
  type Line,
  observations,
} from '../../../src/judge/bound-lines.ts'
import type { MachineUsage } from '../../../src/recording/machine-usage.ts'

const none: BoundEvidence = {
  ...{ paced: true, measureS: 10, offeredPerSec: 100, sentPerSec: 100, ackedPerSec: 100 },
  ...{ backpressureShare: null, inFlightShare: null },
  client: { loopShare: null, hostCpuPercent: null, hostWorkers: 0 },
  ...{ brokers: null, machine: null, handlers: null, brokersHere: false, throttleMs: null },
}
const machine: MachineUsage = {
  ...{ busyShare: null, cpuStallShare: null, ioStallShare: null, disk: null, diskBusyShare: null },
  ...{ network: null, networkShare: null },
}
const linesOf = (change: Partial<BoundEvidence>): Record<string, Line> =>
  Object.fromEntries(observations({ ...none, ...change }).map((line) => [line.by, line]))

describe('what was observed of each thing that can bind', () => {
  test('where nothing can be seen, every line says so', () => {
    assert.deepEqual(observations(none), [
      { by: 'client-cpu', metric: 'eventLoopUtilisation', value: null, limit: 0.9, unit: 'share' },
      { by: 'broker-cpu', metric: 'brokerCpuShare', value: null, limit: 0.9, unit: 'share' },
      { by: 'host-cpu', metric: 'machineBusyShare', value: null, limit: 0.9, unit: 'share' },
      { by: 'network', metric: 'networkShare', value: null, limit: 0.9, unit: 'share' },
      { by: 'quota', metric: 'throttleMs', value: null, limit: 1, unit: 'ms' },
    ])
  })

  test('the client: its event loop, and its host’s CPU in its place', () => {
    const client = (loopShare: number | null, hostCpuPercent: number | null, hostWorkers = 1) =>
      linesOf({ client: { loopShare, hostCpuPercent, hostWorkers } })['client-cpu']
    assert.deepEqual(client(0.5, 300), {
      ...{ by: 'client-cpu', metric: 'eventLoopUtilisation', value: 0.5, limit: 0.9, unit: 'share' },
    })
    assert.deepEqual(client(null, 180, 2), {
      ...{ by: 'client-cpu', metric: 'hostCpuPercent', value: 180, limit: 190, unit: '%' },
    })
    assert.equal(client(null, 180, 0)!.limit, 95)
  })

  test('brokers: the busiest by share of its own processors', () => {
    const brokers = [
      { broker: 1, cpuPercent: 60, cores: 1 },
      { broker: 2, cpuPercent: 100, cores: 4 },
    ]
    assert.deepEqual(linesOf({ brokers })['broker-cpu'], {
      ...{ by: 'broker-cpu', metric: 'broker1CpuShare', value: 0.6, limit: 0.9, unit: 'share' },
    })
  })

  test('brokers: one that cannot be seen leaves the line unknown, unless another is at its limit', () => {
    const unseen = [
      { broker: 2, cpuPercent: null, cores: 4 },
      { broker: 3, cpuPercent: 10, cores: null },
      { broker: 4, cpuPercent: 10, cores: 0 },
    ]
    const of = (cpuPercent: number, other = unseen[0]!) =>
      linesOf({ brokers: [{ broker: 1, cpuPercent, cores: 1 }, other] })['broker-cpu']!
    for (const other of unseen)
      assert.deepEqual([of(60, other).metric, of(60, other).value], [`broker${other.broker}CpuShare`, null])
    assert.deepEqual([of(90).metric, of(90).value], ['broker1CpuShare', 0.9])
    assert.equal(linesOf({ brokers: [] })['broker-cpu']!.value, null)
  })

  test('the machine: processor times, and waiting tasks where there are none', () => {
    const host = (more: Partial<MachineUsage>) => linesOf({ machine: { ...machine, ...more } })['host-cpu']!
    assert.deepEqual(host({ busyShare: 0.4, cpuStallShare: 0.99 }), {
      ...{ by: 'host-cpu', metric: 'machineBusyShare', value: 0.4, limit: 0.9, unit: 'share' },
    })
    assert.deepEqual(host({ cpuStallShare: 0.7 }), {
      ...{ by: 'host-cpu', metric: 'cpuStallShare', value: 0.7, limit: 0.8, unit: 'share' },
    })
  })

  test('the disk counts where the brokers run here: waiting tasks, and the busiest disk where they are not known', () => {
    const disk = (more: Partial<MachineUsage>, brokersHere = true) =>
      linesOf({ machine: { ...machine, ...more }, brokersHere }).disk
    assert.equal(disk({ ioStallShare: 0.9 }, false), undefined)
    assert.deepEqual(disk({ ioStallShare: 0.2, disk: 'vda', diskBusyShare: 1 }), {
      ...{ by: 'disk', metric: 'ioStallShare', value: 0.2, limit: 0.5, unit: 'share' },
    })
    assert.deepEqual(disk({ disk: 'vda', diskBusyShare: 0.95 }), {
      ...{ by: 'disk', metric: 'diskBusyShare vda', value: 0.95, limit: 0.9, unit: 'share' },
    })
    assert.deepEqual([disk({})!.metric, disk({})!.value], ['diskBusyShare', null])
    assert.equal(linesOf({ brokersHere: true }).disk!.value, null)
  })

  test('network and quota', () => {
    const lines = linesOf({ machine: { ...machine, network: 'eth0 in', networkShare: 0.3 }, throttleMs: 2.5 })
    assert.deepEqual([lines.network!.metric, lines.network!.value], ['networkShare eth0 in', 0.3])
    assert.equal(lines.quota!.value, 2.5)
  })

  test('the in-flight bound: how long it held producers back, and how often it was full', () => {
    assert.deepEqual(inFlightLines({ ...none, backpressureShare: 0.2, inFlightShare: 0.6 }), [
      { by: 'in-flight', metric: 'backpressureShare', value: 0.2, limit: 0.5, unit: 'share' },
      { by: 'in-flight', metric: 'inFlightShare', value: 0.6, limit: 0.5, unit: 'share' },
    ])
  })

  test('a value at its limit is at it; an unknown one never', () => {
    const line = (value: number | null, limit: number | null): Line => ({
      ...{ by: 'quota', metric: 'm', value, limit, unit: 'ms' },
    })
    assert.deepEqual([line(1, 1), line(2, 1), line(0.9, 1), line(null, 1), line(1, null)].map(isAtLimit), [
      true,
      true,
      false,
      false,
      false,
    ])
  })
})

describe('whether a load kept up with its schedule', () => {
  const shares = (change: Partial<BoundEvidence>) => keptUp({ ...none, ...change }).map(({ value }) => value)
  const limitAt = (offeredPerSec: number) => keptUp({ ...none, offeredPerSec })[0]!.limit!

  test('sent and acknowledged, as shares of what was due', () => {
    assert.deepEqual(
      keptUp({ ...none, sentPerSec: 90, ackedPerSec: 50 }).map(({ by, metric, value, unit }) => [
        by,
        metric,
        value,
        unit,
      ]),
      [
        ['schedule', 'sentShare', 0.9, 'share'],
        ['schedule', 'ackedShare', 0.5, 'share'],
      ],
    )
    assert.deepEqual(shares({ ackedPerSec: null }), [1, null])
  })

  test('without a schedule, or with nothing due, there is nothing to keep up with', () => {
    for (const change of [{ paced: false }, { offeredPerSec: null }, { offeredPerSec: 0 }])
      assert.deepEqual(shares(change), [null, null])
    assert.equal(keptUp({ ...none, paced: false })[0]!.limit, boundLimits.keptUpShare)
  })

  test('within 2 % or two records, and at least one record', () => {
    assert.equal(limitAt(100), 0.98)
    assert.equal(limitAt(1), 0.8, '10 are due: 8 will do')
    assert.equal(limitAt(0.2), 0.5, '2 are due: one is needed')
    assert.equal(limitAt(0.1), 1)
  })
})
