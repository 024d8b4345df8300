import { type ComparedRun, groupsOf } from '../../compare/compared-run.ts'

/** What most readers came for, of what any of the runs has. */
export function usualMetrics(runs: readonly ComparedRun[]): string[] {
  const has = (metric: string) => runs.some(({ variants }) => variants.some(({ values }) => metric in values))
  return [
    'produce.ackedPerSec',
    'produce.responseUs.p50',
    'produce.responseUs.p99',
    'produce.responseUs.p999',
    'produce.serviceUs.p99',
    'consume.endToEndUs.p99',
    ...groupsOf(runs).map((group) => `lag.${group}.maxRecords`),
    'generator.cpuPercent',
    'faults.unavailableMs.max',
    'faults.clientGapMs.max',
    'integrity.lost',
  ].filter(has)
}
