import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FaultPartition, Rebalance, RunResult } from '../../src/contracts/result.ts'
import { faultFindings, faultsLine } from '../../src/reports/_fault-words.ts'
import {
  groupRebalances,
  isrFullS,
  medianOf,
  stalledElsewhere,
  targetWords,
  wasUnavailable,
  worstFirst,
} from '../../src/reports/_faults.ts'
import { chartGroups } from '../../src/reports/charts/index.ts'
import type { ChartSpec } from '../../src/reports/charts/spec.ts'
import report from '../../src/reports/html.ts'
import { terminalSummary } from '../../src/reports/terminal.ts'
import { calm, faulty } from '../fixtures/all.ts'
import { brokerKilled, faultNotVerified, hostileFaults, rollingRestart, uncleanElection } from '../fixtures/faults.ts'

const charts = (result: RunResult, group: string): ChartSpec[] =>
  chartGroups(result).find(({ id }) => id === group)?.charts ?? []

/** The first variant's sentence, with what changed in its one fault's partitions. */
function sentence(result: RunResult, change: (partition: FaultPartition) => Partial<FaultPartition> = () => ({})) {
  const fault = result.variants[0]!.faults[0]!
  fault.partitions = fault.partitions.map((one) => ({ ...one, ...change(one) }))
  return faultFindings(result)[0]!
}

test('the verdict in words says what the data say, and a reason only where they bear it', () => {
  const [kafkajs, rdkafka] = faultFindings(brokerKilled())
  const reason = ' because acks=all waited for the dead follower'
  assert.deepEqual(
    [rdkafka!.about, rdkafka!.tone, rdkafka!.text],
    [
      'node-rdkafka',
      'good',
      `0 lost, worst partition 10.6 s unavailable, 8 partitions led elsewhere stalled too${reason}`,
    ],
  )
  assert.equal(
    rdkafka!.more,
    '1 rebalance of 3.94 s, lag drained after 16 s, in-sync sets full after 1 m 10 s, preferred leaders back after 1 m 19 s',
  )
  assert.match(kafkajs!.text, /, its own load stood still for 12\.5 s$/)

  const leaderOnly = brokerKilled()
  leaderOnly.profile = { ...leaderOnly.profile, producers: { acks: 1 } }
  // What the client reports counts for more: here it reports nothing.
  for (const { effectiveConfig } of leaderOnly.variants) delete effectiveConfig.producer!.acks
  assert.match(sentence(leaderOnly).text, /8 partitions led elsewhere stalled too, /, 'acks=1 waits for no follower')
  const late = sentence(brokerKilled(), () => ({ isrShrunkMs: 3000 }))
  assert.match(late.text, /8 partitions led elsewhere stalled too, /, 'they came back long after the set had shrunk')
  const never = sentence(brokerKilled(), () => ({ isrShrunkMs: null }))
  assert.ok(!never.text.includes('because'), 'no in-sync set shrank')
  const one = sentence(brokerKilled(), ({ id }) => (id === 1 || id === 2 ? {} : { unavailableMs: 90 }))
  assert.match(one.text, /1 partition led elsewhere stalled too because/)
  const calmElsewhere = sentence(brokerKilled(), ({ leaderBefore }) =>
    leaderBefore === 2 ? {} : { unavailableMs: 90 },
  )
  assert.ok(!calmElsewhere.text.includes('elsewhere'))
})

test('N23: the reason why partitions led elsewhere stalled goes by the acks that were used', () => {
  const reason = / because acks=all waited for the dead follower/
  const told = brokerKilled()
  for (const { effectiveConfig } of told.variants) effectiveConfig.producer!.acks = 1
  assert.doesNotMatch(sentence(told).text, reason)
  // A matrix sets them for a variant, whatever the profile has beside it.
  for (const [acks, other] of [
    [1, 'all'],
    ['all', 1],
  ] as const) {
    const matrix = brokerKilled()
    matrix.profile = { ...matrix.profile, producers: { acks: other } }
    for (const { params, effectiveConfig } of matrix.variants) {
      params['producers.acks'] = acks
      delete effectiveConfig.producer!.acks
    }
    if (acks === 'all') assert.match(sentence(matrix).text, reason)
    else assert.doesNotMatch(sentence(matrix).text, reason)
  }
})

