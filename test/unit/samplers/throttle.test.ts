import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { parseThrottle } from '../../../src/samplers/_quota-metrics.ts'
import { createThrottleSampler } from '../../../src/samplers/throttle.ts'

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

describe('hostile and torn answers', () => {
  const none = { produceMs: null, fetchMs: null, requestMs: null, produceBytes: null }
  const bytes = (count: string, mean: string) =>
    ['Count', 'Mean']
      .map(
        (what, at) =>
          `kafka_network_RequestMetrics_${what}{name="RequestBytes",request="Produce"} ${[count, mean][at]}\n`,
      )
      .join('')
  const cases: [string, string, object][] = [
    ['a page of something else', '<html>kafka_server_Produce_throttle_time</html>\n', none],
    [
      'a delay below zero or without end',
      'kafka_server_Produce_throttle_time{client_id=""} -3\nkafka_server_Fetch_throttle_time{client_id=""} +Inf\n',
      none,
    ],
    ['a count without its mean', bytes('10', 'NaN'), none],
    ['bytes below zero', bytes('-10', '100'), none],
    ['a number without end', bytes('1e308', '1e308'), none],
    ['the last line cut off in its number', bytes('2000', '1000').slice(0, -3), none],
    ['lines that end as on Windows', 'kafka_server_Produce_throttle_time{client_id=""} 5\r\n', none],
  ]
  for (const [name, text, expected] of cases) test(name, () => assert.deepEqual(parseThrottle(text, ids), expected))

  test('cut off anywhere, it says what the whole says, or nothing', () => {
    const whole = metrics('84.5', 200, 1e3)
    const all = parseThrottle(whole, ids)
    for (let length = 0; length < whole.length; length++) {
      const part = parseThrottle(whole.slice(0, length), ids)
      for (const key of ['produceMs', 'fetchMs', 'requestMs', 'produceBytes'] as const) {
        // The client delayed most comes last of three; before it is there, nobody of this variant is delayed.
        assert.ok(part[key] === null || part[key] === all[key], `${key} of ${length} characters: ${part[key]}`)
      }
    }
  })
})

describe('the sampler', () => {
  const clock = (...moments: number[]) => ({ nowNs: () => moments.shift()! })

  test('a fact per broker that answers, of the moment of its answer; none of one that does not answer or refuses', async (t) => {
    const server = createServer((request, response) => {
      if (request.url === '/refused') response.statusCode = 503
      response.end(metrics('300', 10, 1000))
    }).listen(0, '127.0.0.1')
    t.after(() => {
      server.closeAllConnections()
      server.close()
    })
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const sampler = createThrottleSampler(
      [
        { id: 1, metricsUrl: `http://127.0.0.1:${port}/metrics` },
        { id: 2, metricsUrl: 'http://127.0.0.1:9/metrics' },
        { id: 3 },
        { id: 4, metricsUrl: `http://127.0.0.1:${port}/refused` },
      ],
      ids,
      clock(5e9, 6e9),
    )
    const expected = { fact: 'quota', broker: 1, produceMs: 300, fetchMs: 12.5, requestMs: null, produceBytes: 10_000 }
    assert.deepEqual(await sampler.sample(), [{ ...expected, atNs: 5e9 }])
    assert.deepEqual(await sampler.sample(), [{ ...expected, atNs: 6e9 }])
  })

  test('brokers without metrics: no facts', async () => {
    assert.deepEqual(await createThrottleSampler([{ id: 1 }], ids, clock()).sample(), [])
  })
})
