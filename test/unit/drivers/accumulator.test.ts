import assert from 'node:assert/strict'
import { describe, mock, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import type { OutRecord } from '../../../src/contracts/api.ts'
import { type AccumulatorOptions, createAccumulator } from '../../../src/drivers/_accumulator.ts'

interface Send {
  atMs: number
  records: OutRecord[]
  done(): void
}

type Options = Partial<Pick<AccumulatorOptions, 'scope' | 'maxSends' | 'maxRecordsPerSend'>> & {
  lingerMs?: number
  maxBytes?: number
  maxRecords?: number
  /** Sends end by themselves. */
  instant?: boolean
}

/** An accumulator on node:test's timers; `sends` in the order they were begun. */
function setUp(options: Options = {}) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  const sends: Send[] = []
  const startMs = Date.now()
  const elapsedMs = () => Date.now() - startMs
  let underWay = 0
  let most = 0
  const accumulator = createAccumulator({
    batch: {
      lingerMs: options.lingerMs ?? 5,
      maxBytes: options.maxBytes ?? 1000,
      maxRecords: options.maxRecords ?? 100,
    },
    scope: options.scope ?? 'topic',
    maxSends: options.maxSends ?? 100,
    maxRecordsPerSend: options.maxRecordsPerSend ?? 1000,
    clock: { nowNs: () => elapsedMs() * 1e6, sleepUntil: () => Promise.resolve() },
    send(records) {
      most = Math.max(most, ++underWay)
      return new Promise((resolve) => {
        const done = () => {
          underWay--
          resolve()
        }
        sends.push({ atMs: elapsedMs(), records: [...records], done })
        if (options.instant !== false) done()
      })
    },
  })
  return {
    accumulator,
    sends,
    most: () => most,
    async tick(ms: number) {
      for (let i = 0; i < ms; i++) {
        mock.timers.tick(1)
        await turn()
      }
    },
    [Symbol.dispose]: () => mock.timers.reset(),
  }
}

/** Lets promises settle; setImmediate is not mocked. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Of a record in a batch, beside its value. */
const overhead = 21
let sequence = 0
/** `bytes`: in its batch. */
function record(partition: number, bytes = 100): OutRecord {
  const place = { topic: 't', partition, key: null, headers: undefined, slot: 0, dueNs: 0, sentNs: 0 }
  return { ...place, value: Buffer.alloc(Math.max(0, bytes - overhead)), sequence: sequence++ }
}
const many = (count: number, partition: number, bytes = 100) =>
  Array.from({ length: count }, () => record(partition, bytes))
const partitionsOf = (send: Send) => [...new Set(send.records.map(({ partition }) => partition))].sort((a, b) => a - b)

function bytesByPartition(send: Send): Map<number, number> {
  const bytes = new Map<number, number>()
  for (const { partition, value } of send.records) {
    bytes.set(partition, (bytes.get(partition) ?? 0) + overhead + value!.length)
  }
  return bytes
}

