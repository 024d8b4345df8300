import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KbenchError } from '../../../src/base/errors.ts'
import { createRng, type Rng } from '../../../src/base/rng.ts'
import type { Fact, FrameFact, SparseCounts } from '../../../src/contracts/facts.ts'
import { finding } from '../../../src/contracts/findings.ts'
import { decodeFact, encodeFact } from '../../../src/recording/codec.ts'
import { countsLength, createCounts, recordNs, takeSparse } from '../../../src/recording/counts.ts'
import { decodePlan } from '../../../src/recording/plan-codec.ts'
import { createSums } from '../../../src/recording/sums.ts'
import { freezeDeep, planOf } from '../../support/plans.ts'

const texts = ['', 'x', 'kbench-run1-0-g1', 'Größe «ß»', '\u0000\u001b[31m', '"\\\n', '__proto__', 'constructor', '𝔘']
const numbers = [0, 1, -1, 0.1, 1e-300, 1e300, Number.MAX_SAFE_INTEGER, 1e15 + 0.5]

function random(rng: Rng) {
  const pick = <T>(values: readonly T[]): T => values[rng.below(values.length)]!
  const text = () => pick(texts)
  const whole = (below = 1e6) => pick([0, 1, rng.below(below), below - 1])
  const maybe = <T>(value: () => T): T | null => (rng.below(3) === 0 ? null : value())
  const ns = () => 1e12 + rng.below(1e9) * 1000
  const list = <T>(make: () => T, most = 5): T[] => Array.from({ length: rng.below(most) }, make)
  const doubles = (most = 40): Float64Array =>
    Float64Array.from(list(() => pick([...numbers, Number.NaN, Number.POSITIVE_INFINITY, ns(), -0, 5e-324]), most))
  const record = <T>(value: () => T): Record<string, T> => {
    const entries = list(() => [pick(['A', 'b-c', 'MSG_SIZE_TOO_LARGE', 'ü']), value()] as const)
    return Object.fromEntries(entries)
  }
  const counts = (): SparseCounts => {
    const all = createCounts()
    for (let n = rng.below(30); n >= 0; n--)
      recordNs(all, pick([0, 1e3, rng.below(4e9), 3.6e15, 4e15, -1e6]), 1 + whole(9))
    return takeSparse(all)!
  }
  return { rng, pick, text, whole, maybe, ns, list, doubles, record, counts }
}

type Random = ReturnType<typeof random>

function frame(r: Random): FrameFact {
  const { whole, ns, list, doubles, counts, pick } = r
  const events = () => ({
    sent: whole(),
    acked: whole(),
    ackedBytes: whole(2 ** 32),
    failed: whole(),
    unknown: whole(),
    received: whole(),
    receivedBytes: whole(2 ** 32),
  })
  const names = ['response', 'service', 'endToEnd', 'scheduleLag', 'backpressure', 'eventLoopDelay'] as const
  const same = (length: number) => Float64Array.from({ length }, ns)
  return {
    fact: 'frame',
    worker: whole(1000),
    atNs: ns(),
    cells: list(() => ({
      interval: whole(1000),
      events: events(),
      latencies: Object.fromEntries(list(() => [pick(names), counts()] as const)),
    })),
    errors: r.record(whole),
    inFlight: whole(),
    ...r.maybe(() => ({ tally: { queueUs: { sum: ns(), count: whole() }, requests: whole() } })),
    silence: r.maybe(() => ({ gaps: doubles(), firstDues: doubles(), lastAcks: doubles(), longestNs: doubles(3) })),
    delivered: list(() => ({ topic: r.text(), partition: whole(100), from: 5, to: 5 + whole() })),
    handedOver: list(() => {
      const length = pick([0, 1, r.rng.below(300)])
      const offsets = Float64Array.from({ length }, () => pick([0, whole(), 2 ** 40 + whole()]))
      return { partition: whole(100), offsets, dueNs: same(length), atNs: same(length) }
    }),
    receivedNs: r.maybe(() => ({ first: ns(), last: ns() })),
    utilisation: r.rng.float(),
    gcMs: pick([0, 0.1 + 0.2, 12.5]),
    gcMaxMs: pick([0, 1 / 3]),
  }
}

