import { plural } from '../base/plural.ts'
import { formatBytes, formatCount, formatMicros, formatSeconds } from '../base/units.ts'
import {
  type Bound,
  type BoundBy,
  type Finding,
  type FindingCode,
  type FindingFacts,
  type FindingFieldsByCode,
  findingCodes,
} from '../contracts/findings.ts'

// The one place that writes what findings say. Nothing reads these texts but people.

type Texts = { readonly [C in FindingCode]: (fields: FindingFieldsByCode[C]) => string }

const texts: Texts = {
  'variant-failed': ({ reason, hint }) => withHint(reason, hint),
  'nothing-acknowledged': (fields) =>
    fields.failed + fields.unknown === fields.sent
      ? recordsText(fields)
      : `${recordsText(fields)}; none was acknowledged`,
  'nothing-received': ({ before }) =>
    before > 0
      ? `nothing was measured: ${plural(before, 'record')} received before the measurement began, none after`
      : 'no record was received',
  'records-failed': (fields) => recordsText(fields),
  'some-records-failed': (fields) => recordsText(fields),
  'nothing-due': ({ why }) =>
    `nothing was measured: ${
      {
        count: 'load.count was used up in the warm-up',
        rate: "the schedule's rate is 0 in the measure phase",
        ended: 'the load ended before the measure phase',
      }[why]
    }`,
  'worker-lost': ({ who, reason, hint, silentS }) =>
    withHint(
      silentS === null ? `${who} ended: ${reason}` : `${who} did not report for ${formatSeconds(silentS)}`,
      hint,
    ),
  'worker-stood-still': ({ who, stillS, phase }) => `${who} stood still for ${formatSeconds(stillS)} in ${phase}`,
  'fault-failed': ({ use, target, problem, detail }) =>
    `fault ${use}${target === '' ? '' : ` (${target})`}${
      { 'not-injected': '', 'not-verified': ' was not verified', 'not-healed': ' could not be undone' }[problem]
    }: ${detail}`,
  'canary-failed': ({ problem }) => `canary: ${problem}`,
  'schedule-late': ({ p99Us, limitUs }) =>
    `the generator could not keep to its schedule: schedule lag p99 is ${formatMicros(p99Us)}, above ${formatMicros(limitUs)}`,
  'client-busy': ({ sentPerSec, offeredPerSec, utilisation }) =>
    `the client's event loop was the limit (${Math.round(utilisation * 100)} % busy): ${sentText(sentPerSec, offeredPerSec)}`,
  'negative-latency': ({ count }) =>
    `${plural(count, 'latency', 'latencies')} ${count === 1 ? 'is' : 'are'} negative: the clocks disagree`,
  'warm-up-unsteady': ({ acked, due, seconds }) =>
    `the warm-up was not steady: ${formatCount(acked)} of ${formatCount(due)} due records acknowledged in its last ${formatSeconds(seconds)}`,
  'threshold-missed': ({ expression, windowS, atS }) =>
    `ended early: ${expression.trim()} missed ${windowS === null ? `by ${atS} s` : `in the ${windowS} s from ${atS} s`}`,
  'limit-reached': (fields) => limitText(fields),
  interrupted: ({ atS }) => (atS === null ? 'interrupted' : `interrupted after ${formatSeconds(atS)}`),
  'known-until': ({ untilS }) => `the run did not end properly: its numbers are known up to ${formatSeconds(untilS)}`,
  'not-begun': () => 'not begun',
  'left-for-later': () => 'left for a later session',
  unsupported: ({ reason }) => reason,
  saturated: ({ sentPerSec, offeredPerSec }) => `saturated: ${sentText(sentPerSec, offeredPerSec)}`,
  degraded: ({ partitions, brokers, records }) =>
    `the cluster was degraded: ${[
      ...(brokers.length > 0 ? [`${named(brokers, 'broker')} down`] : []),
      ...(partitions.length > 0 ? [`${named(partitions, 'partition')} did not answer`] : []),
      ...(records > 0 ? [`${plural(records, 'record')} sent to them`] : []),
    ].join(', ')}`,
  'topic-differs': ({ what, planned, actual }) => `${what} is ${actual} on the cluster, and ${planned} in the profile`,
  'short-retention': ({ retentionMs, runMs }) =>
    `the topic keeps records for ${formatSeconds(retentionMs / 1000)}, less than the ${formatSeconds(runMs / 1000)} of the variant: what is removed is not audited, and groups may miss it`,
  'permission-missing': ({ operation, resource, without }) =>
    `permission ${operation} on ${resource} is missing: ${without}`,
  'not-audited': ({ reason }) => `integrity not audited: ${reason}`,
  'metrics-silent': ({ endpoint, attempts, failed, reason }) =>
    `metrics of ${endpoint} are missing${failed === attempts ? '' : `, ${formatCount(failed)} of ${formatCount(attempts)} times`}: ${reason}`,
  'short-measure': ({ seconds, plannedS }) =>
    `measured for ${formatSeconds(seconds)} of ${formatSeconds(plannedS)}: short runs scatter more`,
  'short-consume': ({ seconds, records }) =>
    `${plural(records, 'record')} received in ${formatSeconds(seconds)}: too short for a steady rate`,
  'count-used-up': ({ count, atS }) => `load.count (${formatCount(count)}) was used up after ${formatSeconds(atS)}`,
  'no-undisturbed-before': ({ fault }) =>
    `${fault}: no undisturbed period before it, so its resolution and drain are not known`,
  'redelivered-uncounted': ({ group, records }) =>
    `group ${group}: ${plural(records, 'record')} received again after a rebalance, counted once`,
  other: () => '',
}

