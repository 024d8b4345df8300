import type {
  BrokerUsage,
  ClientThrottle,
  ConsumeResult,
  FaultPartition,
  FaultResult,
  Generator,
  Integrity,
  LagResult,
  Latency,
  Ledger,
  ProduceResult,
  Variant,
} from '../contracts/result.ts'

/** What a number is measured in, from its place in the result: names that users choose (groups) never decide it. */
export type NumberUnit = 'us' | 'ms' | 's' | 'bytes' | 'percent' | 'count'

type Units<T> = Readonly<Partial<Record<keyof T, NumberUnit>>>

// Typed by the result's own keys, so that a renamed number is a compile error here.
const quantiles = [
  'min',
  'mean',
  'p50',
  'p90',
  'p95',
  'p99',
  'p999',
  'p9999',
  'max',
] as const satisfies (keyof Latency)[]
const latency: Units<Latency> = {
  ...{ count: 'count', notAcked: 'count', overflow: 'count' },
  ...(Object.fromEntries(quantiles.map((key) => [key, 'us'])) as Record<(typeof quantiles)[number], 'us'>),
}
const lagWindowed = [
  'maxRecords',
  'p99Records',
  'positionMaxRecords',
  'maxSeconds',
] as const satisfies (keyof LagResult)[]
const lag: Readonly<Record<keyof LagResult, NumberUnit>> = {
  maxRecords: 'count',
  p99Records: 'count',
  positionMaxRecords: 'count',
  maxSeconds: 's',
  endRecords: 'count',
  drainS: 's',
}
const ledger: Readonly<Record<keyof Ledger, NumberUnit>> = {
  scheduled: 'count',
  acked: 'count',
  failed: 'count',
  unknown: 'count',
  unsent: 'count',
}
const integrity: Readonly<Record<Exclude<keyof Integrity, 'verdict' | 'reasons'>, NumberUnit>> = {
  audited: 'count',
  auditedMeasure: 'count',
  lost: 'count',
  duplicated: 'count',
  reordered: 'count',
  redelivered: 'count',
  corrupt: 'count',
  failedButRead: 'count',
  unknownRead: 'count',
  logRecords: 'count',
}
const produceRates = ['offeredPerSec', 'sentPerSec', 'ackedPerSec', 'ackedBytesPerSec'] as const
const produce: Units<ProduceResult> = {
  offeredPerSec: 'count',
  sentPerSec: 'count',
  ackedPerSec: 'count',
  ackedBytesPerSec: 'bytes',
  recordsPerBatch: 'count',
  errors: 'count',
}
const consume: Units<ConsumeResult> = { receivedPerSec: 'count', receivedBytesPerSec: 'bytes' }
const generatorWindowed = ['cpuPercent', 'rssBytes'] as const
const generator: Units<Generator> = { cpuPercent: 'percent', rssBytes: 'bytes', gcMs: 'ms', gcMaxMs: 'ms' }
const faultPartitions: Units<FaultPartition> = {
  unavailableMs: 'ms',
  clientGapMs: 'ms',
  electionMs: 'ms',
  firstAckMs: 'ms',
  isrRestoredS: 's',
}
const faultSums: Units<FaultResult> = {
  underReplicatedS: 's',
  underMinIsrS: 's',
  offlineS: 's',
  uncleanElections: 'count',
}
const brokersWindowed = ['cpuPercent', 'rssBytes'] as const satisfies (keyof BrokerUsage)[]
const brokers: Units<BrokerUsage> = {
  cpuPercent: 'percent',
  rssBytes: 'bytes',
  diskBytes: 'bytes',
  networkInBytes: 'bytes',
  networkOutBytes: 'bytes',
  inBytesPerSec: 'bytes',
  outBytesPerSec: 'bytes',
  underReplicated: 'count',
}
const brokersIdle: Units<BrokerUsage> = { handlerIdlePercent: 'percent' }
const throttle: Units<ClientThrottle> = { maxMs: 'ms', sumMs: 'ms', responses: 'count' }

const latencies = ['produce.responseUs', 'produce.serviceUs', 'consume.endToEndUs'] as const
const health = ['generator.scheduleLagUs', 'generator.backpressureUs', 'generator.eventLoopDelayUs'] as const

const under = (prefix: string, keys: readonly string[]) => keys.map((key) => `${prefix}.${key}`)
const both = (prefix: string, keys: readonly string[]) =>
  keys.flatMap((key) => under(`${prefix}.${key}`, ['max', 'sum']))

type PathUnits = readonly [string, NumberUnit][]
const of = (
  prefix: string,
  units: Readonly<Partial<Record<string, NumberUnit>>>,
  ends: readonly string[] = [''],
): PathUnits =>
  Object.entries(units).flatMap(([key, unit]) =>
    ends.map((end): [string, NumberUnit] => [`${prefix}.${key}${end}`, unit!]),
  )

const beforeLag: PathUnits = [
  ...of('ledger', ledger),
  ...of('integrity', integrity),
  ...of('produce', produce),
  ...of('produce.throttle', throttle),
  ...latencies.slice(0, 2).flatMap((name) => of(name, latency)),
  ...of('consume', consume),
  ...of('consume.throttle', throttle),
  ...of(latencies[2], latency),
]
const afterLag: PathUnits = [
  ...of('generator', generator),
  ...health.flatMap((name) => of(name, latency)),
  ...of('brokers', brokers, ['.max', '.sum']),
  ...of('brokers', brokersIdle, ['.min']),
  ...of('faults', faultPartitions, ['.max']),
  ['faults.drainS.max', 's'],
  ...of('faults', faultSums, ['.sum']),
  ['rebalances.count', 'count'],
  ['rebalances.pauseMs.max', 'ms'],
]
const fixedPaths = new Map([...beforeLag, ...afterLag])

