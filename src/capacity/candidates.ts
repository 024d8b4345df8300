import { suggestion } from '../base/suggest.ts'
import { type Candidate, nameOf } from './constraints.ts'
import type { MskData } from './data.ts'
import type { Readings } from './readings.ts'

export const serverless = 'serverless'

/** Every type that can be chosen by name, serverless included. */
export const typeNames = (data: MskData): string[] => [...data.brokers.map(({ type }) => type), serverless]

/** Whether a name is meant by one of the patterns; a type means it with and without provisioned throughput. null = no patterns, all are. */
export function isMeant(name: string, patterns: readonly string[] | null): boolean {
  if (patterns === null) return true
  const plain = name.replace(/\+pst$/, '')
  return patterns.some((pattern) => {
    const expression = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`)
    return expression.test(name) || expression.test(plain)
  })
}

/** What is wrong with patterns that mean no type, a sentence each. */
export const unknownTypes = (patterns: readonly string[], data: MskData): string[] =>
  patterns
    .filter((pattern) => !allNames(data).some((name) => isMeant(name, [pattern])))
    .map((pattern) => `unknown type "${pattern}", ${suggestion(pattern, typeNames(data))}`)

const allNames = (data: MskData): string[] => [
  ...data.brokers.flatMap(({ type, volumeProvisionedMaxMBps }) =>
    volumeProvisionedMaxMBps === null ? [type] : [type, `${type}+pst`],
  ),
  serverless,
]

/** Standard and express candidates; `refused`: those whose volumes cannot be provisioned as asked. */
export function candidatesOf(
  data: MskData,
  patterns: readonly string[] | null,
  provisionedMiBps: number | null,
  readings: Readings,
): { candidates: Candidate[]; refused: { type: string; reasons: string[] }[] } {
  const candidates: Candidate[] = []
  const refused: { type: string; reasons: string[] }[] = []
  for (const broker of data.brokers) {
    candidates.push({ broker, provisionedMiBps: null })
    const most = broker.volumeProvisionedMaxMBps
    if (most === null || (broker.type === 'kafka.m7g.2xlarge' && !readings.m7g2xlargeCanProvision)) continue
    if (provisionedMiBps !== null && provisionedMiBps > most) {
      const reasons = [`provisioned: ${provisionedMiBps} MiB/s, and its volumes take at most ${most} (S2)`]
      refused.push({ type: `${broker.type}+pst`, reasons })
    } else candidates.push({ broker, provisionedMiBps: provisionedMiBps ?? most })
  }
  return {
    candidates: candidates.filter((candidate) => isMeant(nameOf(candidate), patterns)),
    refused: refused.filter(({ type }) => isMeant(type, patterns)),
  }
}
