import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constantPacer } from '../../../src/load/pacer.ts'
import { readStamp, stampBytes } from '../../../src/load/stamp.ts'
import { toLatency } from '../../../src/recording/histogram.ts'
import { type Played, play, run, type Scene } from '../../support/crew.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createFakeDriver, type FakeDriver, type FakeDriverOptions, type Handed } from '../../support/fake-driver.ts'

interface Run extends Played {
  driver: FakeDriver
  clock: FakeClock
  endNs: number
}

async function produce(
  scene: Omit<Scene, 'clock' | 'driver'>,
  driverOptions: Omit<FakeDriverOptions, 'clock'> | ((clock: ReturnType<typeof createFakeClock>) => object) = {},
): Promise<Run> {
  const clock = createFakeClock()
  const options = typeof driverOptions === 'function' ? driverOptions(clock) : driverOptions
  const driver = createFakeDriver({ clock, keptBytes: stampBytes, ...options })
  const played = await play({ ...scene, clock, driver })
  return { ...played, driver, clock, endNs: clock.nowNs() }
}

const latency = (played: Played, name: 'response' | 'service' | 'scheduleLag' | 'backpressure', notAcked = 0) =>
  toLatency(played.latency(name, ['measure']), notAcked)

function assertNear(actual: number | null, expectedUs: number, what = ''): void {
  assert.ok(
    actual !== null && Math.abs(actual - expectedUs) <= Math.max(1, expectedUs / 1000),
    `${what}: ${actual} µs instead of ${expectedUs}`,
  )
}

function assertClosed({ ledger }: Played): void {
  assert.equal(ledger.scheduled, ledger.acked + ledger.failed + ledger.unknown + ledger.unsent, JSON.stringify(ledger))
}

function assertOnce(handed: readonly Handed[], producers: number): void {
  for (let producer = 0; producer < producers; producer++) {
    const sequences = handed.filter((record) => record.producer === `client-${producer}`).map((r) => r.sequence)
    assert.deepEqual(
      sequences,
      sequences.map((_, index) => index),
      `producer ${producer}: every sequence once, in order`,
    )
  }
}

/** Nearest rank, in µs. */
function exact(valuesNs: readonly number[], q: number): number {
  const sorted = [...valuesNs].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length - 1e-9) - 1)]! / 1000
}

describe('latency', () => {
  test('a constant latency is every percentile, response and service', async () => {
    const played = await produce({}, { fate: () => ({ afterNs: 3e6, kind: 'acked' }) })
    for (const name of ['response', 'service'] as const) {
      const { count, min, p50, p99, p9999, max, mean } = latency(played, name)
      assert.equal(count, 10_000)
      for (const value of [min, p50, p99, p9999, max, mean]) assertNear(value, 3000, name)
    }
    assert.deepEqual(played.ledger, { scheduled: 10_000, acked: 10_000, failed: 0, unknown: 0, unsent: 0 })
  })

  test('latencies of 1 to 100 ms in turn: exact percentiles', async () => {
    const played = await produce(
      {},
      { fate: ({ sequence }) => ({ afterNs: ((sequence % 100) + 1) * 1e6, kind: 'acked' }) },
    )
    for (const name of ['response', 'service'] as const) {
      const { min, p50, p90, p95, p99, max } = latency(played, name)
      for (const [value, ms] of [
        [min, 1],
        [p50, 50],
        [p90, 90],
        [p95, 95],
        [p99, 99],
        [max, 100],
      ] as const) {
        assertNear(value, ms * 1000, `${name} ${ms}`)
      }
    }
  })

  test('belongs to the phase in which the record was due, however late it was acknowledged', async () => {
    const played = await produce({ warmupMs: 2000, measureMs: 3000 }, (clock) => {
      const startNs = clock.nowNs() + 300e6
      // Due in warm-up: 4 s; due in measure: 1 ms.
      return { fate: ({ dueNs }: { dueNs: number }) => ({ afterNs: dueNs < startNs + 2e9 ? 4e9 : 1e6, kind: 'acked' }) }
    })
    // The in-flight bound of 1000 is reached after a second; what is due in measure waits for it.
    assert.equal(latency(played, 'response').count, 3000)
    const warmup = toLatency(played.latency('response', ['warmup']))
    assert.equal(warmup.count, 2000)
    assertNear(warmup.min, 4e6)
  })

  test('rates are counted by when it happened: draining hides nothing', async () => {
    const played = await produce({ settings: { maxInFlight: 5000 } }, { fate: () => ({ afterNs: 2e9, kind: 'acked' }) })
    const measure = played.events(['measure'])
    assert.equal(measure.sent, 10_000)
    assert.ok(Math.abs(measure.acked - 8000) <= 1, String(measure.acked))
    assert.equal(played.events(['measure', 'drain']).acked, 10_000)
    assert.equal(latency(played, 'response').count, 10_000)
  })

  test('acks=0 has neither: records are handed over, and unknown', async () => {
    const played = await produce({ settings: { acks: 0 } }, { fate: () => ({ afterNs: 0, kind: 'unknown' }) })
    assert.equal(latency(played, 'response').count, 0)
    assert.equal(latency(played, 'service').count, 0)
    assert.deepEqual(played.ledger, { scheduled: 10_000, acked: 0, failed: 0, unknown: 10_000, unsent: 0 })
    assert.deepEqual(played.errors(), {}, 'no errors: nothing went wrong')
  })
})

