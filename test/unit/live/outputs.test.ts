import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { packageRoot } from '../../../src/base/root.ts'
import { families } from '../../../src/live/measures.ts'
import { createRowLines } from '../../../src/live/ndjson.ts'
import type { OutputOptions } from '../../../src/live/outputs.ts'
import { prometheusSamples } from '../../../src/samplers/_prometheus.ts'
import { measure, type Outcome } from '../../support/measure.ts'
import { planOf } from '../../support/plans.ts'
import { counters, replayed, storedRecords } from '../../support/replay.ts'
import { readExport } from './_protobuf.ts'

describe('what is exported while a run goes on is what its result stores', () => {
  let outcome: Outcome
  before(async () => {
    const consumers = [{ group: 'g1', members: 1 }]
    outcome = await measure({
      plan: planOf({ load: { rate: 400 }, consumers, phases: { warmup: '2s', measure: '6s' } }),
    })
  })

  const replay = (options: OutputOptions) => replayed(outcome, options)
  const storedSum = (column: string) => storedRecords(outcome, column)

  test('Prometheus: counters are the sums of the rows, the histogram has every acknowledged record', async () => {
    const { outputs, lines } = await replay({ metrics: { host: '127.0.0.1', port: 0 } })
    const url = lines[0]!.split(/\s+/)[1]!
    const answer = await fetch(url)
    assert.match(answer.headers.get('content-type')!, /text\/plain; version=0\.0\.4/)
    const samples = [...prometheusSamples(await answer.text(), /^kbench_/)]
    const sum = (name: string) =>
      samples.filter((one) => one.name === name).reduce((total, { value }) => total + value, 0)
    for (const [event, name] of Object.entries(counters)) {
      assert.ok(Math.abs(sum(`kbench_records_${name}_total`) - storedSum(`${event}PerSec`)) < 0.5, event)
    }
    assert.ok(Math.abs(sum('kbench_records_due_total') - storedSum('offeredPerSec')) < 0.5)
    const timed = outcome.variant.ledger.acked
    assert.equal(sum('kbench_produce_latency_seconds_count'), timed)
    const whole = samples.filter(
      ({ name, labels }) => name === 'kbench_produce_latency_seconds_bucket' && labels.le === '+Inf',
    )
    assert.equal(
      whole.reduce((total, { value }) => total + value, 0),
      timed,
    )
    const measured = samples.find(
      ({ name, labels }) => name === 'kbench_records_acknowledged_total' && labels.phase === 'measure',
    )!
    assert.deepEqual(
      { ...measured.labels },
      { client: outcome.plan.client, variant: outcome.plan.id, phase: 'measure' },
    )
    const lag = samples.find(({ name }) => name === 'kbench_consumer_lag_records')
    assert.equal(lag?.labels.group, 'g1')
    assert.equal((await fetch(url.replace('/metrics', '/other'))).status, 404)
    await outputs[Symbol.asyncDispose]()
  })

  test('OTLP: a receiver gets the same by protobuf, once more at the end', async () => {
    const bodies: Buffer[] = []
    const receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      bodies.push(Buffer.concat(chunks))
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    }).listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    const { port } = receiver.address() as AddressInfo
    const { outputs, lines } = await replay({ otlp: `http://127.0.0.1:${port}/v1/metrics` })
    await outputs[Symbol.asyncDispose]()
    receiver.closeAllConnections()
    receiver.close()
    assert.deepEqual(lines, [])
    const { metrics, resource } = readExport(bodies.at(-1)!)
    assert.equal(resource['service.name'], 'kbench')
    assert.equal(resource['kbench.run.id'], 'run-1')
    for (const [event, name] of Object.entries(counters)) {
      const { points, unit } = metrics.get(`kbench.records.${name}`)!
      assert.equal(unit, '{record}')
      assert.ok(Math.abs(points.reduce((sum, { value }) => sum + value!, 0) - storedSum(`${event}PerSec`)) < 0.5, event)
    }
    const latency = metrics.get('kbench.produce.latency')!
    const timed = outcome.variant.ledger.acked
    assert.equal(latency.unit, 's')
    assert.equal(
      latency.points.reduce((sum, { count }) => sum + count!, 0),
      timed,
    )
    assert.equal(
      latency.points.reduce((sum, { bucketCounts }) => sum + bucketCounts!.reduce((a, b) => a + b, 0), 0),
      timed,
    )
  })

  test('OTLP: a receiver that is away is told once, and costs the run nothing', async () => {
    const { outputs, lines } = await replay({ otlp: 'http://127.0.0.1:9/v1/metrics' })
    await outputs[Symbol.asyncDispose]()
    assert.equal(lines.length, 1)
    assert.match(lines[0]!, /^--otlp: http:\/\/127\.0\.0\.1:9\/v1\/metrics took no metrics: \S/)
  })

  test('NDJSON: a line a second, with the numbers of the stored rows', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kbench-ndjson-'))
    const { outputs } = await replay({ ndjson: join(folder, 'live.ndjson') })
    await outputs[Symbol.asyncDispose]()
    const rows = (await readFile(join(folder, 'live.ndjson'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    await rm(folder, { recursive: true })
    const { tickS, columns } = outcome.variant.series
    assert.equal(rows.length, outcome.ticks.length)
    for (const row of rows) {
      const at = tickS.indexOf(row.atS)
      for (const key of [
        'offeredPerSec',
        'sentPerSec',
        'ackedPerSec',
        'failedPerSec',
        'unknownPerSec',
        'receivedPerSec',
      ]) {
        assert.equal(row[key], columns[key]![at], `${key} at ${row.atS} s`)
      }
      assert.equal(row.p50Us, columns.responseP50Us![at])
      assert.equal(row.p99Us, columns.responseP99Us![at])
      assert.equal(row.p999Us, columns.responseP999Us![at])
    }
  })

  test('a port that is taken is one line, and what was opened before is closed', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    for (const options of [{ web: port }, { metrics: { host: '127.0.0.1', port } }]) {
      await assert.rejects(replay(options), (error: Error) => {
        assert.match(error.message, new RegExp(`^--(web|metrics): 127\\.0\\.0\\.1:${port} is taken$`))
        return true
      })
    }
    await assert.rejects(replay({ ndjson: '/no/such/folder/x' }), /cannot be written/)
    taken.close()
  })

  test('the page is there for those who have its token, and for nobody else', async () => {
    const { outputs, lines } = await replay({ web: 0 })
    const url = new URL(lines[0]!.split(/\s+/)[1]!)
    assert.equal(url.hostname, '127.0.0.1')
    assert.ok(url.searchParams.get('token')!.length >= 20)
    assert.equal((await fetch(url)).status, 200)
    const wrong = new URL(url)
    wrong.searchParams.set('token', 'x')
    assert.equal((await fetch(wrong)).status, 403)
    assert.equal((await fetch(`${url.origin}/`)).status, 403)
    assert.equal((await fetch(url, { method: 'POST' })).status, 405)
    await outputs[Symbol.asyncDispose]()
  })
})