test('what went wrong is said first and makes the tone', () => {
  assert.deepEqual(
    [faultFindings(faultNotVerified())[0]!.tone, faultFindings(faultNotVerified())[0]!.text],
    ['warn', 'not verified: it was not seen to happen, 0 lost, no partition unavailable for longer than 61 ms'],
  )
  const unclean = faultFindings(uncleanElection())[0]!
  assert.equal(unclean.tone, 'bad')
  assert.match(
    unclean.text,
    /^1 lost, worst partition 120 s unavailable, 1 partition not recovered, 1 unclean election, lag of g1 not drained, 2 in-sync sets not full again, 7 partitions/,
  )
  const two = uncleanElection()
  two.variants[0]!.faults[0]!.uncleanElections = 2
  assert.match(
    sentence(two, ({ id }) => (id === 4 ? { recovered: false } : {})).text,
    /2 partitions not recovered, 2 unclean elections/,
  )
  assert.match(
    sentence(brokerKilled(), () => ({ unavailableMs: null, resolutionMs: null, clientGapMs: null })).text,
    /^0 lost, unavailability not measured$/,
  )
  const notAudited = brokerKilled()
  notAudited.variants[0]!.integrity.verdict = 'not-audited'
  assert.match(sentence(notAudited).text, /^loss not audited, /)
})

test('several faults are one sentence, and the line above the numbers names them', () => {
  assert.deepEqual(
    faultFindings(rollingRestart()).map(({ text }) => text),
    Array(2).fill('3 faults, 0 lost, no partition unavailable for longer than 68 ms'),
  )
  const result = rollingRestart()
  result.variants[0]!.faults[1]!.verifiedAtS = null
  result.variants[0]!.faults[2]!.partitions[3]!.unavailableMs = 1900
  assert.match(faultFindings(result)[0]!.text, /^3 faults, 1 not verified, 0 lost, worst partition 1\.9 s unavailable/)
  assert.equal(faultsLine(result), '3 faults: restart-broker')
  assert.equal(
    faultsLine(brokerKilled()),
    'kill-broker: SIGKILL to broker 2, 30 s into the measurement, over after 1 m 00 s',
  )
  const apart = brokerKilled()
  apart.variants[1]!.faults[0]!.detail = 'SIGKILL to broker 3'
  assert.match(faultsLine(apart)!, /^kill-broker, 30 s/, 'each client had another target')
  assert.equal(faultsLine(calm.twoClients!()), null)
})

test('V9: which brokers a fault hit is a field; words decide nothing', () => {
  const fault = brokerKilled().variants[0]!.faults[0]!
  for (const target of ['whatever it says', fault.target, 'brokers 1 and 3']) {
    assert.equal(stalledElsewhere({ ...fault, target }).length, 8, target)
    assert.deepEqual(stalledElsewhere({ ...fault, target, brokers: [1, 2, 3] }), [], target)
  }
})

test('targets, worst partitions and medians', () => {
  const fault = brokerKilled().variants[0]!.faults[0]!
  const { brokers: _, ...unnamed } = fault
  assert.equal(targetWords(fault), 'broker 2')
  assert.equal(targetWords({ ...fault, brokers: [1, 12, 3] }), 'brokers 1, 12, 3')
  assert.equal(targetWords({ ...unnamed, target: 'member 0 of group g1' }), 'member 0 of group g1')
  assert.deepEqual(stalledElsewhere({ ...fault, brokers: [] }), [], 'no broker was hit')
  assert.deepEqual(
    worstFirst(fault.partitions)
      .slice(0, 5)
      .map(({ id }) => id),
    [10, 7, 4, 1, 11],
  )
  assert.deepEqual([medianOf([]), medianOf([null, 3]), medianOf([9, 1, 2]), medianOf([4, 1, 2, 9])], [null, 3, 2, 3])
  const partition = fault.partitions[0]!
  const silent = (unavailableMs: number | null, resolutionMs: number | null) =>
    wasUnavailable({ ...partition, unavailableMs, resolutionMs })
  assert.deepEqual(
    [silent(null, 50), silent(499, 50), silent(500, 50), silent(900, 600), silent(1200, 600), silent(700, null)],
    [false, false, true, false, true, true],
  )
  assert.equal(isrFullS(fault), 70.3)
  assert.equal(isrFullS({ ...fault, partitions: [{ ...partition, isrRestoredS: null }] }), null)
})

