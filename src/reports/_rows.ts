import { formatBytes, formatCount, formatMicros, formatSeconds } from '../base/units.ts'
import type { Latency, Variant } from '../contracts/result.ts'
import { hasBegun, isFaint } from './_variants.ts'

/** One number of one variant, ready to be shown. */
export interface Cell {
  text: string
  /** Fewer than 10 samples beyond. */
  faint?: boolean
  bad?: boolean
  /** Words, not a number. */
  isText?: true
}

export interface Row {
  label: string
  /** What the number means, for those who ask. */
  help?: string
  cells: Cell[]
}

export interface Section {
  title: string
  rows: Row[]
}

const quantiles = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p999', 0.999],
  ['p9999', 0.9999],
] as const

export const quantileCell = (latency: Latency | null | undefined, key: (typeof quantiles)[number][0]): Cell => ({
  text: formatMicros(latency?.[key] ?? null),
  faint: isFaint(latency ?? null, quantiles.find(([name]) => name === key)![1]),
})

/** Every number of a run, by section, one cell per variant. */
export function numberSections(variants: readonly Variant[]): Section[] {
  const row = (label: string, cell: (variant: Variant) => Cell | string, help?: string): Row => ({
    label,
    ...(help === undefined ? {} : { help }),
    cells: variants.map((variant) => {
      const made = variant.status === 'unsupported' ? '–' : cell(variant)
      return typeof made === 'string' ? { text: made } : made
    }),
  })
  return [
    { title: 'Throughput', rows: throughputRows(row) },
    { title: 'Response latency', rows: latencyRows(row, 'acknowledged − due', (v) => v.produce.responseUs) },
    {
      title: 'Service latency',
      rows: latencyRows(row, 'acknowledged − handed to the client', (v) => v.produce.serviceUs),
    },
    { title: 'End-to-end latency', rows: latencyRows(row, 'received − due', (v) => v.consume?.endToEndUs ?? null) },
    { title: 'Ledger', rows: ledgerRows(row, variants) },
    { title: 'Integrity', rows: integrityRows(row) },
    { title: 'Consumer lag', rows: lagRows(row, variants) },
    { title: 'Generator', rows: generatorRows(row) },
    { title: 'Brokers', rows: brokerRows(row, variants) },
  ].filter((section) => section.rows.some((one) => one.cells.some((cell) => cell.text !== '–')))
}

type MakeRow = (label: string, cell: (variant: Variant) => Cell | string, help?: string) => Row

const throughputRows = (row: MakeRow): Row[] => [
  row(
    'offered, records/s',
    (v) => formatCount(v.produce.offeredPerSec),
    'what the schedule asked for; all rates are of the measure phase',
  ),
  row('sent, records/s', (v) => formatCount(v.produce.sentPerSec)),
  row('acked, records/s', (v) => formatCount(v.produce.ackedPerSec)),
  row('acked, bytes/s', (v) => formatBytes(v.produce.ackedBytesPerSec)),
  row('received, records/s', (v) => formatCount(v.consume?.receivedPerSec ?? null), 'over all consumer groups'),
  row('received, bytes/s', (v) => formatBytes(v.consume?.receivedBytesPerSec ?? null)),
  row('records per batch', (v) => formatCount(v.produce.recordsPerBatch)),
  row(
    'longest throttle time',
    (v) => throttleCell(v.produce.throttle?.maxMs),
    "of a produce response, in which a broker's quota delays the client; – = the client does not show it",
  ),
  row('longest throttle time, consumers', (v) => throttleCell(v.consume?.throttle?.maxMs), 'of a fetch response'),
]

const throttleCell = (ms: number | null | undefined): Cell => ({
  text: ms == null ? '–' : ms === 0 ? '0' : formatMicros(ms * 1000),
  bad: (ms ?? 0) > 0,
})

const latencyRows = (row: MakeRow, help: string, of: (variant: Variant) => Latency | null): Row[] => [
  row('min', (v) => formatMicros(of(v)?.min ?? null), help),
  row('mean', (v) => formatMicros(of(v)?.mean ?? null)),
  ...quantiles.map(([key, q]) => row(`p${Number((q * 100).toPrecision(6))}`, (v) => quantileCell(of(v), key))),
  row('max', (v) => formatMicros(of(v)?.max ?? null)),
  row('records', (v) => formatCount(of(v)?.count ?? null)),
  row('not acked', (v) => formatCount(of(v)?.notAcked ?? null), 'count as slower than any that was acked'),
]

const ledgerRows = (row: MakeRow, variants: readonly Variant[]): Row[] => [
  row('scheduled', (v) => formatCount(v.ledger.scheduled), 'warm-up and measure'),
  row('acked', (v) => formatCount(v.ledger.acked)),
  row(
    'failed',
    (v) => ({ text: formatCount(v.ledger.failed), bad: v.ledger.failed > 0 }),
    'refused before the append, for certain',
  ),
  row('unknown', (v) => ({ text: formatCount(v.ledger.unknown), bad: v.ledger.unknown > 0 }), 'may be in the log'),
  row('unsent', (v) => ({ text: formatCount(v.ledger.unsent), bad: v.ledger.unsent > 0 })),
  ...[...new Set(variants.flatMap((variant) => Object.keys(variant.produce.errors)))].map((code) =>
    row(code, (v) => formatCount(v.produce.errors[code] ?? 0), 'records with this error'),
  ),
]