/** What a finding says, in one sentence without a full stop. */
export const textOf = (facts: FindingFacts): string =>
  (texts[facts.code] as unknown as (fields: FindingFacts) => string)(facts)

/** The finding with its text, as result.json holds it. */
export const withText = (facts: FindingFacts): Finding => ({ ...facts, text: textOf(facts) })

/** The most important first: by level, then by code, else as given. */
export function inOrder<F extends FindingFacts>(findings: readonly F[]): F[] {
  const levels = ['failed', 'invalid', 'interrupted', 'warning', 'info']
  // Missing records are reported first, also where they are few.
  const rank = ({ code, level }: F) => (code === 'some-records-failed' ? -1 : levels.indexOf(level))
  return [...findings].sort((a, b) => rank(a) - rank(b) || findingCodes.indexOf(a.code) - findingCodes.indexOf(b.code))
}

const boundNames: Readonly<Record<BoundBy, string>> = {
  schedule: 'the schedule',
  'client-cpu': "the client's CPU",
  'broker-cpu': "the brokers' CPU",
  'request-handlers': "the brokers' request handlers",
  'host-cpu': "the machine's CPU",
  disk: 'the disk',
  network: 'the network',
  quota: 'a quota of the brokers',
  'in-flight': "the producers' in-flight bound",
  unknown: 'unknown',
}

/** "the brokers' CPU and a quota of the brokers". */
export const boundWords = (by: readonly BoundBy[]): string => by.map((one) => boundNames[one]).join(' and ')

/** "bound by the brokers' CPU (broker1CpuShare 97.3 %, limit 90 %)". */
export function boundText({ by, evidence }: Bound): string {
  if (by.length === 0 || by.includes('unknown')) return 'what bound the run is not known'
  const number = (value: number, unit: string) =>
    unit === 'share' ? `${Math.round(value * 1000) / 10} %` : `${formatCount(value)}${unit === '' ? '' : ` ${unit}`}`
  const observed = evidence.flatMap(({ by: of, metric, value, limit, unit }) =>
    value === null || !by.includes(of)
      ? []
      : [`${metric} ${number(value, unit)}${limit === null ? '' : `, limit ${number(limit, unit)}`}`],
  )
  return `bound by ${boundWords(by)}${observed.length === 0 ? '' : ` (${observed.join('; ')})`}`
}

/** "75 of 75 records refused: MSG_SIZE_TOO_LARGE (the client's message.max.bytes is 1 000 000)". */
function recordsText({ sent, failed, unknown, error, errorCount, explanation }: FindingFieldsByCode['records-failed']) {
  const parts = [
    ...(failed > 0 ? [`${formatCount(failed)} of ${formatCount(sent)} records refused`] : []),
    ...(unknown > 0
      ? [
          failed > 0
            ? `${formatCount(unknown)} unknown`
            : `${formatCount(unknown)} of ${formatCount(sent)} records unknown`,
        ]
      : []),
  ]
  const counts = parts.length === 0 ? `0 of ${plural(sent, 'record')} acknowledged` : parts.join(', ')
  const often = errorCount === null || errorCount === failed + unknown ? '' : ` ${formatCount(errorCount)} times`
  return `${counts}${error === null ? '' : `: ${error}${often}`}${explanation === null ? '' : ` (${explanation})`}`
}

function limitText({ limit, value, most, group, atS }: FindingFieldsByCode['limit-reached']): string {
  const words = {
    rate: () => `${formatCount(value)} records/s sent, and limits.rate is ${formatCount(most)}`,
    bytes: () => `${formatBytes(value)} written by the run, and limits.bytes is ${formatBytes(most)}`,
    foreignLag: () =>
      `the lag of group ${group ?? '?'}, which is not of this run, rose by ${formatCount(value)} records, and limits.foreignLag is ${formatCount(most)}`,
    underReplicated: () =>
      `${plural(value, 'partition')} under-replicated, and limits.underReplicated is ${formatCount(most)}`,
  }[limit]()
  return atS === null ? `not begun: ${words}` : `ended after ${formatSeconds(atS)}: ${words}`
}

const sentText = (sentPerSec: number, offeredPerSec: number): string =>
  `${formatCount(sentPerSec)} of ${formatCount(offeredPerSec)} records/s sent`

const withHint = (text: string, hint: string | null): string =>
  hint === null || hint === '' ? text : `${text}; ${hint}`

const named = (ids: readonly number[], noun: string): string =>
  `${noun}${ids.length === 1 ? '' : 's'} ${ids.slice(0, 12).join(', ')}${ids.length > 12 ? `, and ${ids.length - 12} more` : ''}`
