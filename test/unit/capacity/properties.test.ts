import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { type Candidate, nameOf } from '../../../src/capacity/constraints.ts'
import { costParts } from '../../../src/capacity/cost.ts'
import type { Load } from '../../../src/capacity/load.ts'
import { readingsTaken } from '../../../src/capacity/readings.ts'
import { serverlessConstraints } from '../../../src/capacity/serverless.ts'
import { type Size, sizeOf } from '../../../src/capacity/size.ts'
import { data, load, rowsOf } from './_planning.ts'

const inputs = 100_000
const candidates: Candidate[] = data.brokers.flatMap((broker) =>
  broker.volumeProvisionedMaxMBps === null
    ? [{ broker, provisionedMiBps: null }]
    : [
        { broker, provisionedMiBps: null },
        { broker, provisionedMiBps: broker.volumeProvisionedMaxMBps },
      ],
)
const base = load({ in: '1MB/s' })

interface Drawn {
  candidate: Candidate
  load: Load
  pick: (from: number, to: number) => number
}

/** A hundred thousand loads from 10 kB/s to 1 GB/s, each for a type of its own. */
function* drawn(seed: number): Generator<Drawn> {
  const rng = createRng(seed)
  const pick = (from: number, to: number) => from + rng.float() * (to - from)
  const whole = (from: number, to: number) => Math.floor(pick(from, to + 1))
  for (let at = 0; at < inputs; at++) {
    const inMBps = 10 ** pick(-2, 3)
    const averageInMBps = inMBps * pick(0.05, 1)
    const g = rng.float() < 0.5 ? whole(1, 6) : pick(0.1, 6)
    const retentionHours = 10 ** pick(0, 3)
    yield {
      candidate: candidates[whole(0, candidates.length - 1)]!,
      pick,
      load: {
        ...base,
        inMBps,
        averageInMBps,
        g,
        outMBps: inMBps * g,
        averageOutMBps: averageInMBps * g,
        replication: whole(1, 5),
        zones: whole(1, 4),
        retentionHours,
        localRetentionHours: rng.float() < 0.5 ? retentionHours : retentionHours * pick(0.1, 1),
        partitions: rng.float() < 0.3 ? null : whole(1, 5000),
        connections: rng.float() < 0.5 ? null : whole(1, 100_000),
        auth: rng.float() < 0.5 ? 'iam' : 'scram',
        headroom: pick(0.1, 1),
        isRackAware: rng.float() < 0.5,
        cpuCores: rng.float() < 0.8 ? null : pick(0.1, 500),
      },
    }
  }
}

const withG = (one: Load, g: number): Load => ({
  ...one,
  g,
  outMBps: one.inMBps * g,
  averageOutMBps: one.averageInMBps * g,
})

/** What asks for more; each with a factor or a number that never is less. */
const increases: readonly (readonly [string, (one: Load, pick: Drawn['pick']) => Load])[] = [
  [
    'load',
    (one, pick) => {
      const by = pick(1, 3)
      return withG({ ...one, inMBps: one.inMBps * by, averageInMBps: one.averageInMBps * by }, one.g)
    },
  ],
  ['groups', (one, pick) => withG(one, one.g + pick(0, 3))],
  ['retention', (one, pick) => ({ ...one, retentionHours: one.retentionHours * pick(1, 3) })],
  [
    'retention with all of it local',
    (one, pick) => {
      const retentionHours = one.retentionHours * pick(1, 3)
      return {
        ...one,
        localRetentionHours: one.localRetentionHours * (retentionHours / one.retentionHours),
        retentionHours,
      }
    },
  ],
  ['replication', (one, pick) => ({ ...one, replication: one.replication + Math.floor(pick(0, 3)) })],
]

const sized = (candidate: Candidate, one: Load): Size => sizeOf(candidate, one, data, readingsTaken)

