import { KbenchError } from '../base/errors.ts'
import { suggestion } from '../base/suggest.ts'
import { type Candidate, nameOf } from './constraints.ts'
import type { MskData, Tag } from './data.ts'
import { type Load, scaled } from './load.ts'
import { readingsTaken } from './readings.ts'
import { baselineMBps, sizeOf, usableMBps } from './size.ts'

/** The highest load that a given cluster takes, at the load's fan-out, replication and retention. */
export interface ClusterAnswer {
  type: string
  brokers: number
  /** The smallest of the constraints' peaks; 0 where partitions or connections do not fit at any load. */
  maxInMBps: number
  binding: string
  constraints: {
    name: string
    /** Highest peak in; null = the load's rate does not matter to it. */
    maxInMBps: number | null
    /** Whether it is met, for what does not depend on the rate. */
    fits: boolean
    tag: Tag
    source: string
  }[]
  ceiling: { baselineMBps: number; usableMBps: number }
  warnings: string[]
}

/** "6xkafka.m7g.large" → so many brokers of a candidate. Throws `usage`. */
export function clusterOf(
  text: string,
  data: MskData,
  provisionedMiBps: number | null,
): { candidate: Candidate; brokers: number } {
  const [, count, name = ''] = /^(\d{1,4})x(.+)$/.exec(text.trim()) ?? []
  if (count === undefined || Number(count) < 1) {
    throw new KbenchError('usage', `--cluster ${text}: expected a number of brokers and a type, like 6xkafka.m7g.large`)
  }
  const [, type = name, suffix] = /^(.*?)(\+pst)?$/.exec(name) ?? []
  const broker = data.brokers.find((each) => each.type === type)
  if (!broker) {
    const known = data.brokers.map((each) => each.type)
    throw new KbenchError('usage', `--cluster ${text}: unknown type "${type}", ${suggestion(type, known)}`)
  }
  if (suffix === undefined) return { candidate: { broker, provisionedMiBps: null }, brokers: Number(count) }
  const most = broker.volumeProvisionedMaxMBps
  if (most === null || (provisionedMiBps ?? 0) > most) {
    throw new KbenchError(
      'usage',
      `--cluster ${text}: ${most === null ? `${type} has no provisioned throughput` : `at most ${most} MiB/s can be provisioned`}`,
    )
  }
  return { candidate: { broker, provisionedMiBps: provisionedMiBps ?? most }, brokers: Number(count) }
}

const countedInPieces = ['partitions', 'connections', 'partition-rate']

/** What each constraint lets such a cluster take. Of the load only the shape counts: fan-out, average ÷ peak, replication, retention. */
export function highestLoad(candidate: Candidate, brokers: number, load: Load, data: MskData): ClusterAnswer {
  const one = scaled(load, 1 / load.inMBps)
  const { constraints } = sizeOf(candidate, one, data, readingsTaken)
  const answers = constraints.map(({ name, demand, capacity, tag, source }) => {
    if (name === 'partition-rate') {
      // Without a number of partitions there may be as many as it takes.
      const isKnown = load.partitions !== null
      return { name, maxInMBps: isKnown ? capacity : null, fits: true, tag, source }
    }
    if (!countedInPieces.includes(name))
      return { name, maxInMBps: (brokers * capacity) / demand, fits: true, tag, source }
    return { name, maxInMBps: null, fits: demand <= brokers * capacity * (1 + 1e-9), tag, source }
  })
  const unmet = answers.find(({ fits }) => !fits)
  const tightest = answers
    .filter((each): each is typeof each & { maxInMBps: number } => each.maxInMBps !== null)
    .reduce((a, b) => (b.maxInMBps < a.maxInMBps ? b : a))
  const warnings = [
    ...(brokers % load.zones === 0 ? [] : [`${brokers} brokers are no multiple of ${load.zones} zones`]),
    ...(brokers < load.replication ? [`replication factor ${load.replication} takes as many brokers`] : []),
    ...(brokers > 60 ? ['a cluster has at most 60 brokers (S7)'] : []),
    ...(unmet ? [`${unmet.name} is exceeded, whatever the rate`] : []),
  ]
  const size = { candidate, brokers }
  return {
    type: nameOf(candidate),
    brokers,
    maxInMBps: unmet ? 0 : tightest.maxInMBps,
    binding: unmet?.name ?? tightest.name,
    constraints: answers,
    ceiling: { baselineMBps: baselineMBps(size, one, readingsTaken), usableMBps: usableMBps(size, one, readingsTaken) },
    warnings,
  }
}
