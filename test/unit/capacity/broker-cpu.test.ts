import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng, type Rng } from '../../../src/base/rng.ts'
import { type BrokerLoad, coresAt, fitCpu, terms } from '../../../src/capacity/broker-cpu.ts'
import { readBrokerCalibration, withCalibration } from '../../../src/capacity/calibrated-cores.ts'
import { calibrationProfile, cellsOf } from '../../../src/capacity/calibration-run.ts'
import { planOf } from '../../../src/capacity/plan.ts'
import type { Variant } from '../../../src/contracts/result.ts'
import { parseProfile } from '../../../src/profile/parse.ts'
import { mock, syntheticResult } from '../../fixtures/result.ts'
import { syntheticVariant } from '../../fixtures/variant.ts'
import { data, load } from './_planning.ts'

const truth = { c0: 0.03, a: 0.012, b: 0.004, c: 0.008, d: 0.00008 }

/** Normal by Box and Muller. */
const normal = (rng: Rng): number => Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float())

/** The 24 cells of the calibration profile on three simulated brokers of known cost, with relative noise. */
function simulated(
  seed: number,
  noise: number,
  change: (one: BrokerLoad) => Partial<BrokerLoad> = () => ({}),
): BrokerLoad[] {
  const rng = createRng(seed)
  const loads: BrokerLoad[] = []
  for (const replication of [1, 3])
    for (const rate of [1, 2, 4])
      for (const groups of [1, 3])
        for (const batchBytes of [4096, 32_768])
          for (const broker of [1, 2, 3]) {
            const leaderInMBps = rate * (1 + 0.05 * (broker - 2))
            const plain = {
              cell: `${replication} ${rate} ${groups} ${batchBytes}`,
              leaderInMBps,
              bytesOutMBps: leaderInMBps * (groups + replication - 1),
              followerInMBps: rate * (replication - 1),
              requestsPerSec: ((leaderInMBps * 1e6) / batchBytes) * (groups + replication),
              cores: 0,
            }
            const one = { ...plain, ...change(plain) }
            const { c0, a, b, c, d } = truth
            const exact =
              c0 + a * one.leaderInMBps + b * one.bytesOutMBps + c * one.followerInMBps + d * one.requestsPerSec
            loads.push({ ...one, cores: exact * (1 + noise * normal(rng)) })
          }
  return loads
}

describe('a broker whose cost is known', () => {
  test('without noise its coefficients come out exactly', () => {
    const fit = fitCpu(simulated(1, 0))
    for (const term of terms) assert.ok(Math.abs(fit.coefficients[term].value - truth[term]) < 1e-9, term)
    assert.ok(fit.r2 > 0.999999 && fit.holdOut < 1e-9)
    assert.deepEqual(fit.refused, [])
  })

  test('with 5 % noise each is within its 95 % interval in 95 % of 400 calibrations, and all are accepted', () => {
    const within = Object.fromEntries(terms.map((term) => [term, 0]))
    const runs = 400
    for (let seed = 1; seed <= runs; seed++) {
      const { coefficients, refused, holdOut } = fitCpu(simulated(seed, 0.05))
      assert.deepEqual(refused, [], `seed ${seed}`)
      assert.ok(holdOut < 0.08, String(holdOut))
      for (const term of terms) {
        const { low, high } = coefficients[term]
        if (low <= truth[term] && truth[term] <= high) within[term]!++
      }
    }
    // Three standard deviations of a binomial share around 95 %.
    for (const term of terms)
      assert.ok(within[term]! / runs > 0.917 && within[term]! / runs < 0.983, `${term}: ${within[term]}`)
  })

  test('what is measured twice is expected as measured', () => {
    const loads = simulated(3, 0)
    const fit = fitCpu(loads)
    for (const one of loads) assert.ok(Math.abs(coresAt(fit, one) - one.cores) < 1e-9)
  })
})

describe('a fit is refused', () => {
  test('where R² is below 0.9', () => {
    const { refused, r2 } = fitCpu(simulated(1, 0.9).map((one) => ({ ...one, cores: Math.abs(one.cores) + 0.01 })))
    assert.ok(r2 < 0.9)
    assert.match(refused.join('; '), /^R² is -?\d+\.\d+, below 0\.9/)
  })

  test('where terms move together: followers always twice the leaders', () => {
    const together = fitCpu(simulated(1, 0.05, ({ leaderInMBps }) => ({ followerInMBps: leaderInMBps * 2 })))
    assert.match(together.refused.join(), /one term follows from the others/)
    const nearly = fitCpu(
      simulated(1, 0.05, ({ leaderInMBps, bytesOutMBps }) => ({
        followerInMBps: leaderInMBps * 2 * (bytesOutMBps > 3 * leaderInMBps ? 1.05 : 1),
      })),
    )
    assert.deepEqual(nearly.refused, ['a, c cannot be separated: variance inflation above 10'])
  })

  test('where there are too few cells', () => {
    assert.match(fitCpu(simulated(1, 0.05).slice(0, 15)).refused.join(), /5 cells are too few for 5 coefficients/)
  })
})