describe(`${inputs} random loads`, () => {
  test('more load, groups, retention or replication never needs fewer brokers or less money', () => {
    let at = 0
    for (const { candidate, load: one, pick } of drawn(1)) {
      const [what, more] = increases[at++ % increases.length]!
      const before = sized(candidate, one)
      const after = sized(candidate, more(one, pick))
      if (after.brokers < before.brokers || after.costs.total < before.costs.total * (1 - 1e-12)) {
        assert.fail(`more ${what}, ${nameOf(candidate)}: ${JSON.stringify({ one, before, after })}`)
      }
    }
  })

  test('brokers are a multiple of the zones, at least the replication factor, and enough for every constraint', () => {
    for (const { candidate, load: one } of drawn(2)) {
      const { brokers, constraints } = sized(candidate, one)
      const enough = constraints.every(
        ({ name, demand, capacity, brokers: alone }) =>
          alone <= brokers && (name === 'partition-rate' || demand <= capacity * brokers * (1 + 1e-8)),
      )
      if (brokers % one.zones !== 0 || brokers < one.replication || !enough) {
        assert.fail(`${nameOf(candidate)}: ${JSON.stringify({ one, brokers, constraints })}`)
      }
    }
  })

  test('the parts add up to the total, and none is below 0', () => {
    for (const { candidate, load: one } of drawn(3)) {
      const { costs } = sized(candidate, one)
      const sum = costParts.reduce((total, part) => total + costs[part], 0)
      if (sum !== costs.total || costParts.some((part) => !(costs[part] >= 0))) {
        assert.fail(`${nameOf(candidate)}: ${JSON.stringify({ one, costs })}`)
      }
    }
  })

  test('every capacity is reproduced from the data files', () => {
    const rows = new Map(rowsOf('brokers').map((row) => [row.type!, row]))
    for (const { candidate, load: one } of drawn(4)) {
      const row = rows.get(candidate.broker.type)!
      for (const { name, capacity } of sized(candidate, one).constraints) {
        const expected = expectedCapacity(name, row, candidate.provisionedMiBps, one)
        if (!(Math.abs(capacity - expected) <= 1e-9 * Math.abs(expected))) {
          assert.fail(`${nameOf(candidate)} ${name}: ${capacity}, by the files ${expected}, ${JSON.stringify(one)}`)
        }
      }
    }
  })
})

const quotas = rowsOf('quotas')
const quota = (scope: string, name: string): number =>
  Number(quotas.find((row) => row.scope === scope && row.quota === name)!.value)
const iamConnections = quota('broker', 'iam_connections')
const storageMax = quota('broker-standard', 'storage_max')
const perPartition = quota('express', 'partition_in')
const cpuGuard = quota('guard', 'cpu')

/** The formulas of docs/planning.md once more, on the cells of the files. */
function expectedCapacity(name: string, row: Record<string, string>, provisioned: number | null, one: Load): number {
  const volume = provisioned ?? Number(row.vol_default_MiBps)
  const ebs = Number(row.ebs_net_base_MBps)
  const ec2 = Number(row.ec2_net_base_MBps)
  const r = one.replication
  const more = (r === 3 ? 0 : (1.5 * (r - 1)) / 2 - 1.5) + (one.localRetentionHours < one.retentionHours ? 1.5 : 0)
  switch (name) {
    case 'ceiling':
      return Math.min(volume / r, ebs / r, ec2 / (one.g + r - 1)) * one.headroom
    case 'resilient-ebs':
      return (Math.min(ebs, volume) / (6.5 + more)) * 0.5
    case 'resilient-network':
      return (ec2 / (5.7 + 1.5 * one.g + more)) * 0.5
    case 'partitions':
      return Number(row.part_rec || row.part_max)
    case 'storage':
      return storageMax
    case 'connections':
      return iamConnections
    case 'cpu':
      return (Number(row.vcpu) * cpuGuard) / 100
    case 'ingress-quota':
      return Number(row.in_sustained_MBps) * 0.75
    case 'egress-quota':
      return Number(row.out_sustained_MBps)
    case 'partition-rate':
      return perPartition * (one.partitions ?? Math.ceil(one.inMBps / perPartition - 1e-9))
    default:
      return assert.fail(`no formula for ${name}`)
  }
}

test('every quota of serverless is a constraint, with the value of the file', () => {
  const found = serverlessConstraints(load({ in: '1MB/s' }), data)
  assert.deepEqual(
    found.map(({ name, capacity }) => [name, capacity]),
    quotas.filter(({ scope }) => scope === 'serverless').map(({ quota: name, value }) => [name, Number(value)]),
  )
})
