import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { answersOf } from '../../src/reports/_answers.ts'
import { clientLooks } from '../../src/reports/_clients.ts'
import { checkBaseline, questionsOf, ratioOf, ratiosOf, ratioTitle } from '../../src/reports/_questions.ts'
import { darkTheme, lightTheme } from '../../src/reports/charts/theme.ts'
import { brokerKilled } from '../fixtures/faults.ts'
import { foundMaximum } from '../fixtures/find-max.ts'
import { hundred, sixRuns } from '../fixtures/many.ts'
import {
  interrupted,
  invalid,
  matrix,
  notStarted,
  rateMax,
  single,
  thresholdsMissed,
  twoClients,
  violated,
} from '../fixtures/result.ts'

const texts = (...of: Parameters<typeof answersOf>) =>
  Object.fromEntries(
    answersOf(...of).map(({ question, text, command }) => [question, command ? `${text}. ${command}` : text]),
  )

describe('the answers of a report', () => {
  test('one run each: which client, by what ratio, at which rate, and what would settle it', () => {
    const answers = texts(twoClients())
    assert.equal(
      answers['Which client?'],
      'Not settled: response p99 of node-rdkafka is 43.3 ms, 0.944× that of kafkajs (45.8 ms), at 5 000 records/s and acks=all, one run each, order not balanced',
    )
    assert.equal(
      answers['Is the difference real?'],
      'Not settled: one run each, order not balanced. 6 runs each take about 13 m 20 s and settle it. kbench run 3broker-acks-all --provider local --set repeat=6',
    )
    assert.equal(answers['What was lost?'], 'Nothing: all 400 000 acknowledged records are in the log')
    assert.equal(answers['Were the thresholds met?'], 'Yes, all 2')
  })

  test('six runs each: the interval, and whether it holds 1', () => {
    const answers = texts(sixRuns())
    assert.match(
      answers['Which client?']!,
      /^node-rdkafka responds faster: the median response p99 of node-rdkafka is [\d.]+ ms, that of kafkajs [\d.]+ ms; from run to run the ratio is typically 0\.\d+×, at 5 000 records\/s and acks=all, 95 % interval 0\.\d+× to 0\.\d+×, 6 runs each$/,
    )
    assert.match(answers['Is the difference real?']!, /^Yes: the 95 % interval of the ratio, .*, does not include 1×$/)
    const equal = sixRuns()
    for (const variant of equal.variants) variant.produce.responseUs!.p99 = 40_000 + 100 * variant.repeat
    assert.match(texts(equal)['Which client?']!, /^No difference shown: /)
    assert.match(
      texts(equal)['Is the difference real?']!,
      /^Not shown: .* includes 1×, which is equal speed\. More runs make it narrower\. kbench run \S+ --provider local --set repeat=12$/,
    )
  })

  test('at rate max throughput decides', () => {
    const result = rateMax()
    result.variants[1]!.produce.ackedPerSec = 10_000
    assert.match(
      texts(result)['Which client?']!,
      /^Not settled: the acknowledged rate of node-rdkafka is 10 000 records\/s, 2\.00× that of kafkajs \(4 999 records\/s\), at a service p99 of /,
    )
  })

  test('what is not valid takes no part, and why it does not', () => {
    assert.equal(
      texts(invalid())['Which client?'],
      'No answer: kafkajs is invalid: schedule lag p99 213 ms is above 5 ms: the generator, not the cluster, was late',
    )
    assert.equal('Is the difference real?' in texts(invalid()), false)
    assert.match(texts(interrupted())['How fast?']!, /^No answer: kafkajs is interrupted/)
    assert.deepEqual(answersOf(notStarted()), [])
  })

  test('repetitions that are not valid take no part: neither in the sentence, nor in the interval, nor in the table', () => {
    const result = sixRuns()
    const base = result.variants.filter(({ params }) => params.client === 'kafkajs')
    for (const variant of base.slice(0, 3)) {
      Object.assign(variant, { status: 'invalid' })
      variant.produce.responseUs!.p99! *= 10
    }
    const levels = base.slice(3).map(({ produce }) => produce.responseUs!.p99!)
    const middle = [...levels].sort((a, b) => a - b)[1]!
    assert.match(
      texts(result)['Which client?']!,
      /6 runs of node-rdkafka and 3 of kafkajs \(not counted, as they are not valid: 3 of kafkajs\)/,
    )
    const ratios = ratiosOf(result)
    for (const [at, { params, status, produce }] of result.variants.entries()) {
      const expected = status === 'ok' ? produce.responseUs!.p99! / middle : null
      assert.equal(ratios[at], expected, `${params.client} #${result.variants[at]!.repeat}`)
    }
  })

  test('what bound it is always answered', () => {
    const bound = (by: string[] | null) => {
      const result = twoClients()
      for (const variant of result.variants) {
        if (by === null) Reflect.deleteProperty(variant, 'bound')
        else Object.assign(variant, { bound: { by, evidence: [] } })
      }
      return texts(result)['What bound it?']
    }
    assert.equal(
      bound(['schedule']),
      'The schedule: all clients kept up with it, and nothing else was at its limit. This is no highest rate',
    )
    assert.equal(bound(['unknown']), 'Not known: nothing that was observed was at its limit')
    assert.equal(bound(null), 'Not known: this result does not say')
    assert.match(bound(['disk'])!, /^All clients by the disk/)
  })

  test('losses: how many of how many, of whom, during which fault', () => {
    assert.match(texts(violated())['What was lost?']!, /^kafkajs lost 368 of 199 202 acknowledged records/)
    const result = brokerKilled()
    Object.assign(result.variants[0]!.integrity, { lost: 5, verdict: 'violated' })
    assert.match(
      texts(result)['What was lost?']!,
      /lost 5 of .* acknowledged records \(kill-broker from 40 s to 100 s\)/,
    )
    assert.match(
      texts(result)['What did the faults do?']!,
      /^kill-broker: SIGKILL to broker 2, 30 s into the measurement, over after 1 m 00 s; in the charts from 40 s on\. kafkajs: .*worst partition/,
    )
  })

  test('thresholds that were missed are named, ended variants first', () => {
    assert.match(
      texts(thresholdsMissed())['Were the thresholds met?']!,
      /^No, 4 of 6 were missed\. kafkajs: produce\.responseUs\.p99/,
    )
  })

  test('many combinations are summed up: median and span, wins and losses', () => {
    assert.match(
      texts(hundred())['Which client?']!,
      /^node-rdkafka is better than kafkajs in \d+ of 49 combinations and worse in \d+: its response p99 is 0\.\d+× in the median, from .*\. Without an answer: 1 of 50/,
    )
  })

  test('a search: the highest rate and its ratio', () => {
    assert.match(
      texts(foundMaximum())['What is the highest rate?']!,
      /^node-rdkafka sustains [\d ]+ records\/s at a response p99 of at most 50 ms, \d\.\d\d× that of kafkajs/,
    )
  })

  test('one client alone: how fast it was', () => {
    assert.match(
      texts(single())['How fast?']!,
      /^kafkajs acknowledged 4 999 records\/s at a response p50 of .* and p99 of /,
    )
  })
})