test('rebalances of members that overlap are one of the group', () => {
  const variant = brokerKilled().variants[0]!
  const one = (member: number, atS: number, pauseMs: number | null, group = 'g1'): Rebalance => ({
    group,
    member,
    atS,
    pauseMs,
    partitionsMoved: 2,
    protocol: 'eager',
  })
  const grouped = (rebalances: Rebalance[]) =>
    groupRebalances({ ...variant, rebalances }).map(({ group, fromS, toS, members, partitionsMoved }) => [
      group,
      fromS,
      toS,
      members.length,
      partitionsMoved,
    ])
  assert.deepEqual(grouped([one(1, 11, 2000), one(0, 10, 1500), one(0, 10.25, 500, 'g2')]), [
    ['g1', 10, 13, 2, 4],
    ['g2', 10.25, 10.75, 1, 2],
  ])
  assert.deepEqual(
    grouped([one(0, 10, 500), one(0, 10.4, 500)]).length,
    2,
    'a member that pauses again is in another one',
  )
  assert.deepEqual(grouped([one(0, 10, 500), one(1, 20, null), one(2, 20.5, 100)]), [
    ['g1', 10, 10.5, 1, 2],
    ['g1', 20, null, 2, 4],
  ])
})

test('every chart over time carries the fault and its marks', () => {
  const result = brokerKilled()
  const overTime = chartGroups(result)
    .flatMap((group) => group.charts)
    .filter((chart) => chart.x.unit === 'seconds')
  const kinds = new Set(overTime.map(({ id }) => id.replace(/-(kafkajs|node-rdkafka)$/, '')))
  for (const kind of [
    'availability',
    'leaders',
    'rate-over-time',
    'latency-over-time',
    'latency-heat',
    'errors',
    'lag',
    'lag-seconds',
    'lag-partitions',
    'rebalances',
    'generator-delay',
    'cpu',
  ]) {
    assert.ok(kinds.has(kind), kind)
  }
  const { injectedAtS, healedAtS } = result.variants[0]!.faults[0]!
  for (const { id, faults, marks } of overTime) {
    assert.deepEqual(
      faults,
      [{ from: injectedAtS, to: healedAtS, names: ['kill-broker, broker 2', 'kill-broker'], open: false }],
      id,
    )
    // Where several clients are in one chart, each mark says whose it is.
    const at = new Map(marks.map((mark) => [mark.label.replace(/ kafkajs$/, ''), mark.at]))
    assert.equal(at.get('verified')!.toFixed(3), '40.045', id)
    assert.equal(at.get('new leader')!.toFixed(3), '49.820', id)
    assert.equal(at.get('ISR full')!.toFixed(3), '110.304', id)
  }
  assert.deepEqual(
    charts(result, 'lag')[0]!.marks.flatMap(({ at, label }) =>
      /peak|drain/.test(label) ? [[label, at.toFixed(1)]] : [],
    ),
    [
      ['peak 11 204', '51.2'],
      ['drained', '61.5'],
    ],
  )
  const open = charts(uncleanElection(), 'cpu')[0]!.faults![0]!
  assert.deepEqual([open.open, open.to], [true, 163], 'not healed: to the end')
  const several = charts(rollingRestart(), 'cpu')[0]!.faults!
  assert.deepEqual(several[1]!.names, ['restart-broker, broker 2', 'broker 2', '2'])
})

