import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { createThrottleSampler, parseThrottle } from '../../src/samplers/throttle.ts'

const ids = 'kbench-a-1-'

// As the JMX agent 1.0.1 writes it.
const metrics = (
  throttleMs: string,
  count: number,
  mean: number,
) => `# HELP kafka_server_Produce_throttle_time Attribute
# TYPE kafka_server_Produce_throttle_time untyped
kafka_server_Produce_throttle_time{client_id="kbench-a-1-1"} NaN
kafka_server_Produce_throttle_time{client_id="kbench-a-0-0"} 9000.0
kafka_server_Produce_throttle_time{client_id="kbench-a-1-0"} ${throttleMs}
kafka_server_Produce_byte_rate{client_id="kbench-a-1-0"} 524288.5
kafka_server_Fetch_throttle_time{user="ANONYMOUS",client_id=""} 12.5
kafka_network_RequestMetrics_Count{name="RequestBytes",request="Produce"} ${count}
kafka_network_RequestMetrics_Mean{name="RequestBytes",request="Produce"} ${mean}
jvm_threads_current 99.0
`

describe('metrics of quotas', () => {
  test('the client that is delayed most, by quota, others left out; all bytes of produce requests', () => {
    assert.deepEqual(parseThrottle(metrics('84.5', 200, 1e3), ids), {
      produceMs: 84.5,
      fetchMs: 12.5,
      requestMs: null,
      produceBytes: 200_000,
    })
  })

  test('Kafka’s mean over nothing is nobody, not zero', () => {
    assert.equal(parseThrottle(metrics('NaN', 1, 1), ids).produceMs, null)
    assert.deepEqual(parseThrottle('', ids), { produceMs: null, fetchMs: null, requestMs: null, produceBytes: null })
  })
})

describe('the sampler', () => {
  test('bytes over the measure phase; delays of its second half alone; a broker without an answer leaves holes', async () => {
    let body = ''
    const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const sampler = createThrottleSampler(
      [
        { id: 1, host: '127.0.0.1', port: 1, metricsUrl: `http://127.0.0.1:${port}/metrics` },
        { id: 2, host: '127.0.0.1', port: 1, metricsUrl: 'http://127.0.0.1:9/metrics' },
        { id: 3, host: '127.0.0.1', port: 1 },
      ],
      ids,
    )
    for (const [atS, throttleMs, count] of [
      [5, '300', 10],
      [10, '200', 20],
      [12, '100', 24],
      [20, '40', 40],
    ] as const) {
      body = metrics(throttleMs, count, 1000)
      await sampler.sample(atS)
    }
    server.closeAllConnections()
    server.close()
    const summary = sampler.summary(10, 20)!
    assert.deepEqual(
      summary.map(({ id }) => id),
      [1],
    )
    const [broker] = summary
    assert.equal(broker!.produceMs, 40)
    // 20 requests of 1000 bytes in 10 s, but for the time that the answers took.
    assert.ok(Math.abs(broker!.produceBytesPerSec! / 2000 - 1) < 0.1, String(broker!.produceBytesPerSec))
  })

  test('brokers that tell nothing: null', async () => {
    const sampler = createThrottleSampler([{ id: 1, host: '127.0.0.1', port: 1 }], ids)
    await sampler.sample(1)
    assert.equal(sampler.summary(0, 2), null)
  })
})
