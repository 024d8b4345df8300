import { KbenchError } from '../base/errors.ts'
import type { ComparedRun } from './compared-run.ts'
import { compareMetrics, type MetricComparison, type Samples } from './comparison.ts'
import { assertGate } from './gate.ts'
import { directionOf } from './metric.ts'
import { definitionNotes, gapNotes, lossNotes, repetitionNotes } from './notes.ts'
import { type PairBound, pairBound } from './pair-bound.ts'
import { type Difference, differencesOf } from './run-settings.ts'
import { type Subject, samplesOf, subjectsOf, unaskedDifferences } from './subjects.ts'
import { assertAllCompared } from './unlike-runs.ts'

export interface CompareOptions {
  /** Keys that may differ: a profile's path, `client`, `environment.node`. */
  across: readonly string[]
  allowEnvironment: boolean
  /** What to show, in this order. */
  metrics: readonly string[]
  /** The family that is corrected together; null = {@link defaultGate}. */
  gate: readonly string[] | null
  /** Share of the base's median that a shift has to be beyond, per metric. */
  noise(metric: string): number
}

/** Two variants, or one variant in two runs, and what their repetitions show. */
export interface Pair {
  base: Subject
  other: Subject
  differences: Difference[]
  /** The settings that are equal. */
  equal: [string, string][]
  metrics: MetricComparison[]
  /** Of the metrics asked for, those that one of the two has no number of. */
  unmeasured: string[]
  /** The metrics that are gated, measured or not. */
  gate: readonly string[]
  bound: PairBound
}

export interface Comparison {
  runs: ComparedRun[]
  pairs: Pair[]
  /** What counts against a side, what was left out, and what else limits the comparison: a sentence each. */
  notes: string[]
  /** Those of them that leave a variant unjudged: a pair without valid repetitions, a variant of the first run that no other has. */
  unjudged: string[]
  /** One of the runs is from a mock cluster: {@link mockNote}. */
  isMock: boolean
}

export const mockNote = 'NOT A KAFKA: a mock cluster. These numbers measure the client alone.'

/** The notes with the warning of a mock cluster, which is shown apart where there is room for it. */
export const allNotes = ({ isMock, notes }: Comparison): string[] => (isMock ? [mockNote, ...notes] : notes)

/** Compares the first of everything alike with the others. Throws what is unlike, or that nothing is left to compare. */
export function compareRuns(runs: readonly ComparedRun[], options: CompareOptions): Comparison {
  const subjects = runs.flatMap(subjectsOf)
  const matched = pairUp(subjects, options)
  assertAllCompared(runs, subjects, matched, options)
  const notes = subjects.flatMap(repetitionNotes)
  const measured = matched.filter(([base, other]) => base.repetitions.length > 0 && other.repetitions.length > 0)
  if (measured.length === 0) {
    throw new KbenchError('invalid', 'nothing is left to compare: no pair has a valid repetition on both sides', {
      details: notes,
    })
  }
  const unjudged = [
    ...matched
      .filter((pair) => !measured.includes(pair))
      .map(([base, other]) => `${base.label} against ${other.label} is left out: no valid repetition on both sides`),
    ...subjects
      .filter((one) => runs.length > 1 && one.run === runs[0] && !matched.some((pair) => pair.includes(one)))
      .map(({ label, run }) => `${label} is only in ${run.label}`),
  ]
  assertGate(measured, options.gate)
  const pairs = measured.map(([base, other]) => pairOf(base, other, options))
  notes.push(...unjudged, ...lossNotes(measured.flat()), ...gapNotes(pairs), ...definitionNotes(runs))
  const isMock = runs.some(({ settings }) => settings['environment.provider'] === 'mock')
  return { runs: [...runs], notes, unjudged, pairs, isMock }
}

/** Each subject with the first one that it may be compared with. */
function pairUp(subjects: readonly Subject[], options: CompareOptions): [Subject, Subject][] {
  const bases: Subject[] = []
  return subjects.flatMap((subject): [Subject, Subject][] => {
    const base = bases.find((one) => unaskedDifferences(one, subject, options).length === 0)
    if (base) return [[base, subject]]
    bases.push(subject)
    return []
  })
}

function pairOf(base: Subject, other: Subject, options: CompareOptions): Pair {
  const gate = options.gate ?? defaultGate(base, other)
  const wanted = [...new Set([...options.metrics, ...gate])]
  const samples = wanted.map(
    (metric): Samples => ({
      metric,
      direction: directionOf(metric),
      base: samplesOf(base, metric),
      other: samplesOf(other, metric),
      noise: options.noise(metric),
      gated: gate.includes(metric),
    }),
  )
  const isMeasured = ({ metric }: Samples) => hasBoth(base, other, metric)
  const differences = differencesOf(base.settings, other.settings)
  const unequal = new Set(differences.map(({ key }) => key))
  return {
    base,
    other,
    differences,
    equal: Object.entries(base.settings).filter(([key]) => !unequal.has(key)),
    metrics: compareMetrics(samples.filter(isMeasured)),
    gate,
    unmeasured: samples.filter((one) => !isMeasured(one)).map(({ metric }) => metric),
    bound: pairBound(base, other),
  }
}

/** Both have numbers of it. A rate that is 0 everywhere was not measured: comparing it could never fail. */
function hasBoth(base: Subject, other: Subject, metric: string): boolean {
  const sides = [base, other].map(({ repetitions }) => repetitions.flatMap(({ values }) => values[metric] ?? []))
  if (sides.some((values) => values.length === 0)) return false
  return directionOf(metric) !== 'higher' || sides.flat().some((value) => value !== 0)
}

/** Throughput and the tails that users feel; few, because each one more asks for more repetitions. */
function defaultGate(base: Subject, other: Subject): string[] {
  const has = (metric: string) => hasBoth(base, other, metric)
  const usual = 'produce.ackedPerSec'
  // With acks 0 what was sent and what arrived; of a topic that is only read, what was received.
  const rates = has(usual) ? [usual] : ['produce.sentPerSec', 'consume.receivedPerSec'].filter(has)
  const latency = ['produce.responseUs.p99', 'produce.serviceUs.p99'].find(has)
  const rest = ['consume.endToEndUs.p99', 'faults.unavailableMs.max'].filter(has)
  return [...(rates.length > 0 ? rates : [usual]), ...(latency === undefined ? [] : [latency]), ...rest]
}