describe('records that are acknowledged seconds after they were due', () => {
  /** From 4 s on nothing is acknowledged, until everything is at once at 7.5 s; a record takes 30 ms otherwise. */
  const stalled = () => {
    const consumers = [{ group: 'g1', members: 1 }]
    return measure({
      plan: planOf({ load: { rate: 400 }, consumers, phases: { warmup: '2s', measure: '8s' } }),
      hosts: 'real',
      fate: ({ atS }) => {
        const endS = atS >= 4 && atS < 7.5 ? 7.5 : atS + 0.03
        return { fate: { kind: 'acked', afterNs: (endS - atS) * 1e9 } }
      },
    })
  }

  test('are in the histogram, which has as many as were acknowledged', async () => {
    const outcome = await stalled()
    const { outputs, lines } = await replayed(outcome, { metrics: { host: '127.0.0.1', port: 0 } })
    const samples = [...prometheusSamples(await (await fetch(lines[0]!.split(/\s+/)[1]!)).text(), /^kbench_/)]
    await outputs[Symbol.asyncDispose]()
    const { acked } = outcome.variant.ledger
    const of = (name: string, phase: string) =>
      samples.find(
        (one) => one.name === name && one.labels.phase === phase && [undefined, '+Inf'].includes(one.labels.le),
      )?.value ?? 0
    const timed = (phase: string) => of('kbench_produce_latency_seconds_bucket', phase)
    assert.equal(timed('warmup') + timed('measure') + timed('drain'), acked)
    // By the phase in which they were due.
    assert.equal(timed('warmup'), 800)
  })

  test('are in lines that follow the first ones; the last word is the stored row', async () => {
    const outcome = await stalled()
    const folder = await mkdtemp(join(tmpdir(), 'kbench-ndjson-'))
    const file = join(folder, 'live.ndjson')
    const { outputs } = await replayed(outcome, { ndjson: file })
    await outputs[Symbol.asyncDispose]()
    const lines = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    await rm(folder, { recursive: true })
    const rows = new Map<number, Record<string, unknown>>()
    for (const line of lines) {
      assert.equal(line.revision > 0, rows.has(line.atS), `one first line for ${line.atS} s`)
      rows.set(line.atS, { ...rows.get(line.atS), ...line })
    }
    const { tickS, columns } = outcome.variant.series
    assert.equal(rows.size, outcome.ticks.length)
    for (const [at, row] of [...rows].map(([atS, row]) => [tickS.indexOf(atS), row] as const)) {
      for (const [key, column] of [
        ['p50Us', 'responseP50Us'],
        ['p99Us', 'responseP99Us'],
        ['ackedPerSec', 'ackedPerSec'],
      ] as const)
        assert.equal(row[key], columns[column]![at], `${key} at ${row.atS} s`)
    }
    const revised = lines.filter(({ revision }) => revision > 0)
    assert.deepEqual(
      revised.map(({ atS }) => atS),
      [4, 5],
      'of what is acknowledged before the next row is known there is one line',
    )
  })

  test('of clients that warm up together each has a line a second, whoever is shown between', async () => {
    const outcome = await stalled()
    const lines: { variant: string; atS: number; revision: number }[] = []
    const rows = createRowLines((line) => lines.push(JSON.parse(line)))
    for (const each of outcome.shown) {
      for (const variant of ['a', 'b']) {
        if ('tick' in each) rows.revise({ ...each, tick: { ...each.tick, variant } })
        else rows.tick({ ...each, variant })
      }
    }
    rows.flush()
    for (const variant of ['a', 'b']) {
      const mine = lines.filter((line) => line.variant === variant)
      assert.equal(mine.filter(({ revision }) => revision === 0).length, outcome.ticks.length)
      assert.deepEqual(
        mine.filter(({ revision }) => revision > 0).map(({ atS, revision }) => [atS, revision]),
        [
          [4, 1],
          [5, 1],
        ],
      )
    }
  })

  test('are in what a terminal shows of the second in which they are acknowledged', async () => {
    const { ticks } = await stalled()
    const at = (s: number) => ticks.find(({ atS }) => atS === s)!
    assert.equal(at(5).ackedPerSec, 0)
    assert.equal(at(5).responseP99Us, null)
    assert.ok(at(7).responseP99Us! > 3_400_000, `${at(7).responseP99Us}`)
    assert.ok(at(9).responseP99Us! < 40_000, `${at(9).responseP99Us}`)
  })
})

test('the Grafana dashboard asks for metrics that there are, and for all of them', async () => {
  const dashboard = await readFile(join(packageRoot, 'dashboards', 'grafana.json'), 'utf8')
  const asked = new Set(
    [...dashboard.matchAll(/kbench_[a-z_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, '')),
  )
  assert.deepEqual([...asked].sort(), families.map(({ name }) => name).sort())
  for (const { name, type } of families) assert.equal(name.endsWith('_total'), type === 'counter', name)
})