describe('a stall of 10 s', () => {
  /** Nothing is acknowledged between 5 s and 15 s. */
  async function playStall(maxInFlight: number) {
    const responses: number[] = []
    const services: number[] = []
    const played = await produce({ measureMs: 30_000, settings: { maxInFlight } }, (clock) => {
      const startNs = clock.nowNs() + 300e6
      const fate: NonNullable<FakeDriverOptions['fate']> = (record, nowNs) => {
        const atNs = nowNs - startNs
        const afterNs = atNs >= 5e9 && atNs < 15e9 ? 15e9 - atNs : 1e6
        responses.push(nowNs + afterNs - record.dueNs)
        services.push(afterNs)
        return { afterNs, kind: 'acked' }
      }
      return { fate }
    })
    return { played, responses, services }
  }

  const played = new Map<number, ReturnType<typeof playStall>>()
  const stalled = (maxInFlight: number) => {
    const known = played.get(maxInFlight) ?? playStall(maxInFlight)
    played.set(maxInFlight, known)
    return known
  }

  for (const maxInFlight of [100, 1000, 20_000]) {
    test(`is in the response latency of every record due in it, with ${maxInFlight} in flight at most`, async () => {
      const { played, responses, services } = await stalled(maxInFlight)
      const response = latency(played, 'response')
      assert.equal(response.count, 30_000)
      // A record due s seconds before the end of the stall waited s seconds, whether it was sent or held back.
      for (const [q, value] of [
        [0.5, response.p50],
        [0.9, response.p90],
        [0.95, response.p95],
        [0.99, response.p99],
        [0.999, response.p999],
        [0.9999, response.p9999],
      ] as const) {
        assertNear(value, exact(responses, q), `p${q}`)
      }
      assert.ok(response.max! >= 9.99e6, `max ${response.max}`)
      const long = responses.filter((ns) => ns >= 5e9).length
      assert.ok(Math.abs(long - 5000) <= 1 + 10_000 / maxInFlight, `${long} records waited 5 s or more`)
      assertNear(latency(played, 'service').p99, exact(services, 0.99), 'service')
    })

    test(`is no schedule lag of the generator, with ${maxInFlight} in flight at most`, async () => {
      const { played } = await stalled(maxInFlight)
      const lag = latency(played, 'scheduleLag')
      assert.equal(lag.count, 30_000)
      assert.ok(lag.max! < 1000, `schedule lag ${lag.max} µs`)
      const held = latency(played, 'backpressure')
      if (maxInFlight < 10_000) assertNear(held.max, 1e7 - maxInFlight * 1000, 'held back')
      else assert.equal(held.max, 0)
    })
  }

  test('forgives no schedule debt: all is sent, in order, with its own due time', async () => {
    const { played } = await stalled(100)
    const { handed } = played.driver
    assertOnce(handed, 1)
    const pacer = constantPacer(1000)
    for (const record of handed) assert.equal(record.dueNs, played.startNs + pacer.dueNs(record.sequence))
    assert.deepEqual(played.ledger, { scheduled: 30_000, acked: 30_000, failed: 0, unknown: 0, unsent: 0 })
  })
})

describe('the generator’s own delay', () => {
  test('a busy event loop is schedule lag, not back-pressure, and counts for the user', async () => {
    let calls = 0
    const played = await produce({}, (clock) => ({
      onSend() {
        // Half a second in which nothing else runs.
        if (++calls === 2000) clock.advance(500e6)
      },
    }))
    assert.ok(latency(played, 'scheduleLag').max! > 490_000)
    assert.equal(latency(played, 'backpressure').max, 0)
    assert.ok(latency(played, 'response').max! > 490_000)
    assertClosed(played)
  })
})