function factsOf(r: Random): Fact[] {
  const { text, whole, maybe, ns, list, doubles, record, pick } = r
  const figure = () => maybe(() => pick(numbers))
  const spec = planOf({ consumers: [{ group: 'g1' }] }).workers
  const worker = whole(1000)
  const occurrence = whole(1000)
  const problem = pick(['not-injected', 'not-verified', 'not-healed'] as const)
  const states = () =>
    list(() => ({
      partition: whole(100),
      leader: -1,
      leaderEpoch: whole(),
      isr: list(() => whole(9)),
      replicas: [1, 2],
    }))
  const all: ({ atNs?: number } & Record<string, unknown>)[] = [
    {
      fact: 'topic',
      name: text(),
      partitions: whole(1000),
      replicationFactor: maybe(() => 3),
      maxMessageBytes: null,
      minInsyncReplicas: maybe(() => 2),
      created: true,
      firstOffsets: list(() => maybe(whole)),
      differs: list(() => ({ what: text(), planned: text(), actual: text() })),
    },
    { fact: 'filled', scheduled: whole(), acked: whole(), failed: whole(), unknown: whole(), errors: record(whole) },
    { fact: 'started', startNs: ns(), wallMs: 1.7e12 + r.rng.float() },
    { fact: 'worker', worker, is: 'joined', spec: pick(spec) },
    { fact: 'worker', worker, is: pick(['ready', 'paused', 'resumed', 'killed', 'left']) },
    { fact: 'worker', worker, is: 'assigned', partitions: whole() },
    {
      fact: 'worker',
      worker,
      is: 'done',
      report: {
        sent: whole(),
        lastSentNs: figure(),
        effectiveConfig: { a: [text(), { b: null }] },
        recordsPerBatch: figure(),
      },
    },
    { fact: 'worker', worker, is: 'lost', reason: text(), hint: maybe(text), silentS: figure() },
    frame(r) as never,
    {
      fact: 'lag',
      ends: list(() => maybe(whole)),
      groups: record(() => ({ committed: list(() => maybe(whole)), positions: list(() => maybe(whole)) })),
    },
    { fact: 'usage', of: 'host', host: whole(9), cpuMs: 0.1, rssBytes: whole() },
    {
      fact: 'usage',
      of: 'broker',
      broker: whole(9),
      ...Object.fromEntries(
        ['cpuMs', 'rssBytes', 'diskBytes', 'networkInBytes', 'networkOutBytes', 'cores'].map((name) => [
          name,
          figure(),
        ]),
      ),
    },
    {
      fact: 'usage',
      of: 'machine',
      ...Object.fromEntries(['busyMs', 'totalMs', 'cpuStallMs', 'ioStallMs'].map((name) => [name, figure()])),
      diskBusyMs: maybe(() => record(() => pick(numbers))),
      networkBytes: maybe(() => record(() => pick(numbers))),
      linkBytesPerSec: maybe(() => record(() => pick(numbers))),
    },
    {
      fact: 'quota',
      broker: whole(9),
      ...Object.fromEntries(['produceMs', 'fetchMs', 'requestMs', 'produceBytes'].map((name) => [name, figure()])),
    },
    { fact: 'leaders', initial: r.rng.below(2) === 0, states: states() },
    { fact: 'canary', acks: doubles(pick([1, 300])) },
    { fact: 'canary-stopped', problem: maybe(text) },
    { fact: 'fault', occurrence, is: 'begun', use: text() },
    { fact: 'fault', occurrence, is: 'injected', target: text(), brokers: [1], workers: [], detail: text() },
    { fact: 'fault', occurrence, is: pick(['verified', 'healed']) },
    { fact: 'fault', occurrence, is: 'failed', problem, target: text(), detail: text() },
    { fact: 'rebalance', worker, pauseMs: figure(), partitionsMoved: whole() },
    { fact: 'event', kind: text(), detail: text(), ...(r.rng.below(2) ? { worker, partition: 1, broker: 2 } : {}) },
    {
      fact: 'load-ended',
      loadEndNs: whole() * 1e6,
      by: pick(['plan', 'count', 'threshold', 'interrupt']),
      why: maybe(() => finding('threshold-missed', { expression: text(), windowS: null, atS: 3, value: figure() })),
    },
    {
      fact: 'audited',
      integrity: {
        ...Object.fromEntries(
          'audited auditedMeasure lost duplicated reordered redelivered corrupt failedButRead unknownRead logRecords'
            .split(' ')
            .map((name) => [name, whole()]),
        ),
        verdict: pick(['ok', 'violated', 'not-audited']),
        reasons: list(text),
      },
      groups: record(() => ({ received: whole(), notReceived: whole() })),
    },
    { fact: 'reference', result: { tool: text(), produce: null, consume: [], runs: [] }, durationS: 3.5 },
    { fact: 'over' },
  ]
  return all.map((fact) => ({ atNs: ns(), ...fact }) as unknown as Fact)
}

