import { formatBytes, formatCount, formatSeconds } from '../base/units.ts'
import { settingsOf, settingsOfRun } from '../compare/run-settings.ts'
import { acksOf, usedSetting } from '../compare/used-settings.ts'
import type { RunResult } from '../contracts/result.ts'
import { findingsOf } from '../judge/upgrade.ts'

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
        counted(used(result, 'topic.partitions'), 'partitions'),
        prefixed('replication factor ', used(result, 'topic.replicationFactor').join(' / ')),
        prefixed('min.insync.replicas ', used(result, 'topic.config.min.insync.replicas').join(' / ')),
      ]),
    ],
    [
      'producers',
      joined([
        used(result, 'producers.count').join(' / '),
        prefixed('acks ', used(result, 'producers.acks').join(' / ')),
        prefixed('partitioner ', used(result, 'producers.partitioner').join(' / ')),
      ]),
    ],
    [
      'batching',
      joined([
        prefixed('linger ', used(result, 'producers.batch.lingerMs').join(' / '), ' ms'),
        used(result, 'producers.batch.maxBytes').map(bytesText).join(' / '),
        prefixed('compression ', used(result, 'producers.compression').join(' / ')),
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

/** "5 000 records/s of 1 KiB"; of a matrix of rates all of them. */
export function loadWords(result: RunResult): string {
  const shape = at(result.profile, 'load.rate')
  const rates = used(result, 'load.rate')
  const sizes = used(result, 'load.record.size').map(bytesText)
  if (typeof shape === 'object' && shape !== null && !rates.some((rate) => rate === 'max' || Number(rate) > 0)) {
    return `records/s in the shape ${Object.keys(shape)[0]}${sizes.length === 0 ? '' : ` of ${sizes.join(' / ')}`}`
  }
  const numbers = rates.map(Number)
  if (rates.length === 0 || !rates.every((rate, at) => rate === 'max' || Number.isFinite(numbers[at]))) return ''
  const words =
    rates.length > ratesAtMost && numbers.every(Number.isFinite)
      ? `${formatCount(Math.min(...numbers))} to ${formatCount(Math.max(...numbers))}`
      : rates.map((rate) => (rate === 'max' ? 'as many' : formatCount(Number(rate)))).join(' / ')
  const ending = rates.length === 1 && rates[0] === 'max' ? ' records/s as possible' : ' records/s'
  return `${words}${ending}${sizes.length === 0 ? '' : ` of ${sizes.join(' / ')}`}`
}

const ratesAtMost = 3

/** The values of a setting that the variants really had, each once: what was observed, else the matrix, else the profile. */
function used(result: RunResult, path: string): string[] {
  const run = settingsOfRun(result)
  const ran = result.variants.filter(({ status }) => status !== 'unsupported')
  const values = ran.map((variant) => {
    const settings = settingsOf(run, variant.params)
    if (path === 'producers.acks') return acksOf(variant, settings)
    const differs = findingsOf(variant).find(({ code, what }) => code === 'topic-differs' && what === path)
    return typeof differs?.actual === 'string' ? differs.actual : usedSetting(settings, variant.params, path)
  })
  const all = ran.length > 0 ? values : [usedSetting(run, {}, path)]
  return [...new Set(all.filter((value) => value !== null))]
}

const bytesText = (text: string): string => (Number.isFinite(Number(text)) ? formatBytes(Number(text)) : text)

const counted = (values: readonly string[], noun: string): string =>
  values.length === 0
    ? ''
    : `${values.map((value) => formatCount(Number(value))).join(' / ')} ${values.length === 1 && values[0] === '1' ? noun.replace(/s$/, '') : noun}`

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

const count = (value: unknown, path: string, noun: string): string => {
  const found = numberAt(value, path)
  return found === null ? '' : `${formatCount(found)} ${found === 1 ? noun.replace(/s$/, '') : noun}`
}

const prefixed = (before: string, text: string, after = ''): string => (text === '' ? '' : before + text + after)
const joined = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ')
