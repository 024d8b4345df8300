import { formatBytes, formatCount, formatSeconds } from '../base/units.ts'
import type { RunResult } from '../contracts/result.ts'

/** What was asked for, in a few words each, read from the stored profile; what it lacks is left out. */
export function runFacts(result: RunResult): [string, string][] {
  const profile = result.profile
  const phases = (['warmup', 'measure', 'drain'] as const).map((name) => numberAt(profile, `phases.${name}`))
  return [
    ['workload', textAt(profile, 'workload')],
    ['load', loadWords(result)],
    [
      'topic',
      joined([
        count(profile, 'topic.partitions', 'partitions'),
        prefixed('replication factor ', textAt(profile, 'topic.replicationFactor')),
      ]),
    ],
    [
      'producers',
      joined([
        textAt(profile, 'producers.count'),
        prefixed('acks ', textAt(profile, 'producers.acks')),
        prefixed('partitioner ', textAt(profile, 'producers.partitioner')),
      ]),
    ],
    [
      'batching',
      joined([
        prefixed('linger ', textAt(profile, 'producers.batch.lingerMs'), ' ms'),
        bytes(profile, 'producers.batch.maxBytes'),
        prefixed('compression ', textAt(profile, 'producers.compression')),
      ]),
    ],
    ['consumers', consumerWords(profile)],
    [
      'phases',
      phases.every((ms) => ms !== null)
        ? phases.map((ms, at) => `${['warm-up', 'measure', 'drain ≤'][at]} ${formatSeconds(ms! / 1000)}`).join(', ')
        : '',
    ],
  ].filter((pair): pair is [string, string] => pair[1] !== '')
}

/** "5 000 records/s of 1 KiB". */
export function loadWords(result: RunResult): string {
  const rate = at(result.profile, 'load.rate')
  const size = bytes(result.profile, 'load.record.size')
  if (typeof rate === 'object' && rate !== null) {
    return `records/s in the shape ${Object.keys(rate)[0]}${size === '' ? '' : ` of ${size}`}`
  }
  if (typeof rate !== 'number' && rate !== 'max') return ''
  return `${rate === 'max' ? 'as many records/s as possible' : `${formatCount(rate)} records/s`}${size === '' ? '' : ` of ${size}`}`
}

function consumerWords(profile: unknown): string {
  const groups = at(profile, 'consumers')
  if (!Array.isArray(groups)) return ''
  return (
    groups.map((group) => `${textAt(group, 'group')} with ${count(group, 'members', 'members')}`).join(', ') || 'none'
  )
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
      value,
    )
}

function textAt(value: unknown, path: string): string {
  const found = at(value, path)
  if (found === undefined || found === null) return ''
  return typeof found === 'object' ? JSON.stringify(found) : String(found)
}

function numberAt(value: unknown, path: string): number | null {
  const found = at(value, path)
  return typeof found === 'number' ? found : null
}

function bytes(value: unknown, path: string): string {
  const found = numberAt(value, path)
  return found === null ? textAt(value, path) : formatBytes(found)
}

const count = (value: unknown, path: string, noun: string): string => {
  const found = numberAt(value, path)
  return found === null ? '' : `${formatCount(found)} ${found === 1 ? noun.replace(/s$/, '') : noun}`
}

const prefixed = (before: string, text: string, after = ''): string => (text === '' ? '' : before + text + after)
const joined = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ')