test('a lane shows who led when, with the in-sync set by its height', () => {
  const [chart] = charts(brokerKilled(), 'leaders')
  assert.deepEqual(
    chart!.lanes,
    Array.from({ length: 12 }, (_, id) => String(id)),
  )
  const lane = (at: number) => chart!.rects!.filter(({ y0, y1 }) => Math.min(y0, y1) > at && Math.max(y0, y1) < at + 1)
  const bars = lane(1).filter(({ pattern }) => pattern === 0)
  assert.deepEqual(
    bars.map(({ x0, x1, text, y0, y1 }) => [x0, x1, text, (y1 - y0).toFixed(2)]),
    [
      [0.1, 49.82, '2', '0.80'],
      [49.82, 109.304, '3', '0.53'],
      [109.304, 118.908, '3', '0.80'],
      [118.908, 163, '2', '0.80'],
    ],
  )
  assert.equal(new Set(lane(0).map(({ text }) => text ?? '')).has('2'), false)
  assert.deepEqual(
    lane(1)
      .filter(({ pattern }) => pattern === 'ghost')
      .map(({ x0, x1 }) => [x0, x1]),
    [[49.82, 109.304]],
    'what is missing is marked without colour too',
  )
  const row = chart!.xs.indexOf(49.82)
  assert.equal(chart!.series[1]!.texts![row], 'broker 3, 2 of 3 in sync')
  assert.deepEqual(
    chart!.keys!.map(({ label }) => label),
    ['broker 1', 'broker 2', 'broker 3', 'missing from the in-sync set'],
  )

  const result = brokerKilled()
  const { leaders } = result.variants[0]!.timelines
  leaders!.columns['leader/kbench-1-0'] = leaders!.atS.map((_, at) => (at === 0 ? 1 : at === 1 ? -1 : null))
  const offline = charts(result, 'leaders')[0]!
  const none = offline.rects!.filter(({ fill }) => fill === 'bad')
  assert.deepEqual([none[0]!.x0 > 40, none.at(-1)!.x1, ...new Set(none.map(({ text }) => text))], [true, 163, 'none'])
  assert.ok(offline.keys!.some(({ label }) => label === 'no leader'))
})

test('an availability lane marks every bin without an acknowledgement, and ends in the exact gap', () => {
  const result = brokerKilled()
  const { canary } = result.variants[0]!.timelines
  const [chart] = charts(result, 'availability')
  for (let id = 0; id < 12; id++) {
    const empty = canary!.columns[`kbench-1-${id}`]!.filter((count) => count === 0).length
    const marked = chart!.rects!.filter(({ y0, fill }) => fill === 'bad' && Math.floor(y0) === id)
    assert.ok(empty > 40)
    assert.equal(
      marked.reduce((sum, { x0, x1 }) => sum + x1 - x0, 0),
      empty / 4,
      `partition ${id}`,
    )
  }
  assert.deepEqual(chart!.laneNotes!.slice(0, 2), ['10 502 ms', '10 594 ms'])
  assert.equal(chart!.extraRows![0]!.ys[0], 10_502_100)

  const column = canary!.columns['kbench-1-0']!
  column.fill(0, 160)
  const ended = charts(result, 'availability')[0]!.rects!.filter(({ y0 }) => Math.floor(y0) === 0)
  assert.deepEqual(
    ended.map(({ fill }) => fill),
    [2],
    'the canary stopped: not known, so not marked',
  )
  const partition = result.variants[0]!.faults[0]!.partitions[0]!
  Object.assign(partition, { recovered: false, unavailableMs: 120_000 })
  const lost = charts(result, 'availability')[0]!
  assert.deepEqual(
    lost.rects!.filter(({ y0, fill }) => Math.floor(y0) === 0 && fill === 'bad').map(({ x0, x1 }) => [x0, x1]),
    [[40, 160]],
    'it did not recover: unavailable to the end',
  )
  assert.equal(lost.laneNotes![0], '≥ 120 000 ms')
})

