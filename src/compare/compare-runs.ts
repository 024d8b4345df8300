import { KbenchError } from '../base/errors.ts'
import type { ComparedRun } from './compared-run.ts'
import { compareMetrics, type MetricComparison, type Samples } from './comparison.ts'
import { directionOf } from './metric.ts'
import { type Difference, differencesOf } from './run-settings.ts'
import { type Subject, subjectsOf, unaskedDifferences } from './subjects.ts'
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
}

export interface Comparison {
  runs: ComparedRun[]
  pairs: Pair[]
  /** What was left out, a sentence each. */
  notes: string[]
  /** Those of them that leave a variant unjudged: a pair without valid repetitions, a variant of the first run that no other has. */
  unjudged: string[]
}

export const mockNote = 'NOT A KAFKA: a mock cluster. These numbers measure the client alone.'

/** Compares the first of everything alike with the others. Throws what is unlike, or that nothing is left to compare. */
export function compareRuns(runs: readonly ComparedRun[], options: CompareOptions): Comparison {
  const subjects = runs.flatMap(subjectsOf)
  const matched = pairUp(subjects, options)
  assertAllCompared(runs, subjects, matched, options)
  const notes = subjects.flatMap((subject) =>
    subject.leftOut.map(
      ({ id, status, reasons }) =>
        `${id} of ${subject.run.label} is left out: ${status}${reasons[0] === undefined ? '' : `: ${reasons[0].replace(`${status}: `, '')}`}`,
    ),
  )
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
  notes.push(...unjudged)
  notes.push(...lossNotes(measured.flat()))
  if (runs.some(({ settings }) => settings['environment.provider'] === 'mock')) notes.unshift(mockNote)
  return { runs: [...runs], notes, unjudged, pairs: measured.map(([base, other]) => pairOf(base, other, options)) }
}

/** A lost record is no matter of medians: one in one repetition is said. */
function lossNotes(subjects: readonly Subject[]): string[] {
  return [...new Set(subjects)].flatMap(({ label, run, repetitions }) => {
    const lossy = repetitions.filter(({ values }) => (values['integrity.lost'] ?? 0) > 0)
    const lost = lossy.reduce((sum, { values }) => sum + values['integrity.lost']!, 0)
    return lossy.length === 0
      ? []
      : [
          `${label} of ${run.label} lost ${lost} acknowledged records, in ${lossy.length} of ${repetitions.length} repetitions`,
        ]
  })
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
  const samples = wanted.map((metric): Samples => {
    const values = (subject: Subject) =>
      subject.repetitions.flatMap(({ values }) => (values[metric] === undefined ? [] : [values[metric]]))
    const sides = { base: values(base), other: values(other) }
    return {
      metric,
      direction: directionOf(metric),
      ...sides,
      noise: options.noise(metric),
      gated: gate.includes(metric),
    }
  })
  const has = (one: Samples) => one.base.length > 0 && one.other.length > 0
  const differences = differencesOf(base.settings, other.settings)
  const unequal = new Set(differences.map(({ key }) => key))
  return {
    base,
    other,
    differences,
    equal: Object.entries(base.settings).filter(([key]) => !unequal.has(key)),
    metrics: compareMetrics(samples.filter(has)),
    gate,
    unmeasured: samples.filter((one) => !has(one)).map(({ metric }) => metric),
  }
}

/** Throughput and the tails that users feel; few, because each one more asks for more repetitions. */
function defaultGate(base: Subject, other: Subject): string[] {
  const has = (metric: string) =>
    [base, other].every(({ repetitions }) => repetitions.some(({ values }) => values[metric] !== undefined))
  const latency = ['produce.responseUs.p99', 'produce.serviceUs.p99'].find(has)
  const rest = ['consume.endToEndUs.p99', 'faults.unavailableMs.max'].filter(has)
  return ['produce.ackedPerSec', ...(latency === undefined ? [] : [latency]), ...rest]
}
