import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import type { Fact } from '../../../src/contracts/facts.ts'
import { prometheusSamples } from '../../../src/samplers/_prometheus.ts'
import { scrape } from '../../../src/samplers/_scrape.ts'
import { createMetricsSampler, readMetrics } from '../../../src/samplers/metrics.ts'

const samples = (text: string) =>
  [...prometheusSamples(text, /./)].map(({ name, labels, value }) => [name, { ...labels }, value])

describe('the text format of Prometheus', () => {
  test('labels, escapes, numbers, timestamps', () => {
    const text = String.raw`# HELP a of "everything" {x="y"} 1
a 1
a{} 2
a{b="c",} 3
 a { b = "c" , d="e"} 4.5e3 1395066363000
a{path="C:\\DIR\\",text="line\nnext \"quoted\" {,}="} -1.5
a +Inf
a -Inf -5
a NaN
a .5
`
    assert.deepEqual(samples(text), [
      ['a', {}, 1],
      ['a', {}, 2],
      ['a', { b: 'c' }, 3],
      ['a', { b: 'c', d: 'e' }, 4500],
      ['a', { path: 'C:\\DIR\\', text: 'line\nnext "quoted" {,}=' }, -1.5],
      ['a', {}, Number.POSITIVE_INFINITY],
      ['a', {}, Number.NEGATIVE_INFINITY],
      ['a', {}, Number.NaN],
      ['a', {}, 0.5],
    ])
  })

  test('what is no sample is passed over, and the next line is read', () => {
    for (const line of [
      '',
      '# a 1',
      'a',
      'a{',
      'a{b="c} 1',
      'a{b="c" d="e"} 1',
      'a{="c"} 1',
      'a 0x10',
      'a 1 2 3',
      'a{b="c"}1x',
      '9 1',
      '<html>',
      'a 1\r',
    ]) {
      assert.deepEqual(samples(`${line}\nb 2\n`), [['b', {}, 2]], line)
    }
  })

  test('a label of any name is a label and nothing else', () => {
    assert.deepEqual(samples('a{__proto__="x",constructor="y"} 1\n'), [
      ['a', JSON.parse('{"__proto__":"x","constructor":"y"}'), 1],
    ])
  })

  test('the last line without its end is left out; cut off anywhere, the rest is read', () => {
    assert.deepEqual(samples('a 1\na 23'), [['a', {}, 1]])
    const whole = 'a{b="c"} 12\nd 34\n'
    for (let length = 0; length < whole.length; length++) {
      const expected = length < 12 ? [] : [['a', { b: 'c' }, 12]]
      assert.deepEqual(samples(whole.slice(0, length)), expected, String(length))
    }
  })

  test('hostile sizes are read in time that grows with them', () => {
    const beganMs = performance.now()
    assert.deepEqual(samples(`a{${'b="c",'.repeat(200_000)}} 1\nz 1\n`), [['z', {}, 1]])
    assert.deepEqual(samples(`a${' '.repeat(60_000)}x\n${'a{'.repeat(30_000)}\na{b="${'\\'.repeat(60_000)}\nz 1\n`), [
      ['z', {}, 1],
    ])
    assert.equal(samples('a{b="c"} 1\n'.repeat(50_000)).length, 50_000)
    assert.ok(performance.now() - beganMs < 5000)
  })
})

/** As MSK's open monitoring, and any JMX exporter without rules, names it. */
const msk = (
  id: number | null,
  more = '',
) => `# HELP kafka_server_BrokerTopicMetrics_Count Attribute exposed for management
# TYPE kafka_server_BrokerTopicMetrics_Count untyped
kafka_server_BrokerTopicMetrics_Count{name="BytesInPerSec",topic="orders",} 7.0
kafka_server_BrokerTopicMetrics_Count{name="ReplicationBytesInPerSec",} 9.0
kafka_server_BrokerTopicMetrics_Count{name="BytesInPerSec",} 1.5E6
kafka_server_BrokerTopicMetrics_OneMinuteRate{name="BytesInPerSec",} 11.0
kafka_server_BrokerTopicMetrics_Count{name="BytesOutPerSec",} 4000000.0
kafka_server_KafkaRequestHandlerPool_MeanRate{name="RequestHandlerAvgIdlePercent",} 0.99
kafka_server_KafkaRequestHandlerPool_OneMinuteRate{name="RequestHandlerAvgIdlePercent",} 0.75
kafka_server_KafkaRequestHandlerPool_Count{name="RequestHandlerAvgIdlePercent",} 5.0E15
kafka_server_ReplicaManager_Value{name="UnderReplicatedPartitions",} 3.0
kafka_server_ReplicaManager_Value{name="UnderMinIsrPartitionCount",} 8.0
kafka_server_Produce_throttle_time{client_id="kbench-r-0-1",} 84.5
kafka_server_Produce_throttle_time{client_id="other",} 9000.0
kafka_network_RequestMetrics_Count{name="RequestBytes",request="Produce",} 10.0
kafka_network_RequestMetrics_Mean{name="RequestBytes",request="Produce",} 100.0
${id === null ? '' : `kafka_server_app_info_starttimems{id="${id}",} 1.7E12\n`}${more}`

