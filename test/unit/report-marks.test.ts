import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Chart } from 'chart.js'
import type { RunResult, Variant } from '../../src/contracts/result.ts'
import { runFacts } from '../../src/reports/_run-words.ts'
import { verdictOf } from '../../src/reports/_verdict.ts'
import { titleLines } from '../../src/reports/charts/alert.ts'
import { drawMarks } from '../../src/reports/charts/annotations.ts'
import { toConfig } from '../../src/reports/charts/draw.ts'
import { chartGroups } from '../../src/reports/charts/index.ts'
import { annotationOptions } from '../../src/reports/charts/plugin-options.ts'
import type { ChartSpec } from '../../src/reports/charts/spec.ts'
import { lightTheme } from '../../src/reports/charts/theme.ts'
import html from '../../src/reports/html.ts'
import markdown from '../../src/reports/markdown.ts'
import { heading } from '../../src/reports/png.ts'
import { terminalSummary } from '../../src/reports/terminal.ts'
import { fixtures } from '../fixtures/all.ts'
import { brokerKilled } from '../fixtures/faults.ts'
import { partitionsAndAcks, twoClients, violated } from '../fixtures/result.ts'

const chartsOf = (result: RunResult): ChartSpec[] => chartGroups(result).flatMap(({ charts }) => charts)
const pageOf = async (result: RunResult): Promise<string> => String((await html.render([result]))[0]!.body)
const spoil = (result: RunResult, status: Variant['status'], reason: string): RunResult => {
  Object.assign(result.variants[0]!, { status, reasons: [reason] })
  return { ...result, status: 'invalid', exitCode: 4, exitCodes: [4] }
}

describe('V8: charts of what is not valid are marked', () => {
  for (const status of ['invalid', 'failed', 'interrupted'] as const) {
    test(`${status}: every chart that draws it, and no other`, () => {
      const result = spoil(brokerKilled(), status, 'it broke')
      const charts = chartsOf(result)
      assert.ok(charts.length > 15)
      for (const { id, subtitle, alert } of charts) {
        const isOverlay = subtitle.includes(' · ')
        if (isOverlay) assert.equal(alert, `NOT VALID: kafkajs ${status}`, id)
        else if (subtitle === 'kafkajs') assert.match(alert ?? '', new RegExp(`^${status.toUpperCase()}`), id)
        else assert.equal(alert, undefined, id)
      }
    })
  }

  test('a valid run has no mark anywhere', () => {
    assert.deepEqual(
      chartsOf(twoClients()).filter(({ alert }) => alert !== undefined),
      [],
    )
  })

  test('lost records are marked too, though the measurement was valid', () => {
    const marks = new Set(chartsOf(violated()).flatMap(({ alert }) => alert ?? []))
    assert.ok(
      [...marks].some((mark) => mark === 'INTEGRITY VIOLATED'),
      [...marks].join(),
    )
  })

  test('a curve says in the legend which one it is', () => {
    const [overlay] = chartsOf(spoil(twoClients(), 'invalid', 'late')).filter(({ id }) => id === 'latency-percentiles')
    assert.deepEqual(
      overlay!.series.map(({ label }) => label),
      ['kafkajs response (invalid)', 'kafkajs service (invalid)', 'node-rdkafka response', 'node-rdkafka service'],
    )
  })

  test('over a matrix invalid repetitions are crosses, and cells with any have a sign', () => {
    const result = partitionsAndAcks()
    const bad = result.variants.find(({ params }) => params['topic.partitions'] === 12 && params.client === 'kafkajs')!
    Object.assign(bad, { status: 'invalid', reasons: ['late'] })
    const charts = chartsOf(result)
    const marked = charts.filter(({ series }) => series.some(({ label }) => label === 'kafkajs, invalid'))
    assert.ok(marked.length > 0)
    for (const { id, alert } of marked) assert.match(alert ?? '', /NOT ALL VALID: of \d+ repetitions 1 invalid/, id)
    const cells = charts.filter(({ id }) => id.startsWith('matrix-heat-acked')).flatMap(({ cells }) => cells)
    // One invalid, and one that failed.
    assert.equal(cells.filter(({ text }) => text!.endsWith(' !')).length, 2)
  })

  test('the mark is in the drawing, in the page and in a file of its own', () => {
    const spec = chartsOf(spoil(twoClients(), 'invalid', 'the generator was late'))[0]!
    for (const headed of [null, ['run', 'verdict of the run: INVALID, exit 4']]) {
      const { plugins, options } = toConfig(spec, lightTheme, headed)
      assert.ok(plugins!.some(({ id }) => id === 'alertFrame'))
      assert.equal(options!.plugins!.title!.display, true)
      assert.equal(options!.plugins!.title!.color, lightTheme.fault)
    }
    assert.deepEqual(titleLines(spec, true, 960).slice(0, 1), [spec.title])
    const narrow = titleLines({ ...spec, alert: 'INVALID: word '.repeat(12).trim() }, false, 320)
    assert.ok(narrow.length > 2 && narrow.every((line) => line.length <= 46), narrow.join('\n'))
    assert.deepEqual(titleLines({ ...spec, alert: undefined } as unknown as ChartSpec, false, 320), [])
  })

  test('a picture of its own carries the verdict of its run', () => {
    const spoilt = spoil(twoClients(), 'invalid', 'the generator was late')
    for (const spec of chartsOf(spoilt)) {
      assert.deepEqual(
        heading(spoilt, spec).slice(1),
        [`verdict of the run: INVALID, exit 4  ·  run ${spoilt.runId}`],
        spec.id,
      )
    }
    assert.match(heading(twoClients(), chartsOf(twoClients())[0]!)[1]!, /^verdict of the run: OK, exit 0 .* run 2026/)
  })
})

