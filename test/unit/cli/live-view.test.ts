import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { liveLines, progressBar, sparkline } from '../../../src/cli/text/live-view.ts'
import { createProgress } from '../../../src/cli/text/progress.ts'
import type { Tick } from '../../../src/runners/variant/progress.ts'

const csi = '\u001b['
const empty = { counts: [], pairs: [], total: 0, overflow: 0, negative: 0, sumUs: 0, minUs: 0, maxUs: 0 }
const tick = (changes: Partial<Tick> = {}): Tick => ({
  ...{ variant: 'client=kafkajs', client: 'kafkajs', phase: 'measure', atS: 4, lengthS: 1, leftS: 15, due: 5000 },
  events: { sent: 5000, acked: 4990, failed: 0, unknown: 0, received: 4980, ackedBytes: 0, receivedBytes: 0 },
  ...{ sentPerSec: 5000, ackedPerSec: 4990, receivedPerSec: 4980, latency: 'response' as const },
  latencyUs: empty as unknown as Tick['latencyUs'],
  ...{ responseP50Us: 5100, responseP99Us: 22_000, lagRecords: 214, lag: { g1: 214 } },
  faults: [],
  brokerCpuPercent: { 1: 43, 2: null },
  ...changes,
})
const view = (columns: number, changes: Partial<Tick> = {}) =>
  liveLines({
    ...{ sinceS: 65, stage: 'load', detail: '', variants: ['client=kafkajs', 'client=node-rdkafka'], columns },
    tick: tick(changes),
    history: [tick({ ackedPerSec: 2000 }), tick({ ackedPerSec: 4000 }), tick(changes)],
  })

describe('the view of a running load', () => {
  test('variant, phase, time left, rates, latencies, lag, brokers and faults, with what came before', () => {
    const text = view(80, { faults: ['kill-broker'] }).join('\n')
    for (const part of [
      '1 m 05 s  variant 1 of 2  kafkajs  measure',
      '15 s of load left',
      /offered\/s +5 000/,
      /sent\/s +5 000/,
      /acked\/s +4 990 +▃▆█/,
      /resp\. p50 5\.1 ms/,
      /resp\. p99 22 ms/,
      /lag +214/,
      /broker 1 +43 % CPU/,
      /broker 2 +– /,
      /FAULT +kill-broker/,
    ])
      assert.match(text, typeof part === 'string' ? new RegExp(part) : part)
  })

  test('no line is wider than the terminal, whatever its width, and 24 rows are enough', () => {
    for (const columns of [20, 40, 60, 80, 200]) {
      const lines = view(columns, { variant: `client=kafkajs,${'topic.partitions=12,'.repeat(8)}` })
      assert.ok(lines.length < 24)
      for (const line of lines) assert.ok([...line].length < Math.max(21, columns), `${columns}: ${line}`)
    }
  })

  test('bars and sparklines', () => {
    assert.equal(progressBar(0.5, 12), '[#####-----]')
    assert.equal(progressBar(7, 6), '[####]')
    assert.equal(sparkline([0, null, 5, 10], 10), '▁ ▄█')
    assert.equal(sparkline([1, 2, 3], 2), '▅█')
    assert.equal(sparkline([0, 0], 5), '▁▁')
  })
})

/** A terminal that keeps what is written to it. */
function terminal(columns: number | null) {
  const written: string[] = []
  const stream = Object.assign(new EventEmitter(), {
    isTTY: columns !== null,
    columns: columns ?? undefined,
    rows: 24,
    write: (text: string) => void written.push(text),
  })
  return { stream: stream as unknown as NodeJS.WriteStream, written, text: () => written.join('') }
}

describe('where it is shown', () => {
  const play = (columns: number | null, env: NodeJS.ProcessEnv = {}, quiet = false) => {
    const { stream, text } = terminal(columns)
    const logged: string[] = []
    const progress = createProgress({
      quiet,
      stream,
      log: (line) => void logged.push(line),
      variants: ['client=kafkajs'],
      env,
    })
    progress.stage('load', 'client=kafkajs')
    for (const atS of [4, 5, 6]) progress.tick(tick({ atS }))
    return { progress, text, stream, logged }
  }

  test('a terminal: the view is drawn over itself, and gone when it is over', () => {
    const { progress, text } = play(80)
    assert.match(text(), /variant 1 of 1/)
    assert.match(text().replaceAll(csi, '<'), /<\d+A<J/)
    progress.close()
    assert.ok(text().endsWith('\x1b[J'))
  })

  test('a line of the log stands above the view, which is drawn again below it', () => {
    const { progress, text } = play(80)
    progress.log('broker 2 is gone')
    assert.match(text().slice(text().indexOf('broker 2 is gone')), /\n[\s\S]*variant 1 of 1/)
  })

  test('a terminal that changes its size is drawn anew', () => {
    const { stream, text } = play(80)
    const before = text().length
    Object.assign(stream, { columns: 40 })
    stream.emit('resize')
    const after = text().slice(before)
    assert.ok(after.includes(`${csi}2J`))
    for (const line of stripVTControlCharacters(after).split('\n')) assert.ok([...line].length < 40, line)
  })

  for (const [name, columns, env] of [
    ['no terminal', null, {}],
    ['TERM=dumb', 80, { TERM: 'dumb' }],
  ] as const) {
    test(`${name}: plain lines, one every five seconds`, () => {
      const { text } = play(columns, env)
      assert.ok(!text().includes('\x1b'))
      assert.equal(text().match(/acked\/s/g)!.length, 1)
    })
  }

  test('no colours are used, so that NO_COLOR changes nothing', () => {
    assert.ok(!/<\d+(;\d+)*m/.test(play(80).text().replaceAll(csi, '<')))
  })

  test('quiet: nothing, and all of it in the log', () => {
    const { text, logged } = play(80, {}, true)
    assert.equal(text(), '')
    assert.equal(logged.length, 4)
  })
})