/** As the JMX exporter's example rules for Kafka do. */
const stock = `kafka_server_brokertopicmetrics_bytesin_total{topic="orders"} 7.0
kafka_server_brokertopicmetrics_bytesin_total 1500000.0
kafka_server_brokertopicmetrics_bytesout_total 4000000.0
kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent 0.75
kafka_server_replicamanager_underreplicatedpartitions 3.0
kafka_server_quota_throttle_time{resource="Produce",clientId="kbench-r-0-1"} 84.5
kafka_server_quota_throttle_time{resource="Fetch",clientId="other"} 84.5
process_cpu_seconds_total 12.5
`

/** MSK's documentation also shows names without the attribute. */
const short = `kafka_server_BrokerTopicMetrics_BytesInPerSec_Count 1500000.0
kafka_server_BrokerTopicMetrics_BytesOutPerSec_Count 4000000.0
kafka_server_KafkaRequestHandlerPool_RequestHandlerAvgIdlePercent_OneMinuteRate 0.75
kafka_server_ReplicaManager_UnderReplicatedPartitions 3.0
`

const node = `node_cpu_seconds_total{cpu="0",mode="idle"} 1000.0
node_cpu_seconds_total{cpu="0",mode="iowait"} 100.0
node_cpu_seconds_total{cpu="0",mode="user"} 10.0
node_cpu_seconds_total{cpu="1",mode="system"} 2.5
`

describe('what the exporters say', () => {
  for (const [name, text] of Object.entries({ msk: msk(null), stock, short })) {
    test(`names as in ${name}`, () => {
      const { handlerIdle, bytesIn, bytesOut, underReplicated, isBroker } = readMetrics(text, 'kbench-r-0-')
      assert.deepEqual(
        { handlerIdle, bytesIn, bytesOut, underReplicated, isBroker },
        { handlerIdle: 0.75, bytesIn: 1_500_000, bytesOut: 4_000_000, underReplicated: 3, isBroker: true },
      )
    })
  }

  test('throttle of this run’s clients alone, bytes of produce requests, the broker’s id, its process', () => {
    const read = readMetrics(msk(7), 'kbench-r-0-')
    assert.deepEqual([read.id, read.processCpuMs, read.machineCpuMs], [7, null, null])
    assert.deepEqual(read.throttle, { produceMs: 84.5, fetchMs: null, requestMs: null, produceBytes: 1000 })
    assert.equal(readMetrics(stock, 'kbench-r-0-').throttle.produceMs, 84.5)
    assert.equal(readMetrics(stock, 'kbench-r-0-').throttle.fetchMs, null)
    assert.equal(readMetrics(stock, '').processCpuMs, 12_500)
  })

  test('a node exporter: all but idle time, over all processors', () => {
    const read = readMetrics(node, '')
    assert.deepEqual([read.isBroker, read.machineCpuMs, read.machineCores], [false, 12_500, 2])
  })

  test('something else, NaN and values below zero say nothing', () => {
    for (const text of [
      '<html></html>\n',
      '',
      'kafka_server_replicamanager_underreplicatedpartitions NaN\n',
      'kafka_server_replicamanager_underreplicatedpartitions -1\n',
    ]) {
      const read = readMetrics(text, '')
      assert.deepEqual(
        [read.handlerIdle, read.bytesIn, read.underReplicated, read.machineCpuMs],
        [null, null, null, null],
      )
    }
  })
})