describe('cells of a run', () => {
  const base = syntheticVariant()
  const variant = {
    ...base,
    params: { ...base.params, 'topic.replicationFactor': 3 },
    produce: { ...base.produce, ackedPerSec: 3000, recordsPerBatch: 10 },
    consume: { ...base.consume!, receivedPerSec: 6000 },
    brokers: [1, 2, 3].map((id) => ({
      id,
      cpuPercent: 10 * id,
      rssBytes: null,
      diskBytes: null,
      networkInBytes: null,
      networkOutBytes: null,
    })),
    throttle: [1, 2, 3].map((id) => ({
      id,
      produceMs: null,
      fetchMs: null,
      requestMs: null,
      produceBytesPerSec: id * 1e6,
    })),
  }

  test('each broker leads, follows, and sends to groups and followers', () => {
    const { loads, left } = cellsOf([syntheticResult([variant])])
    assert.deepEqual(left, [])
    const [first] = loads
    // 6 MB/s in 3000 records are 2000 bytes each, ten of them a batch: 50 produce requests, each fetched by two groups and two followers.
    assert.deepEqual(
      { ...first, cell: '' },
      { cell: '', leaderInMBps: 1, bytesOutMBps: 4, followerInMBps: 5, requestsPerSec: 250, cores: 0.1 },
    )
  })

  test('fetches of consumers are those that they count, by the share of the broker', () => {
    const client = { requestsPerSec: 600 } as NonNullable<NonNullable<Variant['consume']>['client']>
    const counted = { ...variant, consume: { ...variant.consume!, client } }
    const [first] = cellsOf([syntheticResult([counted])]).loads
    // 50 produce requests, 100 fetches of followers, and of the consumers' fetches a sixth, as of the bytes.
    assert.equal(first!.requestsPerSec, 250)
    const more = { ...counted, consume: { ...counted.consume, client: { ...client, requestsPerSec: 1200 } } }
    assert.equal(cellsOf([syntheticResult([more])]).loads[0]!.requestsPerSec, 350)
  })

  test('a cell without the brokers’ figures is left out, with the reason', () => {
    const { loads, left } = cellsOf([
      syntheticResult([
        { ...variant, throttle: null },
        { ...variant, status: 'invalid' },
      ]),
    ])
    assert.deepEqual(
      [loads.length, left.map(({ reason }) => reason)],
      [0, ['a broker does not report its produce requests', 'it is invalid']],
    )
  })

  test('runs of unlike clusters, and of the mock, are refused', () => {
    const one = syntheticResult([variant])
    const tls = { ...one, cluster: { ...one.cluster, layout: 'kraft-3-tls' } }
    assert.throws(() => cellsOf([one, tls]), /unlike clusters/)
    assert.throws(() => cellsOf([mock()]), /the mock/)
  })

  test('the profile has 24 cells of 25 s', () => {
    const { cells, profile } = parseProfile(calibrationProfile('kraft-3'), {
      file: 'broker-cpu.yaml',
      sets: [],
      env: {},
    })
    assert.equal(cells.length, 24)
    assert.equal(profile.phases.warmup + profile.phases.measure, 25_000)
  })
})

describe('a calibration in a plan', () => {
  const fit = fitCpu(simulated(1, 0))
  const stored = { cluster: 'local, kraft-3', environment: { cpu: 'EPYC' }, ...fit }
  const shape = load({ in: '100MB/s', groups: '2', 'requests-per-mb': '30' })

  test('scales by the stated range, takes the upper end, and stays an estimate', () => {
    const calibration = readBrokerCalibration(JSON.stringify(stored), 'fit.json')
    const one = withCalibration(shape, calibration, { low: 0.5, high: 2 }, 'fit.json')
    // 100 · 0.012 + (200 + 200) · 0.004 + 200 · 0.008 + 30 · (100 + 200 + 200) · 0.00008 = 5.6 cores of the calibrated machine.
    assert.ok(Math.abs(one.cpuCores! - 2 * 5.6) < 1e-6)
    assert.equal(one.cpuEstimate, 'fit.json: 2.8 to 11.2 cores by a fit on EPYC')
    const planned = planOf(one, data, ['kafka.m7g.xlarge']).candidates[0]!
    const cpu = planned.constraints.find(({ name }) => name === 'cpu')!
    // 4 vCPU × 0.60, less two times the 0.03 cores of an idle broker.
    assert.ok(Math.abs(cpu.capacity - 2.34) < 1e-6)
    assert.deepEqual([cpu.tag, cpu.brokers], ['estimate', 5])
    assert.match(cpu.working, /2\.8 to 11\.2 cores/)
  })

  test('a refused fit, and a file that is none, are refused', () => {
    const refused = JSON.stringify({ ...stored, refused: ['R² is 0.5'] })
    assert.throws(() => readBrokerCalibration(refused, 'fit.json'), /was refused/)
    assert.throws(() => readBrokerCalibration('{}', 'fit.json'), /is no fit/)
    assert.throws(() => readBrokerCalibration('{', 'fit.json'), /is not JSON/)
  })
})
