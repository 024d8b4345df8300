import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { packageRoot } from '../../../src/base/root.ts'
import {
  type FindingCode,
  type FindingFacts,
  type FindingFieldsByCode,
  finding,
  findingCodes,
  findingLevels,
} from '../../../src/contracts/findings.ts'
import { boundText, inOrder, textOf, withText } from '../../../src/judge/finding-texts.ts'

const none = { error: null, errorCount: null, explanation: null }
const examples: { [C in FindingCode]: readonly [FindingFieldsByCode[C], string][] } = {
  'variant-failed': [
    [{ reason: 'it broke', hint: null }, 'it broke'],
    [{ reason: 'it broke', hint: 'mend it' }, 'it broke; mend it'],
  ],
  'nothing-acknowledged': [
    [
      {
        sent: 75,
        failed: 75,
        unknown: 0,
        error: 'MSG_SIZE_TOO_LARGE',
        errorCount: 75,
        explanation: "the client's message.max.bytes is 1 000 000",
      },
      "75 of 75 records refused: MSG_SIZE_TOO_LARGE (the client's message.max.bytes is 1 000 000)",
    ],
    [{ sent: 300, failed: 0, unknown: 300, ...none }, '300 of 300 records unknown'],
    [
      { sent: 300, failed: 20, unknown: 200, error: 'TIMED_OUT', errorCount: 200, explanation: null },
      '20 of 300 records refused, 200 unknown: TIMED_OUT 200 times; none was acknowledged',
    ],
    [{ sent: 0, failed: 0, unknown: 0, ...none }, '0 of 0 records acknowledged'],
  ],
  'nothing-received': [
    [{ before: 0 }, 'no record was received'],
    [{ before: 1 }, 'nothing was measured: 1 record received before the measurement began, none after'],
  ],
  'records-failed': [[{ sent: 500, failed: 379, unknown: 0, ...none }, '379 of 500 records refused']],
  'some-records-failed': [
    [
      { sent: 5000, failed: 0, unknown: 1, error: 'X', errorCount: 1, explanation: null },
      '1 of 5 000 records unknown: X',
    ],
  ],
  'nothing-due': [[{ why: 'count' }, 'nothing was measured: load.count was used up in the warm-up']],
  'worker-lost': [
    [{ worker: 0, who: 'producer 0', reason: 'SIGSEGV', hint: null, silentS: null }, 'producer 0 ended: SIGSEGV'],
    [
      { worker: 1, who: 'member 0 of group g1', reason: '', hint: null, silentS: 5.2 },
      'member 0 of group g1 did not report for 5.2 s',
    ],
  ],
  'worker-stood-still': [
    [{ worker: 0, who: 'producer 0', stillS: 5, phase: 'measure' }, 'producer 0 stood still for 5 s in measure'],
  ],
  'fault-failed': [
    [
      { use: 'kill-broker', occurrence: 0, target: 'broker 2', problem: 'not-verified', detail: 'not seen in 2000 ms' },
      'fault kill-broker (broker 2) was not verified: not seen in 2000 ms',
    ],
    [
      { use: 'kill-broker', occurrence: 0, target: '', problem: 'not-injected', detail: 'there is no broker 9' },
      'fault kill-broker: there is no broker 9',
    ],
  ],
  'canary-failed': [[{ problem: 'not connected after 30 s' }, 'canary: not connected after 30 s']],
  'schedule-late': [
    [
      { p99Us: 213_000, limitUs: 5000 },
      'the generator could not keep to its schedule: schedule lag p99 is 213 ms, above 5 ms',
    ],
  ],
  'client-busy': [
    [
      { sentPerSec: 4000.4, offeredPerSec: 5000, utilisation: 0.97 },
      "the client's event loop was the limit (97 % busy): 4 000 of 5 000 records/s sent",
    ],
  ],
  'negative-latency': [
    [{ count: 1 }, '1 latency is negative: the clocks disagree'],
    [{ count: 2 }, '2 latencies are negative: the clocks disagree'],
  ],
  'warm-up-unsteady': [
    [
      { acked: 0, due: 3.5, seconds: 3 },
      'the warm-up was not steady: 0 of 3.5 due records acknowledged in its last 3 s',
    ],
  ],
  'limit-reached': [
    [
      { limit: 'rate', value: 5200, most: 5000, group: null, atS: 3.5 },
      'ended after 3.5 s: 5 200 records/s sent, and limits.rate is 5 000',
    ],
    [
      { limit: 'bytes', value: 2048, most: 2048, group: null, atS: null },
      'not begun: 2 KiB written by the run, and limits.bytes is 2 KiB',
    ],
    [
      { limit: 'foreignLag', value: 1001, most: 1000, group: 'billing', atS: 7 },
      'ended after 7 s: the lag of group billing, which is not of this run, rose by 1 001 records, and limits.foreignLag is 1 000',
    ],
    [
      { limit: 'underReplicated', value: 1, most: 0, group: null, atS: 7 },
      'ended after 7 s: 1 partition under-replicated, and limits.underReplicated is 0',
    ],
  ],
  'metrics-silent': [
    [
      { endpoint: 'b-1:11001', attempts: 30, failed: 30, reason: 'no answer within 2 s' },
      'metrics of b-1:11001 are missing: no answer within 2 s',
    ],
    [
      { endpoint: 'b-1:11001', attempts: 30, failed: 4, reason: 'status 503' },
      'metrics of b-1:11001 are missing, 4 of 30 times: status 503',
    ],
  ],
  'threshold-missed': [
    [{ expression: ' a < 1 ', windowS: null, atS: 7, value: 2 }, 'ended early: a < 1 missed by 7 s'],
    [{ expression: 'a < 1', windowS: 5, atS: 12, value: null }, 'ended early: a < 1 missed in the 5 s from 12 s'],
  ],
  interrupted: [
    [{ atS: null }, 'interrupted'],
    [{ atS: 12.4 }, 'interrupted after 12.4 s'],
  ],
  'known-until': [[{ untilS: 31 }, 'the run did not end properly: its numbers are known up to 31 s']],
  'not-begun': [[{}, 'not begun']],
  'left-for-later': [[{}, 'left for a later session']],
  unsupported: [[{ client: 'kafkajs', reason: 'kafkajs has no zstd' }, 'kafkajs has no zstd']],
  saturated: [[{ sentPerSec: 1.5, offeredPerSec: 2.5 }, 'saturated: 1.5 of 2.5 records/s sent']],
  degraded: [
    [{ partitions: [3], brokers: [], records: 0 }, 'the cluster was degraded: partition 3 did not answer'],
    [
      { partitions: [3, 4], brokers: [2], records: 12 },
      'the cluster was degraded: broker 2 down, partitions 3, 4 did not answer, 12 records sent to them',
    ],
  ],
  'topic-differs': [
    [
      { what: 'topic.replicationFactor', planned: '3', actual: '1' },
      'topic.replicationFactor is 1 on the cluster, and 3 in the profile',
    ],
  ],
  'short-retention': [
    [
      { retentionMs: 10_000, runMs: 45_000 },
      'the topic keeps records for 10 s, less than the 45 s of the variant: what is removed is not audited, and groups may miss it',
    ],
  ],
  'permission-missing': [
    [
      { operation: 'DescribeConfigs', resource: 'topic orders', without: 'its size limit is not known' },
      'permission DescribeConfigs on topic orders is missing: its size limit is not known',
    ],
  ],
  'not-audited': [[{ reason: 'interrupted' }, 'integrity not audited: interrupted']],
  'short-measure': [[{ seconds: 5, plannedS: 30 }, 'measured for 5 s of 30 s: short runs scatter more']],
  'short-consume': [
    [{ seconds: 2.05, records: 1_000_000 }, '1 000 000 records received in 2.05 s: too short for a steady rate'],
  ],
  'count-used-up': [[{ count: 5000, atS: 5 }, 'load.count (5 000) was used up after 5 s']],
  'no-undisturbed-before': [
    [
      { fault: 'kill-broker', occurrence: 1, atS: 30, reason: 'not-recovered', earlier: 0 },
      'kill-broker: no undisturbed period before it, so its resolution and drain are not known',
    ],
  ],
  'redelivered-uncounted': [
    [{ group: 'g1', records: 100 }, 'group g1: 100 records received again after a rebalance, counted once'],
  ],
  other: [[{}, '']],
}