/** A number of a result that a threshold, a gate or a column may name. */
export interface NumberPath {
  /** Keys from the variant to the number; a group's name is one key, whatever it holds. */
  keys: readonly string[]
  unit: NumberUnit
  /** The consumer group; null = the number is of no group. */
  group: string | null
}

/** What a path names; null = no number of a result. */
export function numberPath(name: string): NumberPath | null {
  const last = name.lastIndexOf('.')
  if (name.startsWith('lag.') && last > 'lag.'.length) {
    const [group, key] = [name.slice('lag.'.length, last), name.slice(last + 1)]
    return Object.hasOwn(lag, key) ? { keys: ['lag', group, key], unit: lag[key as keyof LagResult], group } : null
  }
  const unit = fixedPaths.get(name)
  return unit === undefined ? null : { keys: name.split('.'), unit, group: null }
}

/** Every number that a threshold may name; lag once per group. */
export const thresholdPaths = (groups: readonly string[]): string[] => [
  ...beforeLag.map(([path]) => path),
  ...groups.flatMap((group) => under(`lag.${group}`, Object.keys(lag))),
  ...afterLag.map(([path]) => path),
]

/** Those that are also known for a part of the measure phase: what a threshold with a window may name. */
export function windowedPaths(groups: readonly string[]): string[] {
  return [
    ...under('ledger', ['failed', 'unknown']),
    ...under('produce', [...produceRates, 'errors']),
    ...under('consume', Object.keys(consume)),
    ...[...latencies, ...health].flatMap((name) => under(name, quantiles)),
    ...groups.flatMap((group) => under(`lag.${group}`, lagWindowed)),
    ...under('generator', generatorWindowed),
    ...both('brokers', brokersWindowed),
  ]
}

/** Numbers that only grow while a variant runs: once above a limit they stay there. */
export function growsOnly(path: readonly string[]): boolean {
  const name = path.join('.')
  if (['produce.errors', 'ledger.failed', 'ledger.unknown'].includes(name)) return true
  if (path[0] === 'lag') return ['maxRecords', 'positionMaxRecords', 'maxSeconds'].includes(path.at(-1)!)
  return path.length === 3 && path[2] === 'max' && fixedPaths.get(name) === 'us'
}

/** The number at a path that {@link thresholdPaths} names; null where it is unknown or there is none. */
export function numberAt(variant: Variant, path: readonly string[]): number | null {
  const [head, key, how] = path
  if (head === 'integrity' && variant.integrity.verdict === 'not-audited') return null
  if (head === 'produce' && key === 'errors') return sum(Object.values(variant.produce.errors))
  if (head === 'brokers') return overBrokers(variant, key as keyof BrokerUsage, how!)
  if (head === 'faults') return overFaults(variant, key!)
  if (head === 'rebalances') return overRebalances(variant, key!)
  const found = path.reduce<unknown>(
    (value, each) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, each)
        ? (value as Record<string, unknown>)[each]
        : null,
    variant,
  )
  return typeof found === 'number' && Number.isFinite(found) ? found : null
}

/** The largest, or the least, of what is known; a sum only when all is known, for a partial one would look like less. */
export function combined(values: readonly (number | null)[], how: string): number | null {
  const known = values.filter((value) => value !== null)
  if (known.length === 0 || (how === 'sum' && known.length < values.length)) return null
  if (how === 'min') return Math.min(...known)
  return how === 'sum' ? sum(known) : Math.max(...known)
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

function overBrokers(variant: Variant, key: keyof BrokerUsage, how: string): number | null {
  return combined(
    (variant.brokers ?? []).map((broker) => broker[key] ?? null),
    how,
  )
}

/** Over all occurrences of all faults, partitions and groups. */
function overFaults({ faults }: Variant, key: string): number | null {
  if (Object.hasOwn(faultSums, key)) {
    return combined(
      faults.map((fault) => fault[key as 'offlineS']),
      'sum',
    )
  }
  if (key === 'drainS') {
    const drains = faults.flatMap(({ drainS }) => Object.values(drainS))
    // Null is a group that was not drained: longer than any that was.
    return drains.includes(null) ? null : combined(drains, 'max')
  }
  const partitions = faults.flatMap((fault) => fault.partitions)
  const isOpen =
    key === 'isrRestoredS' && partitions.some((one) => one.isrShrunkMs !== null && one.isrRestoredS === null)
  return isOpen
    ? null
    : combined(
        partitions.map((one) => one[key as 'unavailableMs'] ?? null),
        'max',
      )
}

/** Where none happened there was no pause either. */
function overRebalances({ rebalances, consume: consumed }: Variant, key: string): number | null {
  if (consumed === null) return null
  if (key === 'count') return rebalances.length
  const pauses = rebalances.map(({ pauseMs }) => pauseMs)
  return pauses.includes(null) ? null : Math.max(0, ...pauses.filter((pause) => pause !== null))
}