describe('linger', () => {
  test('a send that is full does not wait, though no batch in it is', async () => {
    using it = setUp({ lingerMs: 5, maxRecordsPerSend: 12, maxBytes: 10_000 })
    it.accumulator.add([...many(6, 0), ...many(5, 1)])
    assert.equal(it.sends.length, 0)
    it.accumulator.add(many(3, 1))
    assert.deepEqual(
      it.sends.map(({ atMs, records }) => [atMs, records.length]),
      [[0, 12]],
    )
    await it.tick(5)
    assert.deepEqual(
      it.sends.map(({ records }) => records.length),
      [12, 2],
    )
  })

  test('a record waits as long as that, and no longer', async () => {
    using it = setUp({ lingerMs: 5 })
    it.accumulator.add([record(0)])
    await it.tick(4)
    assert.equal(it.sends.length, 0)
    await it.tick(1)
    assert.deepEqual(
      it.sends.map(({ atMs, records }) => [atMs, records.length]),
      [[5, 1]],
    )
  })

  test('counts from the first record of a batch', async () => {
    using it = setUp({ lingerMs: 5 })
    for (let i = 0; i < 4; i++) {
      it.accumulator.add([record(0)])
      await it.tick(1)
    }
    await it.tick(1)
    assert.deepEqual(
      it.sends.map(({ atMs, records }) => [atMs, records.length]),
      [[5, 4]],
    )
  })

  test('0: at once', () => {
    using it = setUp({ lingerMs: 0 })
    it.accumulator.add([record(0), record(1)])
    assert.equal(it.sends.length, 1)
    assert.equal(it.sends[0]!.records.length, 2)
  })

  test('starts anew for what comes after a send', async () => {
    using it = setUp({ lingerMs: 5, scope: 'partition' })
    it.accumulator.add([record(0)])
    await it.tick(3)
    it.accumulator.add([record(1)])
    await it.tick(20)
    assert.deepEqual(
      it.sends.map(({ atMs, records }) => [atMs, records[0]!.partition]),
      [
        [5, 0],
        [8, 1],
      ],
    )
  })

  test('a batch that was sent because it was full leaves the others their time', async () => {
    using it = setUp({ lingerMs: 10, maxRecords: 2, scope: 'partition' })
    it.accumulator.add([record(0)])
    await it.tick(4)
    it.accumulator.add([record(1)])
    it.accumulator.add([record(0)])
    assert.equal(it.sends.length, 1, 'partition 0 is full')
    await it.tick(9)
    assert.equal(it.sends.length, 1)
    await it.tick(1)
    assert.deepEqual(
      it.sends.map(({ atMs }) => atMs),
      [4, 14],
    )
  })
})

describe('scope', () => {
  test('topic: one send over all partitions that have records', async () => {
    using it = setUp({ scope: 'topic' })
    it.accumulator.add([record(3), record(0), record(2), record(0)])
    await it.tick(5)
    assert.equal(it.sends.length, 1)
    assert.deepEqual(partitionsOf(it.sends[0]!), [0, 2, 3])
    assert.equal(it.sends[0]!.records.length, 4)
  })

  test('partition: one send each', async () => {
    using it = setUp({ scope: 'partition' })
    it.accumulator.add([record(3), record(0), record(2), record(0)])
    await it.tick(5)
    assert.deepEqual(it.sends.map(partitionsOf), [[3], [0], [2]])
  })

  test('records whose partition the client chooses are gathered together', async () => {
    using it = setUp({ scope: 'partition' })
    it.accumulator.add([record(-1), record(-1)])
    await it.tick(5)
    assert.equal(it.sends.length, 1)
    assert.equal(it.sends[0]!.records.length, 2)
  })
})

describe('bounds', () => {
  for (const scope of ['topic', 'partition'] as const) {
    test(`a batch is full at maxBytes and never larger, ${scope}`, async () => {
      using it = setUp({ scope, maxBytes: 1000, lingerMs: 1000 })
      it.accumulator.add(many(9, 0))
      assert.equal(it.sends.length, 0)
      it.accumulator.add(many(16, 0))
      await turn()
      for (const send of it.sends) assert.ok(bytesByPartition(send).get(0)! <= 1000)
      assert.equal(it.sends.flatMap(({ records }) => records).length, 20, 'the rest waits for its linger')
    })

    test(`a batch is full at maxRecords and never larger, ${scope}`, async () => {
      using it = setUp({ scope, maxRecords: 4, maxBytes: 1e6, lingerMs: 1000 })
      it.accumulator.add(many(11, 0))
      await turn()
      assert.deepEqual(
        it.sends.map(({ records }) => records.length),
        [4, 4],
      )
      await it.tick(1000)
      assert.equal(it.sends[2]!.records.length, 3)
    })

    test(`what gathered while all sends were under way goes in batches too, ${scope}`, async () => {
      using it = setUp({ scope, maxSends: 1, maxBytes: 1000, instant: false })
      it.accumulator.add(many(1, 0))
      await it.tick(5)
      it.accumulator.add(many(95, 0))
      await it.tick(50)
      assert.equal(it.sends.length, 1)
      for (let i = 0; i < 10; i++) {
        it.sends.at(-1)!.done()
        await it.tick(1)
        const send = it.sends.at(-1)!
        assert.ok(bytesByPartition(send).get(0)! <= 1000, `${bytesByPartition(send).get(0)} bytes in one batch`)
      }
      assert.equal(it.sends.flatMap(({ records }) => records).length, 96)
    })
  }

  test('a record larger than a batch goes alone', async () => {
    using it = setUp({ maxBytes: 1000, scope: 'partition' })
    it.accumulator.add([record(0, 30), record(0, 5000), record(0, 30)])
    await it.tick(5)
    assert.deepEqual(
      it.sends.map(({ records }) => records.map(({ value }) => overhead + value!.length)),
      [[30], [5000], [30]],
    )
  })

  test('a send holds at most maxRecordsPerSend over all partitions', async () => {
    using it = setUp({ maxRecordsPerSend: 25, maxBytes: 1e6 })
    it.accumulator.add(Array.from({ length: 80 }, (_, i) => record(i % 4)))
    await it.tick(6)
    for (const { records } of it.sends) assert.ok(records.length <= 25, `${records.length}`)
    assert.equal(it.sends.flatMap(({ records }) => records).length, 80)
  })

  test('at most maxSends are under way; the next begins when one ends', async () => {
    using it = setUp({ scope: 'partition', maxSends: 2, instant: false })
    it.accumulator.add([0, 1, 2, 3].map((partition) => record(partition)))
    await it.tick(20)
    assert.equal(it.sends.length, 2)
    it.sends[1]!.done()
    await turn()
    assert.equal(it.sends.length, 3)
    it.sends[0]!.done()
    it.sends[2]!.done()
    await turn()
    assert.equal(it.sends.length, 4)
    assert.equal(it.most(), 2)
  })
})