describe('texts', () => {
  for (const code of findingCodes) {
    test(`${code}: what it says`, () => {
      for (const [fields, expected] of examples[code] as readonly [FindingFieldsByCode[typeof code], string][]) {
        const facts = finding(code, fields)
        assert.equal(facts.level, findingLevels[code])
        assert.equal(textOf(facts), expected)
        assert.deepEqual(withText(facts), { ...facts, text: expected })
      }
    })
  }

  test('a code that comes back from a file keeps its fields and its text', () => {
    const facts = finding('saturated', { sentPerSec: 1, offeredPerSec: 2 })
    assert.equal(textOf(JSON.parse(JSON.stringify(facts)) as FindingFacts), textOf(facts))
  })
})

test('V1: failed and unknown records are reported before everything else', () => {
  const few = finding('some-records-failed', { sent: 10_000, failed: 0, unknown: 3, ...none })
  const late = finding('schedule-late', { p99Us: 1, limitUs: 0 })
  const many = finding('records-failed', { sent: 10, failed: 3, unknown: 0, ...none })
  const info = finding('count-used-up', { count: 1, atS: 1 })
  const saturated = finding('saturated', { sentPerSec: 1, offeredPerSec: 2 })
  assert.deepEqual(
    inOrder([info, saturated, late, few]).map(({ code }) => code),
    ['some-records-failed', 'schedule-late', 'saturated', 'count-used-up'],
  )
  assert.deepEqual(
    inOrder([saturated, late, many]).map(({ code }) => code),
    ['records-failed', 'schedule-late', 'saturated'],
  )
})

