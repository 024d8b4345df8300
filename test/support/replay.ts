import { createRunSums } from '../../src/judge/run-sums.ts'
import { type OutputOptions, openOutputs } from '../../src/live/outputs.ts'
import type { Outcome } from './measure.ts'

const nothing = { stage: () => {}, tick: () => {}, log: () => {} }

/** Counters of records, by the name that rows have for the same. */
export const counters = {
  sent: 'sent',
  acked: 'acknowledged',
  failed: 'failed',
  unknown: 'unknown',
  received: 'received',
} as const

/** Opens these outputs and hands them every second of a run, and every later word of it. */
export async function replayed(outcome: Outcome, options: OutputOptions) {
  const lines: string[] = []
  const about = { runId: 'run-1', name: 'test', version: '1', variants: [outcome.plan.id], sums: createRunSums() }
  const hear = { say: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(line) }
  const outputs = await openOutputs(options, about, hear)
  const progress = outputs.follow(nothing)
  for (const each of outcome.shown) {
    if ('tick' in each) progress.revise?.(each)
    else progress.tick(each)
  }
  return { outputs, lines }
}

/** Records of the stored rows, as the counters count them. */
export function storedRecords(outcome: Outcome, column: string): number {
  const { tickS, columns } = outcome.variant.series
  const shown = new Set(outcome.ticks.map(({ atS }) => atS))
  return columns[column]!.reduce<number>((sum, value, at) => {
    const tick = outcome.ticks.find(({ atS }) => atS === tickS[at])
    return shown.has(tickS[at]!) ? sum + (value ?? 0) * tick!.lengthS : sum
  }, 0)
}