describe('ratios', () => {
  test('Hodges–Lehmann on logarithms, with an interval where there are runs enough for 95 %', () => {
    const ratio = ratioOf([100, 110, 120, 105], [50, 55, 60, 52.5])!
    assert.ok(Math.abs(ratio.value - 0.5) < 0.02)
    assert.ok(ratio.interval!.low < 0.5 && ratio.interval!.high > 0.5)
    assert.equal(ratioOf([1, 2, 3], [2, 4, 6])!.interval, null)
    const one = ratioOf([2], [4])!
    assert.ok(Math.abs(one.value - 2) < 1e-9)
    assert.deepEqual([one.interval, one.runs], [null, [1, 1]])
    assert.equal(ratioOf([], [1]), null)
    assert.equal(ratioOf([1], [Number.POSITIVE_INFINITY]), null)
  })

  test('of each variant to the median of the baseline in its question; another baseline turns them', () => {
    const result = matrix()
    const ratios = ratiosOf(result)
    assert.equal(questionsOf(result).length, 3)
    for (const [at, { params }] of result.variants.entries()) {
      if (params.client === 'kafkajs') assert.ok(Math.abs(ratios[at]! - 1) < 0.2)
    }
    const [first, second] = ratiosOf(twoClients())
    assert.equal(first, 1)
    assert.ok(Math.abs(ratiosOf(twoClients(), 'node-rdkafka')[0]! - 1 / second!) < 1e-9)
    assert.equal(ratioTitle(twoClients(), 'node-rdkafka'), 'response p99 ÷ node-rdkafka')
    assert.throws(() => checkBaseline(twoClients(), 'nobody'), /has no such client/)
    checkBaseline(twoClients(), 'kafkajs')
  })
})

describe('colours', () => {
  test('a client looks the same whatever it is compared with', () => {
    assert.equal(
      clientLooks(['node-rdkafka']).get('node-rdkafka'),
      clientLooks(['kafkajs', 'node-rdkafka']).get('node-rdkafka'),
    )
    const others = clientLooks(['kafkajs', 'a', 'b'])
    assert.equal(new Set(['kafkajs', 'a', 'b'].map((client) => others.get(client))).size, 3)
  })

  test('text, lines and marks have a contrast of 4.5 : 1 with the surface', () => {
    const light = (hex: string) => {
      const [r, g, b] = [1, 3, 5].map((at) => {
        const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
        return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
    }
    for (const { surface, palette, text, muted, mark, fault, quiet, faint } of [lightTheme, darkTheme]) {
      for (const colour of [...palette, text, muted, mark, fault, quiet, faint]) {
        const [low, high] = [light(surface), light(colour)].sort((a, b) => a - b)
        assert.ok((high! + 0.05) / (low! + 0.05) >= 4.5, `${colour} on ${surface}`)
      }
    }
  })
})