describe('nothing is lost, doubled or turned round', () => {
  for (const scope of ['topic', 'partition'] as const) {
    for (const seed of [1, 2, 3]) {
      test(`${scope}, seed ${seed}`, async () => {
        const maxBytes = 1500
        using it = setUp({ scope, maxSends: 2, maxBytes, maxRecords: 12, maxRecordsPerSend: 30, instant: false })
        const rng = createRng(seed)
        const added: OutRecord[] = []
        let ended = 0
        for (let step = 0; step < 400; step++) {
          const dice = rng.below(4)
          if (dice < 2) {
            const records = Array.from({ length: rng.below(30) }, () => record(rng.below(5), 20 + rng.below(300)))
            added.push(...records)
            it.accumulator.add(records)
          } else if (dice === 2) await it.tick(rng.below(4))
          else if (ended < it.sends.length) it.sends[ended++]!.done()
          await turn()
        }
        while (ended < it.sends.length) {
          it.sends[ended++]!.done()
          await it.tick(6)
        }
        const sent = it.sends.flatMap(({ records }) => records)
        assert.equal(new Set(sent).size, sent.length, 'none twice')
        assert.equal(sent.length, added.length, 'none lost')
        for (let partition = 0; partition < 5; partition++) {
          const of = (records: readonly OutRecord[]) => records.filter((one) => one.partition === partition)
          assert.deepEqual(of(sent), of(added), `order in partition ${partition}`)
        }
        for (const send of it.sends) {
          assert.ok(send.records.length <= 30 && send.records.length > 0)
          for (const bytes of bytesByPartition(send).values()) assert.ok(bytes <= maxBytes, `${bytes} bytes`)
          if (scope === 'partition') assert.equal(partitionsOf(send).length, 1)
        }
        const { count, records, batches } = it.accumulator.sends()
        assert.equal(count, it.sends.length)
        assert.equal(records, added.length)
        assert.equal(
          batches,
          it.sends.reduce((sum, send) => sum + partitionsOf(send).length, 0),
        )
        assert.ok(it.most() <= 2)
      })
    }
  }

  test('rest() gives what was not taken, once, and no timer sends it afterwards', async () => {
    using it = setUp({ lingerMs: 5 })
    const records = [...many(3, 0), ...many(2, 1)]
    it.accumulator.add(records)
    assert.deepEqual(new Set(it.accumulator.rest()), new Set(records))
    assert.deepEqual(it.accumulator.rest(), [])
    await it.tick(20)
    assert.equal(it.sends.length, 0)
  })
})
