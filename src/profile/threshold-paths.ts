import type {
  BrokerUsage,
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
const latency: readonly Exclude<keyof Latency, 'histogram'>[] = ['count', 'notAcked', 'overflow', ...quantiles]
const lagWindowed = [
  'maxRecords',
  'p99Records',
  'positionMaxRecords',
  'maxSeconds',
] as const satisfies (keyof LagResult)[]
const lag: readonly (keyof LagResult)[] = [...lagWindowed, 'endRecords', 'drainS']
const ledger: readonly (keyof Ledger)[] = ['scheduled', 'acked', 'failed', 'unknown', 'unsent']
const integrity: readonly Exclude<keyof Integrity, 'verdict' | 'reasons'>[] = [
  'audited',
  'auditedMeasure',
  'lost',
  'duplicated',
  'reordered',
  'redelivered',
  'corrupt',
  'failedButRead',
  'unknownRead',
  'logRecords',
]
const produceRates = ['offeredPerSec', 'sentPerSec', 'ackedPerSec', 'ackedBytesPerSec'] as const
const produce: readonly (keyof ProduceResult)[] = [...produceRates, 'recordsPerBatch', 'errors']
const consume: readonly (keyof ConsumeResult)[] = ['receivedPerSec', 'receivedBytesPerSec']
const generatorWindowed = ['cpuPercent', 'rssBytes'] as const
const generator: readonly (keyof Generator)[] = [...generatorWindowed, 'gcMs', 'gcMaxMs']
const faultPartitions: readonly (keyof FaultPartition)[] = [
  'unavailableMs',
  'clientGapMs',
  'electionMs',
  'firstAckMs',
  'isrRestoredS',
]
const faultSums: readonly (keyof FaultResult)[] = ['underReplicatedS', 'underMinIsrS', 'offlineS', 'uncleanElections']
const brokersWindowed = ['cpuPercent', 'rssBytes'] as const satisfies (keyof BrokerUsage)[]
const brokers: readonly (keyof BrokerUsage)[] = [...brokersWindowed, 'diskBytes', 'networkInBytes', 'networkOutBytes']

const latencies = ['produce.responseUs', 'produce.serviceUs', 'consume.endToEndUs'] as const
const health = ['generator.scheduleLagUs', 'generator.backpressureUs', 'generator.eventLoopDelayUs'] as const

const under = (prefix: string, keys: readonly string[]) => keys.map((key) => `${prefix}.${key}`)
const both = (prefix: string, keys: readonly string[]) =>
  keys.flatMap((key) => under(`${prefix}.${key}`, ['max', 'sum']))

/** Every number that a threshold may name; lag once per group. */
export function thresholdPaths(groups: readonly string[]): string[] {
  return [
    ...under('ledger', ledger),
    ...under('integrity', integrity),
    ...under('produce', produce),
    ...latencies.slice(0, 2).flatMap((name) => under(name, latency)),
    ...under('consume', consume),
    ...under(latencies[2], latency),
    ...groups.flatMap((group) => under(`lag.${group}`, lag)),
    ...under('generator', generator),
    ...health.flatMap((name) => under(name, latency)),
    ...both('brokers', brokers),
    ...faultPartitions.map((key) => `faults.${key}.max`),
    'faults.drainS.max',
    ...faultSums.map((key) => `faults.${key}.sum`),
    'rebalances.count',
    'rebalances.pauseMs.max',
  ]
}

/** Those that are also known for a part of the measure phase: what a threshold with a window may name. */
export function windowedPaths(groups: readonly string[]): string[] {
  return [
    ...under('ledger', ['failed', 'unknown']),
    ...under('produce', [...produceRates, 'errors']),
    ...under('consume', consume),
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
  return path.at(-2)?.endsWith('Us') === true && path.at(-1) === 'max'
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

/** The largest of what is known; a sum only when all is known, for a partial one would look like less. */
export function combined(values: readonly (number | null)[], how: string): number | null {
  const known = values.filter((value) => value !== null)
  if (known.length === 0 || (how === 'sum' && known.length < values.length)) return null
  return how === 'sum' ? sum(known) : Math.max(...known)
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

function overBrokers(variant: Variant, key: keyof BrokerUsage, how: string): number | null {
  return combined(
    (variant.brokers ?? []).map((broker) => broker[key]),
    how,
  )
}

/** Over all occurrences of all faults, partitions and groups. */
function overFaults({ faults }: Variant, key: string): number | null {
  if (faultSums.includes(key as keyof FaultResult)) {
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
