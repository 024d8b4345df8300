import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRunSums } from '../src/judge/run-sums.ts'
import { openOutputs } from '../src/live/outputs.ts'
import { serveWeb } from '../src/live/web.ts'
import type { Tick } from '../src/runners/variant/progress.ts'
import { twoClients } from '../test/fixtures/result.ts'

/** What the live outputs may add to the supervisor, ms of processor time a second. */
export const outputsLimitMs = 20

/** A second of 5000 records with 400 different latencies, as a busy client has them. */
function secondOf(atS: number): Tick {
  const pairs = Array.from({ length: 400 }, (_, at) => [1000 + 11 * at, 12 + (at % 3)]).flat()
  const total = pairs.reduce((sum, value, at) => sum + (at % 2 === 1 ? value : 0), 0)
  const counts = { pairs, total, overflow: 0, negative: 0, sumUs: 5000 * total, minUs: 1000, maxUs: 9000 }
  return {
    ...{ variant: 'client=kafkajs', client: 'kafkajs', phase: 'measure', atS, lengthS: 1, leftS: 60, due: 5000 },
    events: { sent: 5000, acked: total, failed: 0, unknown: 0, received: 5000, ackedBytes: 0, receivedBytes: 0 },
    ...{ sentPerSec: 5000, ackedPerSec: total, receivedPerSec: 5000, latency: 'response' as const },
    latencyUs: counts as unknown as Tick['latencyUs'],
    ...{ responseP50Us: 5000, responseP99Us: 9000, lagRecords: 200, lag: { g1: 200 } },
    faults: [],
    brokerCpuPercent: { 1: 40, 2: 41, 3: 39 },
  }
}

/** Processor time that all outputs take together in `seconds` real seconds, ms a second; scraper, receiver and reader of the page run here and count too. */
export async function timeOutputs(seconds: number): Promise<number> {
  const receiver = createServer((request, response) => request.resume().on('end', () => response.end()))
  await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve))
  const { port } = receiver.address() as AddressInfo
  const lines: string[] = []
  const outputs = await openOutputs(
    { metrics: { host: '127.0.0.1', port: 0 }, otlp: `http://127.0.0.1:${port}/v1/metrics`, ndjson: '/dev/null' },
    { runId: 'bench', name: 'bench', version: '0', variants: ['client=kafkajs'], sums: createRunSums() },
    { say: (line) => void lines.push(line), warn: (line) => void lines.push(line) },
  )
  const result = twoClients()
  const web = await serveWeb(0, () => ({ result, status: 'Running', isOver: false }))
  const metrics = lines[0]!.split(/\s+/)[1]!
  const progress = outputs.follow({ stage: () => {}, tick: () => {}, log: () => {} })
  // What is loaded and compiled once is no cost of a second.
  progress.tick(secondOf(0))
  await (await fetch(metrics)).text()
  for (let made = 0; made < 3; made++) await (await fetch(web.url)).text()
  const before = process.cpuUsage()
  const startMs = performance.now()
  let nextPageMs = 0
  for (let second = 1; second <= seconds; second++) {
    progress.tick(secondOf(second))
    if (second % 5 === 0) await (await fetch(metrics)).text()
    if (performance.now() - startMs >= nextPageMs) {
      const page = await (await fetch(web.url)).text()
      nextPageMs = performance.now() - startMs + Number(/data-live="([\d.]+)"/.exec(page)?.[1] ?? 2000)
    }
    await sleep(Math.max(0, startMs + second * 1000 - performance.now()))
  }
  const { user, system } = process.cpuUsage(before)
  await outputs[Symbol.asyncDispose]()
  await web[Symbol.asyncDispose]()
  receiver.closeAllConnections()
  receiver.close()
  return (user + system) / 1000 / seconds
}
