import type { Variant } from '../contracts/result.ts'

// What a variant really used: what its client reported, else what the profile set for it. A run's profile alone is not that.

/** The value of a setting, by its path in the profile; `settings` are those of a combination (settingsOf). null = there is none. */
export function usedSetting(settings: Record<string, string>, params: Variant['params'], path: string): string | null {
  // A named set of the matrix lays its keys under its dimension.
  const keys = [path, ...Object.keys(params).map((dimension) => `${dimension}.${path}`)]
  return keys.map((key) => settings[key]).find((value) => value !== undefined) ?? null
}

export type Acks = '0' | '1' | 'all'

const acksKeys = ['acks', 'request.required.acks']
const acksNames: Readonly<Record<string, Acks>> = { '0': '0', '1': '1', '-1': 'all', all: 'all' }

/** What the producers waited for; null = not known. */
export function acksOf(
  { params, effectiveConfig }: Pick<Variant, 'params' | 'effectiveConfig'>,
  settings: Record<string, string>,
): Acks | null {
  const { producer } = effectiveConfig
  const reported = acksKeys.map((key) => acksNames[String(producer?.[key])]).find((acks) => acks !== undefined)
  return reported ?? acksNames[usedSetting(settings, params, 'producers.acks') ?? ''] ?? null
}

const ofAcks = [
  'produce.ackedPerSec',
  'produce.ackedBytesPerSec',
  'produce.errors',
  'ledger.acked',
  'ledger.unknown',
  'integrity.lost',
  'faults.clientGapMs.max',
]
const latenciesOfAcks = ['produce.responseUs', 'produce.serviceUs']

/** Whether a number means nothing with acks 0, where nothing is acknowledged, nothing can be lost and everything is unknown. */
export const needsAcks = (path: string): boolean =>
  ofAcks.includes(path) || latenciesOfAcks.some((latency) => path.startsWith(`${latency}.`))