test('V8: a tick and a "!" never share one box', async () => {
  for (const [name, make] of Object.entries(fixtures)) {
    const page = await pageOf(make())
    for (const [box] of page.matchAll(/<div class="verdict [\s\S]*?<\/div>/g)) {
      const signs = new Set([...box.matchAll(/data-sign="(.)"|aria-hidden="true">(.)</g)].map(([, a, b]) => a ?? b))
      assert.ok(!(signs.has('✓') && (signs.has('!') || signs.has('✕'))), `${name}: ${box}`)
    }
  }
  const warned = await pageOf({ ...twoClients(), variants: saturated(twoClients()) })
  assert.match(warned, /<span aria-hidden="true">✓<\/span> OK/)
  assert.match(warned, /<div class="verdict more warn">/)
})

const saturated = ({ variants }: RunResult): Variant[] =>
  variants.map((variant) => ({ ...variant, reasons: ['saturated: sent 1 of 2 records/s offered'] }))

describe('V7: what bound the run', () => {
  const bound = (...by: NonNullable<Variant['bound']>['by'][]): RunResult => {
    const result = twoClients()
    for (const [at, variant] of result.variants.entries()) {
      variant.bound = { by: by[at]!, evidence: [] }
    }
    return result
  }
  const forms = async (result: RunResult) => [
    terminalSummary(result, { columns: 160, color: false }),
    await pageOf(result),
    String((await markdown.render([result]))[0]!.body),
  ]

  test('one limit of the cluster under both clients: nobody may conclude that they are equal', async () => {
    for (const form of await forms(bound(['broker-cpu'], ['broker-cpu', 'disk']))) {
      assert.match(form, /all clients were bound by the brokers(&#39;|')+ CPU: equal numbers do not mean/)
    }
  })

  test('a line for all where it is the same, else one per client', () => {
    const lines = (result: RunResult) => verdictOf(result).bounds
    assert.deepEqual(lines(bound(['schedule'], ['schedule'])), [{ about: null, text: 'bound by the schedule' }])
    assert.deepEqual(lines(bound(['client-cpu'], ['unknown'])), [
      { about: 'kafkajs', text: "bound by the client's CPU" },
      { about: 'node-rdkafka', text: 'what bound the run is not known' },
    ])
    assert.deepEqual(lines(twoClients()), [])
  })
})

describe('N23: the settings that were used', () => {
  const fact = (result: RunResult, name: string) => runFacts(result).find(([key]) => key === name)?.[1] ?? ''

  test('acks: what the clients report counts for more than the profile', () => {
    const result = twoClients()
    for (const { effectiveConfig } of result.variants) effectiveConfig.producer = { acks: 1 }
    assert.match(fact(result, 'producers'), /acks 1\b/)
  })

  test('acks and partitions of a matrix: all that ran, not the profile’s', () => {
    const result = partitionsAndAcks()
    for (const { effectiveConfig } of result.variants) effectiveConfig.producer = null
    assert.match(fact(result, 'producers'), /acks 1 \/ all/)
    assert.match(fact(result, 'topic'), /^1 \/ 6 \/ 12 \/ 48 \/ 200 partitions/)
  })

  test('a topic that is not as planned: its own values', () => {
    const result = twoClients()
    for (const variant of result.variants) {
      const differs = { code: 'topic-differs', level: 'warning', text: 'x', planned: '3' } as const
      variant.findings = [{ ...differs, what: 'topic.replicationFactor', actual: '1' }]
    }
    assert.match(fact(result, 'topic'), /replication factor 1\b/)
  })
})

describe('V1: failed and unknown records are reported first', () => {
  test('before every warning, and once', () => {
    const result = twoClients()
    const [variant] = result.variants
    variant!.ledger = { ...variant!.ledger, acked: variant!.ledger.acked - 3, unknown: 3 }
    variant!.reasons = ['saturated: sent 1 of 2 records/s offered']
    assert.match(verdictOf(result).findings[0]!.text, /scheduled records 3 unknown$/)
    const counts = { sent: 200_000, failed: 0, unknown: 3, error: 'TIMED_OUT', errorCount: 3, explanation: null }
    variant!.findings = [
      { code: 'saturated', level: 'warning', text: 'saturated' },
      { code: 'some-records-failed', level: 'warning', text: '3 of 200 000 records unknown: TIMED_OUT', ...counts },
    ]
    assert.deepEqual(
      verdictOf(result).findings.map(({ text }) => text),
      ['3 of 200 000 records unknown: TIMED_OUT', 'saturated'],
    )
  })

  test('with acks 0 every record is unknown: that is no finding', () => {
    const result = twoClients()
    for (const variant of result.variants) {
      variant.effectiveConfig.producer = { acks: 0 }
      variant.ledger = { ...variant.ledger, acked: 0, unknown: variant.ledger.scheduled }
    }
    assert.deepEqual(verdictOf(result).findings, [])
  })
})

/** What is written where, on a plot from 0 to 100 px for 0 to 10 s, letters 6 px wide. */
function namesDrawn(draw: (chart: Chart) => void): { text: string; left: number }[] {
  const drawn: { text: string; left: number }[] = []
  const nothing = () => undefined
  const ctx = {
    ...{
      beginPath: nothing,
      moveTo: nothing,
      lineTo: nothing,
      stroke: nothing,
      fillRect: nothing,
      setLineDash: nothing,
    },
    ...{ save: nothing, restore: nothing },
    measureText: (text: string) => ({ width: text.length * 6 }),
    fillText: (text: string, left: number) => void drawn.push({ text, left }),
  }
  const scales = { x: { getPixelForValue: (value: number) => value * 10 } }
  draw({ ctx, scales, chartArea: { left: 0, right: 100, top: 0, bottom: 50 } } as unknown as Chart)
  return drawn
}

test('a mark before or after what the axis shows is not drawn, nor is a part of its name', () => {
  const marks = [-5, -0.05, 0, 4, 10, 10.01].map((at) => ({ at, label: `at${at}` }))
  const spec = { bands: [], marks } as unknown as ChartSpec
  const names = namesDrawn((chart) => drawMarks(chart, spec, lightTheme, 0))
  assert.deepEqual(
    names.map(({ text }) => text),
    ['at0', 'at4', 'at10'],
  )
  for (const { text, left } of names) assert.ok(left >= 0 && left + text.length * 6 <= 100, `${text} at ${left}`)
  const inPlot = annotationOptions(
    {
      ...chartsOf(twoClients())[0]!,
      x: { title: '', unit: 'seconds', scale: 'linear', min: 0, max: 10 },
      bands: [],
      marks,
    },
    lightTheme,
  )
  assert.deepEqual(
    inPlot.map(({ value }) => value),
    [0, 4, 10],
  )
})
