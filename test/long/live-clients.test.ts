import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { measure, type Outcome } from '../support/measure.ts'
import { planOf } from '../support/plans.ts'
import { counters, replayed, storedRecords } from '../support/replay.ts'

// What a run exports, read by Prometheus' own client library and OpenTelemetry's own protobuf classes, both from PyPI.

const clients = ['prometheus-client==0.22.1', 'opentelemetry-proto==1.36.0']
const folder = mkdtempSync(join(tmpdir(), 'kbench-live-clients-'))
after(() => rmSync(folder, { recursive: true, force: true }))

interface Read {
  families: { name: string; type: string; samples: { name: string; labels: Record<string, string>; value: number }[] }[]
  metrics: {
    name: string
    unit: string
    kind: string
    points: { attributes: Record<string, string>; value: number; count: number; sum: number; counts: number[] }[]
  }[]
  resource: Record<string, string>
  rows: Record<string, number | null>[]
}

describe('what a run exports, read by the clients of others, is what its result stores', () => {
  let outcome: Outcome
  let read: Read

  before(async () => {
    const lib = join(folder, 'lib')
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', lib, ...clients]
    execFileSync('python3', pip, { stdio: ['ignore', 'inherit', 'inherit'] })

    const consumers = [{ group: 'g1', members: 1 }]
    const phases = { warmup: '2s', measure: '6s' }
    outcome = await measure({ plan: planOf({ load: { rate: 400 }, consumers, phases }) })
    const bodies: Buffer[] = []
    const receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      bodies.push(Buffer.concat(chunks))
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    }).listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    const { port } = receiver.address() as AddressInfo
    const ndjson = join(folder, 'live.ndjson')
    const options = { metrics: { host: '127.0.0.1', port: 0 }, otlp: `http://127.0.0.1:${port}/v1/metrics`, ndjson }
    const { outputs, lines } = await replayed(outcome, options)
    const prometheus = await fetch(/http:\S+\/metrics/.exec(lines.join('\n'))![0])
    writeFileSync(join(folder, 'metrics.txt'), await prometheus.text())
    await outputs[Symbol.asyncDispose]()
    receiver.closeAllConnections()
    receiver.close()
    writeFileSync(join(folder, 'metrics.pb'), bodies.at(-1)!)
    const script = join(packageRoot, 'test/fixtures/live/read-outputs.py')
    const args = [script, join(folder, 'metrics.txt'), join(folder, 'metrics.pb'), ndjson]
    read = JSON.parse(execFileSync('python3', args, { env: { ...process.env, PYTHONPATH: lib }, encoding: 'utf8' }))
  })

  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

  test('Prometheus', () => {
    const samples = read.families.flatMap((family) => family.samples)
    const total = (name: string) => sum(samples.filter((one) => one.name === name).map(({ value }) => value))
    for (const [event, name] of Object.entries(counters)) {
      const family = read.families.find((one) => one.name === `kbench_records_${name}`)
      assert.equal(family?.type, 'counter', name)
      const stored = storedRecords(outcome, `${event}PerSec`)
      assert.ok(Math.abs(total(`kbench_records_${name}_total`) - stored) < 0.5, event)
    }
    const timed = outcome.variant.ledger.acked
    assert.equal(read.families.find((one) => one.name === 'kbench_produce_latency_seconds')?.type, 'histogram')
    assert.equal(total('kbench_produce_latency_seconds_count'), timed)
    const seconds = sum(outcome.ticks.map(({ latencyUs }) => latencyUs.sumUs)) / 1e6
    assert.ok(Math.abs(total('kbench_produce_latency_seconds_sum') - seconds) < 1e-6)
  })

  test('OpenTelemetry', () => {
    assert.deepEqual([read.resource['service.name'], read.resource['kbench.run.id']], ['kbench', 'run-1'])
    const of = (name: string) => read.metrics.find((one) => one.name === name)!
    for (const [event, name] of Object.entries(counters)) {
      const { unit, kind, points } = of(`kbench.records.${name}`)
      assert.deepEqual([unit, kind], ['{record}', 'sum'])
      const stored = storedRecords(outcome, `${event}PerSec`)
      assert.ok(Math.abs(sum(points.map(({ value }) => value)) - stored) < 0.5, event)
    }
    const { unit, kind, points } = of('kbench.produce.latency')
    const timed = outcome.variant.ledger.acked
    assert.deepEqual([unit, kind, sum(points.map(({ count }) => count))], ['s', 'histogram', timed])
    assert.equal(sum(points.flatMap(({ counts }) => counts)), timed)
  })

  test('NDJSON', () => {
    const { tickS, columns } = outcome.variant.series
    assert.equal(read.rows.length, outcome.ticks.length)
    for (const row of read.rows) {
      const at = tickS.indexOf(row.atS!)
      for (const key of ['offered', 'sent', 'acked', 'failed', 'unknown', 'received'])
        assert.equal(row[`${key}PerSec`], columns[`${key}PerSec`]![at], `${key} at ${row.atS} s`)
      assert.deepEqual(
        [row.p50Us, row.p99Us, row.p999Us],
        [columns.responseP50Us![at], columns.responseP99Us![at], columns.responseP999Us![at]],
      )
    }
  })
})