describe('decode(encode(fact)) is the fact', () => {
  test('of every kind, at random', () => {
    const kinds = new Set<string>()
    for (let seed = 0; seed < 60; seed++) {
      for (const fact of factsOf(random(createRng(seed)))) {
        kinds.add(fact.fact)
        const line = encodeFact(freezeDeep(fact))
        assert.ok(!line.includes('\n'))
        const decoded = decodeFact(line)
        assert.deepEqual(decoded, fact, `seed ${seed}: ${fact.fact}`)
        assert.equal(encodeFact(decodeFact(encodeFact(decoded))), encodeFact(decoded))
      }
    }
    assert.equal(kinds.size, 18)
  })

  test('NaN, both zeros and infinities of typed arrays keep their bits', () => {
    const acks = Float64Array.of(Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 2 ** 53)
    const decoded = decodeFact(encodeFact({ fact: 'canary', atNs: 1, acks }))
    assert.ok(decoded.fact === 'canary')
    for (const [at, value] of acks.entries()) assert.ok(Object.is(decoded.acks[at], value), String(value))
  })

  test('empty and huge arrays', () => {
    for (const length of [0, 1, 300_000]) {
      const acks = Float64Array.from({ length }, (_, at) => 1e12 + at * 50e6)
      const decoded = decodeFact(encodeFact({ fact: 'canary', atNs: 1, acks }))
      assert.ok(decoded.fact === 'canary')
      assert.deepEqual(decoded.acks, acks)
    }
  })

  test('latencies of which none is in range have neither a minimum nor pairs', () => {
    const all = createCounts()
    recordNs(all, -5e6)
    recordNs(all, 4e15)
    const service = takeSparse(all)!
    const fact = {
      ...frame(random(createRng(1))),
      cells: [{ interval: 0, events: eventsOf(), latencies: { service } }],
    }
    assert.deepEqual(decodeFact(encodeFact(fact)), fact)
    assert.equal(service.minUs, Number.POSITIVE_INFINITY)
  })
})

const eventsOf = () => ({ sent: 0, acked: 0, ackedBytes: 0, failed: 0, unknown: 0, received: 0, receivedBytes: 0 })

const refused = (line: string): string => {
  let told = ''
  assert.throws(
    () => decodeFact(line),
    (error: unknown) => {
      assert.ok(error instanceof KbenchError, `${line.slice(0, 200)}: ${String(error)}`)
      assert.equal(error.code, 'usage')
      assert.ok(!error.message.includes('\n') && error.message.length < 500, error.message)
      told = error.message
      return true
    },
    line.slice(0, 200),
  )
  return told
}

