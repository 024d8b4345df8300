import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ClientTally } from '../../../src/contracts/api.ts'
import { createStatistics } from '../../../src/drivers/_librdkafka-statistics.ts'
import { reportRequests } from '../../../src/drivers/kafkajs/requests.ts'

const window = (sum: number, cnt: number) => ({ sum, cnt })
const json = (tx: number, queue: number) =>
  JSON.stringify({
    ...{ tx, tx_bytes: 100 * tx, rx_bytes: 10 * tx },
    brokers: {
      a: { int_latency: window(queue, 2), outbuf_latency: window(6, 3), rtt: window(800, 4) },
      b: { int_latency: window(100, 2), outbuf_latency: window(0, 0), rtt: window(0, 0) },
    },
    topics: { t: { batchcnt: window(30, 3) } },
  })

describe('what librdkafka’s statistics tell', () => {
  test('windows summed over the brokers, counters as what is new since the last interval', () => {
    const told: ClientTally[] = []
    const statistics = createStatistics((tally) => void told.push(tally))
    assert.equal(statistics.recordsPerBatch(), null)
    statistics.read(json(5, 300))
    statistics.read(json(8, 500))
    const same = { sendUs: { sum: 6, count: 3 }, roundTripUs: { sum: 800, count: 4 }, batch: { sum: 30, count: 3 } }
    assert.deepEqual(told, [
      { ...same, queueUs: { sum: 400, count: 4 }, requests: 5, sentBytes: 500, receivedBytes: 50 },
      { ...same, queueUs: { sum: 600, count: 4 }, requests: 3, sentBytes: 300, receivedBytes: 30 },
    ])
    assert.equal(statistics.recordsPerBatch(), 10)
  })

  test('what counted nothing is left out', () => {
    const told: ClientTally[] = []
    createStatistics((tally) => void told.push(tally)).read('{"brokers":{"a":{"rtt":{"sum":0,"cnt":0}}}}')
    assert.deepEqual(told, [{ requests: 0, sentBytes: 0, receivedBytes: 0 }])
  })
})

test('kafkajs tells each request: its times in µs, its size, not that of its response', () => {
  const told: ClientTally[] = []
  let listener = (_: { payload: { size: number; duration: number; pendingDuration: number } }) => {}
  const client = {
    events: { REQUEST: 'r' },
    on(_: never, listen: typeof listener) {
      listener = listen
    },
  }
  reportRequests(client, { tally: (tally) => void told.push(tally) })
  listener({ payload: { size: 1200, duration: 3, pendingDuration: 1 } })
  assert.deepEqual(told, [
    { sendUs: { sum: 1000, count: 1 }, roundTripUs: { sum: 3000, count: 1 }, requests: 1, sentBytes: 1200 },
  ])
})