test('too many partitions keep those that were unavailable longest', () => {
  const result = brokerKilled()
  const variant = result.variants[0]!
  const [fault] = variant.faults
  const atS = [0, 0.25]
  const ids = Array.from({ length: 60 }, (_, id) => id)
  fault!.partitions = ids.map((id) => ({ ...fault!.partitions[0]!, id, unavailableMs: id < 12 ? 60 : 1000 + id }))
  variant.timelines.canary = { atS, columns: Object.fromEntries(ids.map((id) => [`kbench-1-${id}`, [5, 5]])) }
  const [chart] = charts(result, 'availability')
  assert.deepEqual(chart!.lanes, ids.slice(12).map(String))
})

test('the error timeline stacks every record of every code', () => {
  const result = brokerKilled()
  const variant = result.variants[0]!
  const [chart] = charts(result, 'errors')
  const { columns, atS } = variant.timelines.errors!
  assert.deepEqual(
    chart!.keys!.map(({ label }) => label),
    ['CONNECTION_ERROR', 'REQUEST_TIMED_OUT', 'NOT_LEADER_OR_FOLLOWER'],
  )
  assert.equal(new Set(chart!.keys!.map(({ pattern }) => pattern)).size, 3, 'told apart without colour')
  for (const [at, from] of atS.entries()) {
    const total = Object.values(columns).reduce((sum, counts) => sum + counts[at]!, 0)
    const stack = chart!.rects!.filter(({ x0 }) => x0 === from).sort((a, b) => a.y0 - b.y0)
    assert.equal(stack.at(-1)?.y1 ?? 0, total)
    assert.ok(stack.every((rect, n) => rect.y0 === (stack[n - 1]?.y1 ?? 0)))
  }
  for (let n = 0; n < 8; n++) columns[`OTHER_${n}`] = atS.map((second) => (second === 50 ? 1 : 0))
  const many = charts(result, 'errors')[0]!
  assert.deepEqual(many.keys!.at(-1)!.label, '5 other codes')
  assert.equal(many.series.at(-1)!.ys[50], 5)
  delete variant.timelines.errors
  assert.equal(charts(result, 'errors').length, 1, 'no error is no chart')
})

test('the share of paused members is that of the group', () => {
  const [chart] = charts(brokerKilled(), 'rebalances')
  const at = (x: number) => chart!.series[0]!.ys[chart!.xs.findLastIndex((one) => one <= x)]
  assert.deepEqual(
    [0, 50.32, 50.5, 51, 53.7, 54.1, 60].map((x) => Math.round(at(x)!)),
    [0, 33, 67, 100, 67, 33, 0],
  )
  const result = brokerKilled()
  result.variants[0]!.rebalances = [{ ...result.variants[0]!.rebalances[0]!, pauseMs: null }]
  assert.equal(Math.round(charts(result, 'rebalances')[0]!.series[0]!.ys.at(-2)!), 33, 'its pause never ended')
})

const pageOf = async (result: RunResult): Promise<string> =>
  String((await report.render([result]))[0]!.body).replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '')