describe('the in-flight bound', () => {
  test('holds, and due times are kept', async () => {
    const played = await produce(
      { measureMs: 5000, drainMs: 600_000, settings: { maxInFlight: 50 } },
      { fate: () => ({ afterNs: 100e6, kind: 'acked' }) },
    )
    // 50 per 100 ms is half of what is due.
    assert.equal(played.driver.mostInFlight, 50)
    assert.equal(played.ledger.acked, 5000)
    const longest = latency(played, 'response').max!
    assert.ok(longest > 5e6 && longest < 5.1e6, `due at 5 s, acknowledged at 10 s: ${longest} µs`)
    assertNear(latency(played, 'service').max, 100_000)
    const measure = played.events(['measure'])
    assert.ok(Math.abs(measure.sent - 2500) <= 50, 'sent in measure: what the cluster took')
  })

  test('large values lower it: 64 MiB of them at most, but 16', async () => {
    const big = await produce(
      { size: 1_048_576, measureMs: 1000, settings: { maxInFlight: 1000 } },
      { fate: () => ({ afterNs: 500e6, kind: 'acked' }) },
    )
    assert.equal(big.driver.mostInFlight, 64)
  })
})

describe('one global schedule', () => {
  for (const [producers, ratePerSec] of [
    [1, 0.7],
    [2, 1000],
    [3, 3333.33],
    [7, 999.9],
    [4, 1],
  ] as const) {
    test(`${producers} producers at ${ratePerSec}/s: their due times together are the schedule`, async () => {
      const played = await produce({ producers, ratePerSec, measureMs: 5000 })
      const pacer = constantPacer(ratePerSec)
      const total = pacer.dueBefore(5e9)!
      const dues = played.driver.handed.map(({ dueNs }) => dueNs - played.startNs).sort((a, b) => a - b)
      assert.equal(dues.length, total, 'not a rate per worker, and no remainder lost')
      for (const [n, dueNs] of dues.entries()) assert.ok(Math.abs(dueNs - pacer.dueNs(n)) < 1, `record ${n}`)
      assertOnce(played.driver.handed, producers)
      assert.deepEqual(played.ledger, { scheduled: total, acked: total, failed: 0, unknown: 0, unsent: 0 })
    })
  }

  test('is paced, not sent in bursts', async () => {
    const { driver, startNs } = await produce({ producers: 2, ratePerSec: 1000, measureMs: 3000 })
    const perMs = new Array<number>(3000).fill(0)
    for (const { atNs } of driver.handed) perMs[Math.floor((atNs - startNs) / 1e6)]!++
    assert.ok(Math.max(...perMs) <= 2, `${Math.max(...perMs)} records in one ms`)
    assert.equal(
      perMs.slice(0, 1500).reduce((a, b) => a + b),
      1500,
    )
  })

  for (const ratePerSec of [1000, 'max'] as const) {
    test(`nobody sends before the common start, at ${ratePerSec}`, async () => {
      const { driver, startNs, events } = await produce(
        { producers: 3, ratePerSec, measureMs: 1000, startDelayNs: 2e9, settings: { maxInFlight: 20 } },
        { fate: () => ({ afterNs: 1e6, kind: 'acked' }) },
      )
      const firsts = ['client-0', 'client-1', 'client-2'].map(
        (client) => driver.handed.find(({ producer }) => producer === client)!.atNs - startNs,
      )
      for (const first of firsts) assert.ok(first >= 0 && first <= 3e6, `first record at ${first} ns`)
      assert.equal(events(['measure', 'drain']).sent, driver.handed.length)
    })
  }

  for (const [copiesValues, most] of [
    [true, 100],
    [false, 1000],
  ] as const) {
    test(`a client that ${copiesValues ? 'copies' : 'keeps'} values gets at most ${most} records per turn when it has to catch up`, async () => {
      const { driver } = await produce({ measureMs: 5000, settings: { maxInFlight: 5000 } }, (clock) => {
        let calls = 0
        return { copiesValues, onSend: () => ++calls === 1000 && clock.advance(2e9) }
      })
      assert.equal(driver.largestBatch, most)
      assert.equal(driver.handed.length, 5000)
    })
  }
})

