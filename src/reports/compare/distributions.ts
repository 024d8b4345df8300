import type { Latency, Variant } from '../../contracts/result.ts'
import { mergeLatencies } from '../../recording/histogram.ts'
import { overlay } from '../charts/percentiles.ts'
import type { ChartGroup } from '../charts/spec.ts'
import type { ComparedSet } from './sets.ts'

/** Response (or service) and end-to-end, all repetitions of a member merged into one curve. */
export function percentileGroup(set: ComparedSet): ChartGroup {
  const merged = (pick: (variant: Variant) => Latency | null | undefined) =>
    set.members.slice(0, 6).map(({ name, subject }, at) => ({
      of: name,
      what: '',
      colour: at,
      dash: at,
      latency: mergeLatencies(subject.repetitions.flatMap(({ full }) => (full ? [pick(full) ?? []].flat() : []))),
    }))
  const response = merged(({ produce }) => produce.responseUs)
  const responded = response.some(({ latency }) => latency !== null)
  const produce = responded ? response : merged(({ produce: { serviceUs } }) => serviceUs)
  const title = responded ? 'Response latency' : 'Service latency'
  const charts = [
    ...overlay(`percentiles-${set.id}`, title, produce),
    ...overlay(
      `end-to-end-${set.id}`,
      'End-to-end latency',
      merged(({ consume }) => consume?.endToEndUs),
    ),
  ].map((chart) => ({ ...chart, subtitle: chart.title }))
  const explanation =
    'The distribution of all records, each step to the right ten times rarer; the histograms of all repetitions are merged. A curve turns grey where fewer than 10 samples are beyond.'
  return { id: `percentiles-${set.id}`, title: 'Latency distributions', explanation, charts }
}