describe('bound', () => {
  const cpu = { by: 'broker-cpu', metric: 'broker1CpuShare', value: 0.9042, limit: 0.9, unit: 'share' } as const
  test('V7: what bound the run, with what was observed', () => {
    assert.equal(
      boundText({ by: ['broker-cpu'], evidence: [cpu] }),
      "bound by the brokers' CPU (broker1CpuShare 90.4 %, limit 90 %)",
    )
    assert.equal(
      boundText({
        by: ['broker-cpu', 'quota'],
        evidence: [cpu, { by: 'quota', metric: 'throttleMs', value: 120, limit: null, unit: 'ms' }],
      }),
      "bound by the brokers' CPU and a quota of the brokers (broker1CpuShare 90.4 %, limit 90 %; throttleMs 120 ms)",
    )
  })
  test('the schedule alone, and what is not known', () => {
    assert.equal(boundText({ by: ['schedule'], evidence: [] }), 'bound by the schedule')
    assert.equal(boundText({ by: ['unknown'], evidence: [cpu] }), 'what bound the run is not known')
    assert.equal(boundText({ by: [], evidence: [] }), 'what bound the run is not known')
  })
})

test('docs/findings.md lists every code once, in order, with its level', () => {
  const rows = readFileSync(join(packageRoot, 'docs/findings.md'), 'utf8')
    .split('\n')
    .flatMap((line) => [/^\| `([\w-]+)` \| (\w+)/.exec(line) ?? []].filter((found) => found.length > 0))
    .map((found) => [found[1], found[2]])
  assert.deepEqual(
    rows,
    findingCodes.map((code) => [code, findingLevels[code]]),
  )
})