describe('rate max', () => {
  test('keeps the bound in flight, until the end of the load; no response latency', async () => {
    const played = await produce(
      { ratePerSec: 'max', measureMs: 2000, settings: { maxInFlight: 20 } },
      { fate: () => ({ afterNs: 1e6, kind: 'acked' }) },
    )
    const measure = played.events(['measure'])
    assert.ok(Math.abs(measure.sent - 40_000) <= 40, `${measure.sent} in 2 s, 20 per ms`)
    assert.equal(played.latency('response', ['warmup', 'measure', 'drain']).hdr.totalCount, 0)
    assertNear(latency(played, 'service').p50, 1000)
    assertClosed(played)
    assert.equal(played.ledger.acked, played.driver.handed.length)
    for (const { atNs } of played.driver.handed) assert.ok(atNs - played.startNs < 2e9)
  })

  test('with several producers, none twice', async () => {
    const played = await produce({ ratePerSec: 'max', producers: 3, measureMs: 200, settings: { maxInFlight: 16 } })
    assertOnce(played.driver.handed, 3)
    assertClosed(played)
  })
})

describe('a count', () => {
  for (const ratePerSec of [1000, 'max'] as const) {
    test(`is the count of all producers together, at ${ratePerSec}`, async () => {
      const played = await produce({ ratePerSec, count: 1001, producers: 3 })
      assert.equal(played.driver.handed.length, 1001)
      assert.deepEqual(played.ledger, { scheduled: 1001, acked: 1001, failed: 0, unknown: 0, unsent: 0 })
    })
  }

  test('beyond the end of the load changes nothing', async () => {
    const played = await produce({ count: 1_000_000, measureMs: 1000 })
    assert.equal(played.ledger.scheduled, 1000)
  })

  test('smaller than the number of producers: some have nothing to do', async () => {
    const played = await produce({ count: 2, producers: 5, measureMs: 1000 })
    assert.deepEqual(played.ledger, { scheduled: 2, acked: 2, failed: 0, unknown: 0, unsent: 0 })
  })
})

describe('the ledger is closed', () => {
  test('when a stop comes in the middle', async () => {
    for (const maxInFlight of [1000, 10]) {
      const stop = new AbortController()
      const played = await produce({ producers: 2, signal: stop.signal, settings: { maxInFlight } }, (clock) => {
        clock.at(clock.nowNs() + 300e6 + 5e9, () => stop.abort())
        return { fate: () => ({ afterNs: 50e6, kind: 'acked' }) }
      })
      assertClosed(played)
      const { scheduled, acked, unsent } = played.ledger
      // What was due until the stop was noticed.
      assert.ok(scheduled >= 5000 && scheduled <= 5100, `${scheduled} scheduled`)
      assert.equal(acked + unsent, scheduled)
      if (maxInFlight === 10) assert.ok(unsent > 2000, `${unsent} unsent`)
      assert.equal(acked, played.driver.handed.length)
    }
  })

  test('when a stop comes while nothing is acknowledged: unknown after a second', async () => {
    const stop = new AbortController()
    const played = await produce({ signal: stop.signal, settings: { maxInFlight: 100 } }, (clock) => {
      clock.at(clock.nowNs() + 300e6 + 5e9, () => stop.abort())
      return { fate: () => 'silence' }
    })
    assertClosed(played)
    assert.equal(played.ledger.unknown, 100)
    assert.ok(played.ledger.unsent >= 4900)
    assert.ok(played.endNs - played.startNs < 6.2e9, 'does not wait for the deadline')
  })

  test('when the stop comes before the start', async () => {
    const stop = new AbortController()
    stop.abort()
    const played = await produce({ signal: stop.signal })
    assert.deepEqual(played.ledger, { scheduled: 0, acked: 0, failed: 0, unknown: 0, unsent: 0 })
    assert.equal(played.driver.handed.length, 0)
  })

  test('when nothing is ever acknowledged: unknown at the deadline, the rest unsent', async () => {
    const played = await produce({ measureMs: 5000, drainMs: 5000 }, { fate: () => 'silence' })
    assert.deepEqual(played.ledger, { scheduled: 5000, acked: 0, failed: 0, unknown: 1000, unsent: 4000 })
    const tookS = (played.endNs - played.startNs) / 1e9
    assert.ok(tookS >= 9.9 && tookS < 11.2, `${tookS} s`)
    assert.equal(latency(played, 'response', 5000).p50, null)
  })

  test('when the client hangs while it is closed: what it never told is unknown', async () => {
    const played = await produce(
      { measureMs: 2000, drainMs: 1000 },
      { fate: () => 'silence', dispose: () => new Promise(() => {}) },
    )
    const { scheduled, unsent, unknown } = played.ledger
    assert.equal(scheduled, 2000)
    assert.equal(scheduled - unsent, played.driver.handed.length)
    assert.equal(unknown, played.driver.handed.length)
    assert.ok(played.endNs - played.startNs < 15e9)
  })

  test('when outcomes are mixed', async () => {
    const kinds = ['acked', 'failed', 'unknown'] as const
    const played = await produce({}, { fate: ({ sequence }) => ({ afterNs: 1e6, kind: kinds[sequence % 3]! }) })
    assert.deepEqual(played.ledger, { scheduled: 10_000, acked: 3334, failed: 3333, unknown: 3333, unsent: 0 })
    assert.deepEqual(played.errors(), { 'fake failed': 3333, 'fake unknown': 3333 })
  })

  test('when the client settles inside the hand-over itself', async () => {
    const played = await produce({}, { fate: () => ({ afterNs: 0, kind: 'acked' }) })
    assert.equal(played.ledger.acked, 10_000)
    assert.equal(latency(played, 'service').max, 0)
  })
})