/** Rows of the table in a region, as texts. */
function rowsOf(page: string, region: string): string[][] {
  const table = page.match(new RegExp(`aria-label="${region}"[^>]*><table[^>]*>([\\s\\S]*?)</table>`))![1]!
  return [...table.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map((row) =>
    [...row[1]!.matchAll(/<t[hd]\b[^>]*>([\s\S]*?)<\/t[hd]>/g)].map((cell) => cell[1]!.replace(/<[^>]*>/g, ' ').trim()),
  )
}

test('the failover table has worst and median first, then the partitions, both clients together', async () => {
  const rows = rowsOf(await pageOf(brokerKilled()), 'Failover by partition')
  assert.deepEqual(rows[0]!.slice(0, 4), ['partition', 'client', 'leader', 'unavailable ms'])
  assert.deepEqual(
    rows.slice(1, 7).map((cells) => cells.slice(0, 4)),
    [
      ['worst', 'kafkajs', '', '10 648'],
      ['node-rdkafka', '', '10 648', '64.4'],
      ['median', 'kafkajs', '', '10 511'],
      ['node-rdkafka', '', '10 511', '62.9'],
      ['partition 10', 'kafkajs', '2 → 1 *', '10 648'],
      ['node-rdkafka', '2 → 1 *', '10 648', '63.4'],
    ],
  )
  assert.equal(rows.length, 1 + 2 * (2 + 12))
  assert.deepEqual(rows.at(-2), ['partition 0', 'kafkajs', '1', '10 502', '61.4', '10 560', '–', '–', '9 806', '69.2'])
  const unclean = rowsOf(await pageOf(uncleanElection()), 'Failover by partition')
  assert.equal(unclean[5]![3], '≥ 119 996, not recovered')
})

test('the page tells faults and rebalances in numbers, and every fault of several in words', async () => {
  const page = await pageOf(brokerKilled())
  const facts = new Map(
    rowsOf(page, 'The fault in numbers').map(([label, ...cells]) => [label!.split(/ {2,}/)[0], cells]),
  )
  assert.deepEqual(facts.get('target'), Array(2).fill('broker 2, leader of partition 1'))
  assert.deepEqual(facts.get('g1: drained by'), ['1 087 records/s', '2 055 records/s'])
  assert.deepEqual(rowsOf(page, 'Rebalances')[1], ['kafkajs', 'g1', 'all 3 members', '50.3 s', '3.9 s', '1', 'eager'])
  assert.match(page, /<a href="#faults">Faults<\/a>[\s\S]*<h2 id="faults">/)
  assert.match(await pageOf(faultNotVerified()), /not verified[\s\S]*class="alert"[^>]*>not verified</)
  const several = await pageOf(rollingRestart())
  for (const at of [1, 2, 3]) assert.ok(several.includes(`${at}. restart-broker: SIGTERM to broker ${at}`))
})

test('text out of a fault is escaped, in the page and on the terminal', async () => {
  const page = String((await report.render([hostileFaults()]))[0]!.body)
  assert.ok(!page.includes('<img'))
  assert.equal([...page.matchAll(/<\/script>/g)].length, 3)
  assert.ok(!terminalSummary(hostileFaults(), { columns: 80, color: false }).includes('\u001b'))
})

test('a terminal of 80 × 24 shows both clients', () => {
  const text = terminalSummary(brokerKilled(), { columns: 80, color: false })
  assert.ok(text.split('\n').length <= 24)
  for (const expected of [
    /^kill-broker: SIGKILL to broker 2, 30 s into the measurement/m,
    /unavail\. max\/med +10\.6 s \/ 10\.5 s +10/,
    /client gap +12\.5 s \/ 10\.6 s +11 s/,
    /lag max, drained +11 204, 21\.5 s/,
    /· kafkajs: 0 lost, worst partition 10\.6 s unavailable, 8 partitions led/,
    /· node-rdkafka: 0 lost, worst partition 10\.6 s unavailable, 8 partitions led/,
  ]) {
    assert.match(text, expected)
  }
  const unclean = terminalSummary(uncleanElection(), { columns: 80, color: false })
  const three = brokerKilled()
  three.variants.push({ ...three.variants[0]!, id: 'third', params: { client: 'third' } })
  const lines = terminalSummary(three, { columns: 80, color: false }).trimEnd().split('\n')
  assert.ok(lines.length <= 24 && lines.some((line) => line.startsWith('· third: 0 lost')), lines.join('\n'))
  assert.match(lines.find((line) => line.startsWith('unavail.'))!, /(10\.6 s \/ 10\.5 s +){2}10\.6 s \/ 10\.5 s$/)
  assert.match(unclean, /! kafkajs: 1 lost[\s\S]*· node-rdkafka: 0 lost/, 'one long sentence does not hide the other')
})

test('results without faults show nothing of them', async () => {
  for (const [name, make] of Object.entries(calm)) {
    const result = make()
    assert.deepEqual(
      chartGroups(result).filter(({ id }) => ['availability', 'leaders', 'errors', 'rebalances'].includes(id)),
      [],
      name,
    )
    assert.ok(!(await pageOf(result)).includes('id="faults"'), name)
    assert.deepEqual(faultFindings(result), [], name)
  }
  assert.ok(Object.values(faulty).every((make) => make().variants.some(({ faults }) => faults.length > 0)))
})