async function serve(t: TestContext, on: RequestListener): Promise<string> {
  const server = createServer(on).listen(0, '127.0.0.1')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const clock = { nowNs: () => 5e9 }
const of = <N extends Fact['fact']>(facts: readonly Fact[], name: N) =>
  facts.filter((fact): fact is Extract<Fact, { fact: N }> => fact.fact === name)

describe('the sampler of cluster.metrics', () => {
  test('over HTTP: facts of the brokers that answer, and why the others do not', async (t) => {
    const answers = await serve(t, (request, response) => {
      assert.equal(request.url, '/metrics')
      response.end(msk(2))
    })
    const page = await serve(t, (_, response) => void response.end('<html>\n'))
    const refused = await serve(t, (_, response) => void response.writeHead(503).end())
    const nodes = [{ id: 2, host: '127.0.0.1' }]
    const sampler = createMetricsSampler([answers, page, refused, '127.0.0.1:1'], nodes, 'kbench-r-0-', clock)
    const facts = await sampler.sample()
    const problems = of(facts, 'scrape').map(({ problem }) => problem)
    assert.deepEqual(problems.slice(0, 3), [null, "none of a broker's metrics is in its answer", 'status 503'])
    assert.match(problems[3]!, /ECONNREFUSED|bad port/)
    assert.deepEqual(of(facts, 'metrics'), [
      { fact: 'metrics', atNs: 5e9, broker: 2, handlerIdle: 0.75, bytesIn: 1.5e6, bytesOut: 4e6, underReplicated: 3 },
    ])
    assert.deepEqual(of(facts, 'quota'), [
      { fact: 'quota', atNs: 5e9, broker: 2, produceMs: 84.5, fetchMs: null, requestMs: null, produceBytes: 1000 },
    ])
  })

  test('one that never answers, or trickles, costs its deadline and no more', async (t) => {
    const silent = await serve(t, () => {})
    const trickling = await serve(t, (_, response) => {
      response.write('# \n')
      const timer = setInterval(() => response.write('a 1\n'), 20)
      response.on('close', () => clearInterval(timer))
    })
    for (const endpoint of [silent, trickling]) {
      await assert.rejects(scrape(`http://${endpoint}/metrics`, 150), /no answer within 0.15 s/)
    }
  })

  test('more text than any scrape has is given up, and a redirection is not followed', async (t) => {
    const endless = await serve(t, (_, response) => {
      const more = () => {
        while (response.write('a'.repeat(1 << 20))) if (response.destroyed) return
      }
      response.on('drain', more)
      more()
    })
    await assert.rejects(scrape(`http://${endless}/metrics`, 30_000), /more than 64 MiB/)
    const elsewhere = await serve(
      t,
      (_, response) => void response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
    )
    await assert.rejects(scrape(`http://${elsewhere}/metrics`, 5000), /redirect/)
  })

  /** Facts of one look, whose texts are by host:port; what is not there rejects. */
  const look = async (
    texts: Record<string, string>,
    endpoints: readonly string[],
    nodes: Parameters<typeof createMetricsSampler>[1],
  ) => {
    const read = async (url: string) => {
      const text = texts[url.replace(/^http:\/\/|\/metrics$/g, '')]
      if (text === undefined) throw new Error('down')
      return text
    }
    return createMetricsSampler(endpoints, nodes, 'kbench-r-0-', clock, read).sample()
  }

  test('whose an endpoint is: by its id, by its host, by its place', async () => {
    const ids = async (texts: Record<string, string>, endpoints: readonly string[], hosts: readonly string[]) =>
      of(
        await look(
          texts,
          endpoints,
          hosts.map((host, at) => ({ id: at + 1, host })),
        ),
        'metrics',
      ).map(({ broker }) => broker)
    const two = ['b-2:11001', 'b-1:11001']
    assert.deepEqual(await ids({ 'b-2:11001': msk(null), 'b-1:11001': msk(null) }, two, ['b-1', 'b-2']), [2, 1])
    assert.deepEqual(await ids({ 'b-2:11001': msk(5), 'b-1:11001': msk(6) }, two, ['b-1', 'b-2']), [5, 6])
    // Exporters on one host: in order, and one that is down keeps its place.
    const here = ['h:1', 'h:2', 'h:3']
    assert.deepEqual(await ids({ 'h:1': msk(null), 'h:3': msk(null) }, here, ['h', 'h', 'h']), [1, 3])
    assert.deepEqual(await ids({ 'h:1': node, 'h:2': msk(null), 'h:3': msk(null) }, here, ['x', 'y']), [1, 2])
  })

  test('processors of the host where the broker has it alone, else of its process', async () => {
    const nodes = [{ id: 1, host: 'b-1' }]
    const alone = await look({ 'b-1:11001': stock, 'b-1:11002': node }, ['b-1:11001', 'b-1:11002'], nodes)
    assert.deepEqual(
      of(alone, 'usage').map((fact) => fact.of === 'broker' && [fact.cpuMs, fact.cores]),
      [[12_500, 2]],
    )
    const three = ['h:1', 'h:2', 'h:11002']
    const shared = await look({ 'h:1': stock, 'h:2': stock, 'h:11002': node }, three, [])
    assert.deepEqual(
      of(shared, 'usage').map((fact) => fact.of === 'broker' && [fact.cpuMs, fact.cores]),
      [
        [12_500, null],
        [12_500, null],
      ],
    )
  })

  test('what the provider sees itself is not told twice', async () => {
    const seen = { id: 1, host: 'b-1', usage: async () => ({}) as never, metricsUrl: 'http://127.0.0.1:1' }
    const facts = await look({ 'b-1:11001': msk(1) }, ['b-1:11001'], [seen])
    assert.deepEqual(
      facts.map(({ fact }) => fact),
      ['scrape', 'metrics'],
    )
  })
})
