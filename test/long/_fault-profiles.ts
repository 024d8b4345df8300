import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { messageOf } from '../../src/base/errors.ts'
import { requireIsolation } from '../../src/clusters/shared/isolation.ts'
import { findToxiproxy } from '../../src/clusters/shared/toxiproxy.ts'
import type { FaultPartition, FaultResult, RunResult, Variant } from '../../src/contracts/result.ts'
import { kbench } from '../cli/_kbench.ts'
import { isClosed, onlyResult } from '../cli/_live.ts'
import { skipReason } from '../cluster/_providers.ts'

// Every fault profile, shortened, with both clients. What must hold follows from how Kafka works: a broker that is silent is fenced
// when its session is over (broker.session.timeout.ms, 9 s, of which up to 2 s may have passed since its last heartbeat).

const clients = ['kafkajs', 'node-rdkafka']
const sessionMs = { atLeast: 6500, atMost: 40_000 }
/** KBENCH_KEEP_RESULTS=<folder> keeps what was measured, for a look at the reports. */
const kept = process.env.KBENCH_KEEP_RESULTS
const folder = kept ?? mkdtempSync(join(tmpdir(), 'kbench-long-faults-'))
after(() => {
  if (!kept) rmSync(folder, { recursive: true, force: true })
})

/** What says where this machine has its images and programs, which kbench() would leave out. */
const machine = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && /^KBENCH_(KAFKA_IMAGE|TOXIPROXY)$/.test(name) ? [[name, value]] : [],
  ),
)

interface Case {
  profile: string
  /** Seconds: start and length of each fault, length of the measurement. */
  times: { faults: readonly (readonly [at: number, length: number | null])[]; measure: number }
  /** Is run on containers too, where Docker answers. */
  compose?: boolean
  needs?: 'isolation' | 'proxies'
  exitCode?: number
  /** What this profile is about, of one client. */
  check(variant: Variant): void
}

const oneFault = { faults: [[8, 20]], measure: 45 } as const

