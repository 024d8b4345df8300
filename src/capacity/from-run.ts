import { KbenchError } from '../base/errors.ts'
import type { RunResult, Variant } from '../contracts/result.ts'
import type { PlanInput } from './input.ts'
import { plainNumber } from './number-text.ts'

/** One figure of a run that a plan may use, or that has to be measured again on the target. */
export interface Measured {
  name: string
  /** null = the run does not hold it. */
  value: number | null
  unit: string
  /** How it comes about, or why it is missing. */
  from: string
}

/** What a run gives to a plan. */
export interface RunMeasurement {
  runId: string
  variant: string
  provider: string
  /** Carries over to other clusters. */
  carriesOver: Measured[]
  /** What never does, a line each. */
  never: string[]
  /** Keys of a load that the run stands in for where they are not given. */
  input: PlanInput
}

export const neverCarriesOver = [
  'latency, of any kind',
  'what acks=all costs',
  'MB/s that this cluster reached',
  'anything of Express brokers, which store data elsewhere',
] as const

/** The variant of a run that a plan takes its figures from. Throws `usage` for runs that prove nothing: on the mock, or not valid. */
export function usableVariant(result: RunResult): Variant {
  const { provider } = result.cluster
  if (provider === 'mock' || provider === 'fake') {
    throw new KbenchError('usage', `${result.runId} ran on provider ${provider}: its figures are not those of Kafka`, {
      hint: 'run the profile on compose, local or external',
    })
  }
  const valid = result.variants.find(({ status }) => status === 'ok')
  if (valid && result.status !== 'invalid') return valid
  const why = [...new Set(result.variants.map(({ id, status }) => `${id} is ${status}`))]
  throw new KbenchError('usage', `${result.runId} is ${result.status}: a plan takes nothing from it`, {
    details: why,
    hint: 'kbench report shows the reasons; run it again with the clients that were ok',
  })
}

/** Bytes of a record on the wire: by the brokers' count of produce requests where it is known, else keys and values alone. */
export function wireBytesOf({ produce, throttle }: Variant): { bytes: number | null; isCounted: boolean } {
  const counts = (throttle ?? []).map(({ produceBytesPerSec }) => produceBytesPerSec)
  const isCounted = counts.length > 0 && counts.every((count) => count !== null)
  const perSec = isCounted ? counts.reduce<number>((sum, count) => sum + count!, 0) : produce.ackedBytesPerSec
  return { bytes: produce.ackedPerSec > 0 ? perSec / produce.ackedPerSec : null, isCounted }
}

/** Takes what carries over from a run. */
export function measurementOf(result: RunResult): RunMeasurement {
  const variant = usableVariant(result)
  const { produce, consume } = variant
  const { topic, workload, producers, consumers } = settingsOf(result)
  const { bytes: wire, isCounted } = wireBytesOf(variant)
  const payload = produce.ackedPerSec > 0 ? produce.ackedBytesPerSec / produce.ackedPerSec : null
  const compression = isCounted && producers.compression !== 'none' && payload !== null ? payload / wire! : null
  const batch = produce.recordsPerBatch
  const requests = batch !== null && wire !== null ? 1e6 / (batch * wire) : null
  const fanOut = consume && produce.ackedPerSec > 0 ? consume.receivedPerSec / produce.ackedPerSec : null
  const isMax = produce.offeredPerSec === null && workload !== 'consume'
  const partitionIn = isMax && wire !== null ? (produce.ackedPerSec * wire) / 1e6 / topic.partitions : null
  const readMBps = consume ? consume.receivedBytesPerSec / 1e6 : null
  const reads = workload === 'consume' && readMBps !== null
  const partitionOut = reads ? readMBps / topic.partitions / Math.max(1, consumers.length) : null
  const consumerCpu =
    reads && variant.generator.cpuPercent !== null && consume
      ? (variant.generator.cpuPercent * 1e4) / consume.receivedPerSec
      : null
  const fill = batch !== null && wire !== null ? (batch * wire) / producers.batch.maxBytes : null
  const carriesOver: Measured[] = [
    entry(
      'bytes per record on the wire',
      wire,
      'B',
      isCounted
        ? 'produce requests as the brokers count them ÷ records'
        : 'keys and values alone: the brokers do not report their requests',
    ),
    entry(
      'compression',
      compression,
      '×',
      compression === null
        ? 'not compressed, or the brokers do not report their requests'
        : `${producers.compression}, size before ÷ after`,
    ),
    entry('records per batch', batch, 'records', 'as the client reports it'),
    entry('batch fill', fill, 'of maxBytes', 'records per batch × bytes ÷ batch.maxBytes'),
    entry('requests per MB', requests, '1/MB', 'at most: one request may carry several batches'),
    entry('fan-out', fanOut, '×', 'records received ÷ acknowledged'),
    entry(
      'consumer cost per record',
      consumerCpu,
      'µs of CPU',
      'only from workload: consume, where consumers run alone',
    ),
    entry('produce speed of one partition', partitionIn, 'MB/s', 'only from rate: max, on this client hardware'),
    entry(
      'consume speed of one partition',
      partitionOut,
      'MB/s',
      'only from workload: consume, on this client hardware',
    ),
  ]
  return {
    runId: result.runId,
    variant: variant.id,
    provider: result.cluster.provider,
    carriesOver,
    never: [...neverCarriesOver],
    input: defined({
      // A rate that the cluster reached is no load; one that the profile set is.
      in: isMax || reads || wire === null ? undefined : (produce.ackedPerSec * wire) / 1e6,
      out:
        isMax || reads || wire === null || fanOut === null || fanOut === 0
          ? undefined
          : (produce.ackedPerSec * wire * fanOut) / 1e6,
      partitions: topic.partitions,
      'record-size': payload === null ? undefined : Math.round(payload),
      'compression-ratio': compression ?? undefined,
      'requests-per-mb': requests ?? undefined,
      'partition-in': partitionIn ?? undefined,
      'partition-out': partitionOut ?? undefined,
    }),
  }
}

const entry = (name: string, value: number | null, unit: string, from: string): Measured => ({
  name,
  value,
  unit,
  from,
})

const defined = (values: Record<string, unknown>): PlanInput =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as PlanInput

interface Settings {
  workload: string
  topic: { partitions: number; replicationFactor: number }
  producers: { compression: string; batch: { maxBytes: number } }
  consumers: readonly unknown[]
}

/** The resolved profile, which every result has. */
export const settingsOf = ({ profile }: RunResult): Settings => profile as unknown as Settings

/** The run's figures under what was given: an option or a key of the file wins. `out` gives way to `groups`. */
export function withMeasurement(input: PlanInput, { input: measured }: RunMeasurement): PlanInput {
  const merged = { ...measured, ...input }
  if (input.groups !== undefined && input.out === undefined) delete merged.out
  return merged
}

/** "1 035 B", or "not known". */
export const measuredText = ({ value, unit }: Measured): string =>
  value === null ? 'not known' : `${plainNumber(value)} ${unit}`