describe('a line that is no fact is refused in one line', () => {
  const good = encodeFact({
    ...frame(random(createRng(5))),
    cells: [{ interval: 3, events: eventsOf(), latencies: {} }],
  })
  const parsed = () => JSON.parse(good) as Record<string, unknown>

  for (const [name, line] of [
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['null', 'null'],
    ['a number', '17'],
    ['an array', '[]'],
    ['no fact', '{}'],
    ['a fact that is a number', '{"fact":1,"atNs":1}'],
    ['an unknown fact', '{"fact":"paid","atNs":1}'],
    ['a name of every object', '{"fact":"constructor","atNs":1}'],
    ['__proto__', '{"fact":"__proto__","atNs":1}'],
    ['hasOwnProperty', '{"fact":"hasOwnProperty","atNs":1}'],
    ['without a time', '{"fact":"over"}'],
    ['a time that is text', '{"fact":"over","atNs":"1"}'],
    ['a time beyond any', '{"fact":"over","atNs":1e999}'],
    ['a field too many', '{"fact":"over","atNs":1,"extra":1}'],
    ['a __proto__ as a field', '{"fact":"over","atNs":1,"__proto__":{"x":1}}'],
    ['a fault of no kind', '{"fact":"fault","atNs":1,"occurrence":0,"is":"paid"}'],
    ['a worker of no kind', '{"fact":"worker","atNs":1,"worker":0,"is":"paid"}'],
    ['a 64-bit worker', '{"fact":"worker","atNs":1,"worker":18446744073709551615,"is":"ready"}'],
    ['a negative worker', '{"fact":"worker","atNs":1,"worker":-1,"is":"ready"}'],
    ['half a partition', '{"fact":"worker","atNs":1,"worker":0,"is":"assigned","partitions":1.5}'],
    ['pairs that are no base64', JSON.stringify({ fact: 'canary', atNs: 1, acks: '%%%' })],
    ['doubles that are torn', JSON.stringify({ fact: 'canary', atNs: 1, acks: 'AAA=' })],
    ['a text of a megabyte', JSON.stringify({ fact: 'event', atNs: 1, kind: 'x'.repeat(1e6), detail: '' })],
    ['a fact nested a thousand deep', `${'{"fact":'.repeat(1000)}1${'}'.repeat(1000)}`],
  ] as const) {
    test(name, () => void refused(line))
  }

  test('torn at every byte', () => {
    for (let at = 0; at < good.length; at += 1 + Math.floor(good.length / 300)) refused(good.slice(0, at))
  })

  for (const [name, change] of [
    ['a row beyond any axis', { cells: [{ interval: 1e9, events: eventsOf(), latencies: {} }] }],
    ['a negative count', { cells: [{ interval: 0, events: { ...eventsOf(), acked: -1 }, latencies: {} }] }],
    ['a count of 2⁶⁴', { cells: [{ interval: 0, events: { ...eventsOf(), acked: 2 ** 64 }, latencies: {} }] }],
    ['a latency of no name', { cells: [{ interval: 0, events: eventsOf(), latencies: { paid: {} } }] }],
    ['latencies as an array', { cells: [{ interval: 0, events: eventsOf(), latencies: [] }] }],
    ['a range that ends before it begins', { delivered: [{ topic: 't', partition: 0, from: 5, to: 4 }] }],
    ['a partition beyond any', { delivered: [{ topic: 't', partition: 1e9, from: 5, to: 6 }] }],
    ['a utilisation that is text', { utilisation: 'high' }],
    ['a receipt of half a time', { receivedNs: { first: 1 } }],
    ['handed over in unequal numbers', { handedOver: [{ partition: 0, offsets: 'AQ==', dueNs: '', atNs: '' }] }],
  ] as const) {
    test(`of a frame: ${name}`, () => void refused(JSON.stringify({ ...parsed(), ...change })))
  }

  test('of latencies: indices out of range, in disorder, or that do not add up', () => {
    const of = (pairs: string, total: number) => {
      const service = { pairs, total, sumUs: 1, minUs: 1, maxUs: 1, overflow: 0, negative: 0 }
      return JSON.stringify({ ...parsed(), cells: [{ interval: 0, events: eventsOf(), latencies: { service } }] })
    }
    const line = (indices: readonly number[]) => {
      const pairs = Float64Array.from(indices.flatMap((index) => [index, 1]))
      const fact = frame(random(createRng(5)))
      const service = { pairs, total: indices.length, sumUs: 1, minUs: 1, maxUs: 1, overflow: 0, negative: 0 }
      return encodeFact({ ...fact, cells: [{ interval: 0, events: eventsOf(), latencies: { service } }] })
    }
    assert.ok(decodeFact(line([0, 5, countsLength - 1])))
    refused(line([countsLength]))
    refused(line([5, 5]))
    refused(of('AQE=', 2))
    refused(of('AQ==', 1))
    refused(of('AQH/////////////////', 1))
    refused(of('AQE', 1))
  })

  test('noise in a whole line is refused or is a fact that can be folded', () => {
    const rng = createRng(11)
    const plan = planOf({ consumers: [{ group: 'g1' }] })
    for (let round = 0; round < 40; round++) {
      for (const fact of factsOf(random(createRng(100 + round)))) {
        const bytes = [...encodeFact(fact)]
        for (let n = 1 + rng.below(3); n > 0; n--) bytes[rng.below(bytes.length)] = '0-{}",:[]eE9n\\'[rng.below(14)]!
        const line = bytes.join('')
        let decoded: Fact
        try {
          decoded = decodeFact(line)
        } catch (error) {
          assert.ok(
            error instanceof KbenchError && !error.message.includes('\n'),
            `${line.slice(0, 300)}: ${String(error)}`,
          )
          continue
        }
        const sums = createSums(plan)
        sums.add(freezeDeep(decoded))
      }
    }
  })

  test('whatever it holds, no prototype is changed', () => {
    for (const line of [
      '{"fact":"filled","atNs":1,"scheduled":0,"acked":0,"failed":0,"unknown":0,"errors":{"__proto__":1}}',
      '{"fact":"lag","atNs":1,"ends":[],"groups":{"__proto__":{"committed":[],"positions":[]}}}',
    ]) {
      try {
        createSums(planOf({})).add(decodeFact(line))
      } catch (error) {
        assert.ok(error instanceof KbenchError)
      }
    }
    assert.deepEqual(Object.keys(Object.prototype), [])
    assert.equal(({} as Record<string, unknown>).committed, undefined)
  })
})