const cases: Case[] = [
  { profile: 'broker-kill', times: oneFault, compose: true, check: silentBroker },
  { profile: 'broker-pause', times: oneFault, compose: true, check: silentBroker },
  { profile: 'network-partition', times: oneFault, compose: true, needs: 'isolation', check: silentBroker },
  { profile: 'controller-kill', times: oneFault, check: silentBroker },
  {
    profile: 'broker-stop',
    times: oneFault,
    compose: true,
    check({ faults: [fault] }) {
      // Of each partition: test/cluster/failover. Here the load leaves two processors little to shut a broker down with.
      assert.ok(moved(fault!).length > 0, 'leaders moved')
      const ofLed = (of: (partition: FaultPartition) => number | null) => median(moved(fault!).map(of))
      assert.ok(ofLed(({ unavailableMs }) => unavailableMs) < 2000)
      assert.ok(ofLed(({ clientGapMs }) => clientGapMs) < 2500)
      within(worst(fault!), { atLeast: 0, atMost: 5000 })
    },
  },
  {
    profile: 'rolling-restart',
    times: { faults: [[10, null]], measure: 120 },
    compose: true,
    check({ faults: [fault], phases }) {
      assert.equal(moved(fault!).length, fault!.partitions.length, 'every partition lost its leader once')
      assert.ok(worst(fault!) < 5000, `${worst(fault!)} ms`)
      const measure = phases.find(({ name }) => name === 'measure')!
      assert.ok(fault!.healedAtS! < measure.endS, 'over before the measurement was')
    },
  },
  {
    profile: 'follower-kill-acks-1',
    times: oneFault,
    check({ faults: [fault] }) {
      assert.deepEqual(moved(fault!), [])
      assert.ok(worst(fault!) < 2000, `${worst(fault!)} ms`)
    },
  },
  {
    profile: 'follower-kill-acks-all',
    times: oneFault,
    check({ faults: [fault] }) {
      assert.deepEqual(moved(fault!), [])
      within(worst(fault!), sessionMs)
      // The leader goes on when the dead follower is out of the in-sync set, and not before.
      const [only] = fault!.partitions
      assert.ok(Math.abs(only!.unavailableMs! - only!.isrShrunkMs!) < 3000, JSON.stringify(only))
    },
  },
  {
    profile: 'two-of-three-down-min-isr-1',
    times: {
      faults: [
        [10, 40],
        [25, 35],
      ],
      measure: 90,
    },
    check({ faults }) {
      // Each death costs a session, and then the last broker goes on alone.
      for (const fault of faults) within(worst(fault), { atLeast: sessionMs.atLeast, atMost: 24_000 })
    },
  },
  {
    profile: 'two-of-three-down-min-isr-2',
    times: {
      faults: [
        [10, 40],
        [25, 35],
      ],
      measure: 90,
    },
    check({ faults, produce }) {
      // Nothing is acknowledged from the second death (25 s) to the return of the first broker (50 s).
      for (const { unavailableMs } of faults[1]!.partitions) within(unavailableMs!, { atLeast: 24_000, atMost: 65_000 })
      assert.ok(faults[1]!.underMinIsrS! > 0)
      assert.ok(Object.keys(produce.errors).length > 0 || produce.responseUs!.max! > 20e6)
    },
  },
  {
    profile: 'consumer-kill',
    times: {
      faults: [
        [10, 20],
        [45, 15],
      ],
      measure: 75,
    },
    compose: true,
    check({ faults: [killed, left] }) {
      const seconds = (fault: FaultResult) => fault.lagPeak.g1!.seconds!
      within(seconds(killed!), { atLeast: 8, atMost: 25 })
      assert.ok(seconds(left!) < 6, `${seconds(left!)} s behind after one left`)
    },
  },
  {
    profile: 'rebalance-storm',
    times: {
      faults: [
        [10, 5],
        [14, 5],
        [16, 5],
      ],
      measure: 57,
    },
    check({ faults, rebalances, lag }) {
      assert.ok(faults.length >= 8, `${faults.length} faults`)
      assert.ok(rebalances.length > faults.length, `${rebalances.length} rebalances`)
      assert.ok(lag.g1!.endRecords! < 2000, `${lag.g1!.endRecords} records behind in the end`)
    },
  },
  {
    profile: 'slow-broker',
    times: oneFault,
    needs: 'proxies',
    check({ faults: [fault], produce }) {
      assert.deepEqual(moved(fault!), [])
      assert.ok(produce.responseUs!.p99! > 150_000, `${produce.responseUs!.p99} µs`)
      assert.ok(worst(fault!) < 5000, `${worst(fault!)} ms`)
    },
  },
  {
    profile: 'unclean-election',
    times: {
      faults: [
        [10, 20],
        [29, 25],
      ],
      measure: 75,
    },
    exitCode: 97,
    check({ faults, integrity, ledger }) {
      assert.ok(faults[1]!.uncleanElections! >= 1)
      // At least what was acknowledged from the follower's leaving the in-sync set to its return: 9 of 20 s are enough.
      assert.ok(integrity.lost! > 500 * 5, `${integrity.lost} lost`)
      assert.ok(integrity.lost! < ledger.acked)
      assert.equal(integrity.verdict, 'violated')
    },
  },
]

/** Judges every profile that this provider can run, or those of KBENCH_FAULT_PROFILES=a,b alone; what a machine lacks is skipped by name. */
export async function judgeAll(provider: 'local' | 'compose'): Promise<void> {
  const missing = await skipReason(provider)
  const only = process.env.KBENCH_FAULT_PROFILES?.split(',')
  for (const each of cases) {
    if (provider === 'compose' && !each.compose) continue
    if (only && !only.includes(each.profile)) continue
    const skip = missing ?? lacking(each.needs)
    describe(`profiles/${each.profile}.yaml on ${provider}`, { ...(skip && { skip }) }, () => judge(each, provider))
  }
}