describe('a client that fails fast cannot look good', () => {
  test('all refused at once: no percentile', async () => {
    const played = await produce({}, { fate: () => ({ afterNs: 0, kind: 'failed' }) })
    const { p50, p99, max, mean, min } = latency(played, 'response', 10_000)
    assert.deepEqual([p50, p99, max, mean, min], [null, null, null, null, null])
  })

  test('2 % refused: p95 is known, p99 and the maximum are not', async () => {
    const played = await produce(
      {},
      { fate: ({ sequence }) => ({ afterNs: 1e6, kind: sequence % 50 ? 'acked' : 'failed' }) },
    )
    const response = latency(played, 'response', 10_000 - played.ledger.acked)
    assertNear(response.p95, 1000)
    assert.equal(response.p99, null)
    assert.equal(response.max, null)
  })
})

describe('what is sent', () => {
  for (const copiesValues of [false, true]) {
    for (const size of [64, 16_384, 300_000]) {
      test(`every record carries its own stamp: ${size} bytes, the client copies: ${copiesValues}`, async () => {
        const { driver } = await produce({ producers: 2, measureMs: 1000, size }, (clock) => {
          let calls = 0
          // After a pause of half a second the whole backlog is handed over, 100 records a turn.
          return { copiesValues, onSend: () => ++calls === 100 && clock.advance(500e6) }
        })
        assert.equal(driver.handed.length, 1000)
        const stamp = { flags: 0, run: 0, producer: 0, sequence: 0, dueNs: 0, bodyChecksum: 0 }
        for (const record of driver.handed) {
          assert.equal(readStamp(record.value!, stamp), 'ok')
          assert.equal(stamp.run, run)
          assert.equal(`client-${stamp.producer}`, record.producer)
          assert.equal(stamp.sequence, record.sequence)
          assert.equal(stamp.dueNs, record.dueNs)
          assert.equal(record.valueBytes, size)
        }
      })
    }
  }

  test('service latency counts from the moment of the hand-over', async () => {
    const { driver } = await produce({ measureMs: 1000 })
    for (const record of driver.handed) assert.equal(record.sentNs, record.atNs)
  })

  test('the ledger holds the partition of every record', async () => {
    const played = await produce({ measureMs: 1000 })
    const { partitions } = played.outcomes(0)
    for (const { sequence, partition } of played.driver.handed) assert.equal(partitions[sequence], partition)
  })
})

describe('the end', () => {
  async function orderOf(fate: 'acked' | 'silence'): Promise<string[]> {
    const order: string[] = []
    const dispose = async () => void order.push('client closed')
    await produce(
      { told: () => order.push('told') },
      { dispose, fate: () => (fate === 'silence' ? fate : { afterNs: 1e6, kind: fate }) },
    )
    return order
  }

  test('leaves nothing to come', async () => {
    for (const fate of ['acked', 'silence'] as const) {
      const { clock } = await produce(
        { measureMs: 1000, drainMs: 1000 },
        { fate: () => (fate === 'silence' ? fate : { afterNs: 1e6, kind: fate }) },
      )
      assert.equal(clock.pending(), 0)
    }
  })

  test('with everything settled it is told before the client is closed, which may crash then', async () => {
    assert.deepEqual(await orderOf('acked'), ['told', 'client closed'])
  })

  test('what is open is settled by closing, and told afterwards', async () => {
    assert.deepEqual(await orderOf('silence'), ['client closed', 'told'])
  })
})