const integrityRows = (row: MakeRow): Row[] => [
  row('verdict', (v) => ({ text: v.integrity.verdict, bad: v.integrity.verdict === 'violated' })),
  ...(['lost', 'corrupt', 'duplicated', 'reordered', 'redelivered', 'failedButRead', 'unknownRead'] as const).map(
    (key) =>
      row(
        key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
        (v) => {
          if (v.integrity.verdict === 'not-audited') return '–'
          return {
            text: formatCount(v.integrity[key]),
            bad: ['lost', 'corrupt', 'failedButRead'].includes(key) && v.integrity[key] > 0,
          }
        },
      ),
  ),
  row('audited', (v) => formatCount(v.integrity.audited), 'records compared with the log'),
  row(
    'records in the log',
    (v) => formatCount(v.integrity.logRecords),
    'end offset − first offset; those of probes and canary too',
  ),
]

const lagRows = (row: MakeRow, variants: readonly Variant[]): Row[] =>
  [...new Set(variants.flatMap((variant) => Object.keys(variant.lag)))].flatMap((group) => [
    row(`${group}: most`, (v) => formatCount(v.lag[group]?.maxRecords ?? null), 'records, committed'),
    row(`${group}: p99`, (v) => formatCount(v.lag[group]?.p99Records ?? null)),
    row(
      `${group}: most by position`,
      (v) => formatCount(v.lag[group]?.positionMaxRecords ?? null),
      'what the consumers had not read',
    ),
    row(`${group}: most, in time`, (v) => formatSeconds(v.lag[group]?.maxSeconds ?? null)),
    row(`${group}: at the end`, (v) => ({
      text: formatCount(v.lag[group]?.endRecords ?? null),
      bad: (v.lag[group]?.endRecords ?? 0) > 0,
    })),
    row(
      `${group}: drained after`,
      (v) => formatSeconds(v.lag[group]?.drainS ?? null),
      'end of load until the lag was as before',
    ),
  ])

const generatorRows = (row: MakeRow): Row[] => [
  row('valid', (v) => (!hasBegun(v) ? '–' : { text: v.generator.valid ? 'yes' : 'no', bad: !v.generator.valid })),
  row(
    'schedule lag p50',
    (v) => quantileCell(v.generator.scheduleLagUs, 'p50'),
    'how late the generator handed records over',
  ),
  row('schedule lag p99', (v) => quantileCell(v.generator.scheduleLagUs, 'p99')),
  row(
    'back-pressure p99',
    (v) => quantileCell(v.generator.backpressureUs, 'p99'),
    'waiting for a full client: a result, not a fault',
  ),
  row('event-loop delay p99', (v) => quantileCell(v.generator.eventLoopDelayUs, 'p99')),
  row('CPU, % of one core', (v) => formatCount(v.generator.cpuPercent)),
  row('memory', (v) => formatBytes(v.generator.rssBytes)),
  row('garbage collection', (v) => `${formatCount(v.generator.gcMs)} ms`, 'pauses in all'),
  row('longest collection', (v) => `${formatCount(v.generator.gcMaxMs)} ms`),
]

const brokerRows = (row: MakeRow, variants: readonly Variant[]): Row[] =>
  [...new Set(variants.flatMap((variant) => (variant.brokers ?? []).map((broker) => broker.id)))].flatMap((id) => {
    const of = (variant: Variant) => variant.brokers?.find((broker) => broker.id === id)
    return [
      row(`broker ${id}: CPU, % of one core`, (v) => formatCount(of(v)?.cpuPercent ?? null)),
      row(`broker ${id}: memory`, (v) => formatBytes(of(v)?.rssBytes ?? null)),
      row(`broker ${id}: disk`, (v) => formatBytes(of(v)?.diskBytes ?? null)),
      row(`broker ${id}: network in`, (v) => formatBytes(of(v)?.networkInBytes ?? null)),
      row(`broker ${id}: network out`, (v) => formatBytes(of(v)?.networkOutBytes ?? null)),
      ...metricRows(row, variants, id),
    ]
  })

/** By its own metrics, where any variant has them. */
function metricRows(row: MakeRow, variants: readonly Variant[], id: number): Row[] {
  const of = (variant: Variant) => variant.brokers?.find((broker) => broker.id === id)
  if (variants.every((variant) => of(variant)?.handlerIdlePercent === undefined)) return []
  const perSec = (bytes: number | null | undefined) => formatBytes(bytes == null ? null : Math.round(bytes))
  const delay = (variant: Variant) => variant.throttle?.find((broker) => broker.id === id)?.produceMs
  return [
    row(
      `broker ${id}: request handlers idle, %`,
      (v) => formatCount(of(v)?.handlerIdlePercent ?? null),
      'mean of the readings, each of which looks back a minute',
    ),
    row(`broker ${id}: bytes in/s`, (v) => perSec(of(v)?.inBytesPerSec), 'produce requests of all clients'),
    row(`broker ${id}: bytes out/s`, (v) => perSec(of(v)?.outBytesPerSec), 'fetch requests of all clients'),
    row(
      `broker ${id}: under-replicated partitions`,
      (v) => ({ text: formatCount(of(v)?.underReplicated ?? null), bad: (of(v)?.underReplicated ?? 0) > 0 }),
      'the most at a time, of those that it leads',
    ),
    row(`broker ${id}: throttle time, produce`, (v) => throttleCell(delay(v)), 'longest mean of a client or user'),
  ]
}