describe('a plan in the header of a recording', () => {
  const plan = planOf({ consumers: [{ group: 'g1' }], faults: [{ use: 'f', at: '1s' }], thresholds: ['a < 1'] })

  test('is what it was', () => {
    assert.deepEqual(decodePlan(JSON.parse(JSON.stringify(plan))), JSON.parse(JSON.stringify(plan)))
    assert.ok(Object.isFrozen(plan) && Object.isFrozen(plan.axis.edges) && Object.isFrozen(plan.workers[0]!.role))
  })

  for (const [name, change] of [
    ['another version', { version: 2 }],
    ['no axis', { axis: null }],
    ['edges that are text', { axis: { ...plan.axis, edges: ['0', '1'] } }],
    ['a field too many', { extra: 1 }],
    ['a worker beyond any', { workers: [{ ...plan.workers[0], worker: 1e9 }] }],
    ['a rate below 0', { load: { ...plan.load, segments: [{ fromNs: 0, toNs: 1, perSec: [-1, 1] }] } }],
    ['a deadline of no stage', { deadlinesMs: { ...plan.deadlinesMs, paid: 1 } }],
  ] as const) {
    test(`is refused: ${name}`, () => {
      const value = { ...(JSON.parse(JSON.stringify(plan)) as object), ...change }
      assert.throws(
        () => decodePlan(value),
        (error: unknown) => error instanceof KbenchError && !error.message.includes('\n'),
      )
    })
  }
})