function judge(each: Case, provider: string): void {
  let result: RunResult
  let exitCode: number
  let said: string

  before(async () => {
    const target = join(folder, `${each.profile}-${provider}`)
    const ended = await kbench(
      ['run', `profiles/${each.profile}.yaml`, ...shortened(each, provider), '--results', target],
      { env: machine },
    )
    exitCode = ended.exitCode
    said = ended.stderr
    result = onlyResult(target).result
  })

  test(
    each.exitCode === 97 ? 'acknowledged records are found to be lost: exit code 97' : 'nothing acknowledged is lost',
    () => {
      assert.equal(result.cluster.provider, provider)
      assert.ok(isClosed(result))
      if (each.exitCode !== undefined) return assert.equal(exitCode, each.exitCode, said)
      for (const { id, integrity } of result.variants.filter(isCareful)) {
        assert.equal(integrity.lost, 0, id)
        assert.equal(integrity.corrupt, 0, id)
        assert.equal(integrity.failedButRead, 0, id)
        assert.ok(integrity.audited > 0, id)
      }
      const careful = new Set(result.variants.filter(isCareful).map(({ id }) => id))
      assert.deepEqual([...new Set(result.thresholds.map(({ variant }) => variant))].length, result.variants.length)
      assert.ok(result.thresholds.every(({ ok, variant }) => ok || !careful.has(variant)))
    },
  )

  for (const client of clients) {
    const variant = () => result.variants.find((each) => each.params.client === client && isCareful(each))!

    test(`${client}: every fault is seen to have happened, and is undone`, (t) => {
      const { faults, reasons } = variant()
      for (const each of result.variants.filter(({ params }) => params.client === client)) tell(t, each)
      assert.ok(faults.length >= each.times.faults.length, said)
      for (const { use, injectedAtS, verifiedAtS, healedAtS } of faults) {
        assert.ok(verifiedAtS !== null && verifiedAtS >= injectedAtS, `${use} was not seen: ${reasons.join('; ')}`)
        assert.ok(healedAtS !== null && healedAtS > injectedAtS, `${use} was not undone: ${reasons.join('; ')}`)
      }
      const { partitions } = faults.at(-1)!
      assert.ok(partitions.length > 0)
      assert.deepEqual(
        partitions.filter(({ recovered }) => !recovered),
        [],
      )
    })

    test(`${client}: what this profile shows`, () => each.check(variant()))
  }
}

/** kafkajs may lose acknowledged records where a send covers several partitions and leaders move: test/long/silent-loss. */
function isCareful({ params }: Variant): boolean {
  return params['producers.sendScope'] !== 'topic'
}

function shortened({ times }: Case, provider: string): string[] {
  const sets = [
    `cluster.provider=${provider}`,
    'producers.sendScope=partition',
    'phases.clusterWarmup=5s',
    'phases.warmup=5s',
    `phases.measure=${times.measure}s`,
    ...times.faults.flatMap(([at, length], index) => [
      `faults.${index}.at=${at}s`,
      ...(length === null ? [] : [`faults.${index}.for=${length}s`]),
    ]),
  ]
  return sets.flatMap((set) => ['--set', set])
}

/** What a machine must have beside the provider; undefined = it has. */
function lacking(needs: Case['needs']): string | undefined {
  try {
    if (needs === 'isolation') requireIsolation()
    const hasGo = (process.env.PATH ?? '').split(':').some((directory) => existsSync(join(directory, 'go')))
    if (needs === 'proxies' && findToxiproxy() === null && !hasGo) return 'no toxiproxy-server, and no go to build it'
  } catch (error) {
    return messageOf(error)
  }
  return undefined
}

function moved({ partitions }: FaultResult): FaultPartition[] {
  return partitions.filter(({ leaderAfter }) => leaderAfter !== null)
}

function worst({ partitions }: FaultResult): number {
  const known = partitions.map(({ unavailableMs }) => unavailableMs).filter((ms) => ms !== null)
  assert.equal(known.length, partitions.length, 'the canary sang on every partition')
  return Math.max(...known)
}

function median(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b)
  return known[Math.floor(known.length / 2)] ?? assert.fail('nothing is known')
}

function within(value: number, { atLeast, atMost }: { atLeast: number; atMost: number }): void {
  assert.ok(value >= atLeast && value <= atMost, `${value} is not within ${atLeast} and ${atMost}`)
}

/** A broker that is not heard of any more: its partitions get new leaders when its session is over. */
function silentBroker({ faults: [fault] }: Variant): void {
  const led = moved(fault!)
  assert.ok(led.length > 0, 'leaders moved')
  for (const { unavailableMs } of led) within(unavailableMs!, sessionMs)
  // acks=all waits for a silent follower just as long.
  within(Math.min(...fault!.partitions.map(({ unavailableMs }) => unavailableMs!)), sessionMs)
}

function tell(t: TestContext, { id, status, integrity, faults, reasons }: Variant): void {
  const words = faults.map(
    (fault) => `${fault.use} on ${fault.target}: worst partition ${(worst(fault) / 1000).toFixed(2)} s unavailable`,
  )
  const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : ''
  t.diagnostic(`${id} ${status}${why}: ${integrity.lost} lost, ${integrity.duplicated} duplicated; ${words.join('; ')}`)
}
