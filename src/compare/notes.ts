import type { ComparedRun, ComparedVariant } from './compared-run.ts'
import type { Subject } from './subjects.ts'

/** Which repetitions count against a subject and which are left out, each by its name. */
export function repetitionNotes({ run, bad, leftOut, repetitions }: Subject): string[] {
  const all = bad.length + leftOut.length + repetitions.length
  const counts = (one: ComparedVariant) =>
    `${one.id} of ${run.label} counts as worse than every valid repetition: ${why(one)}`
  return [
    ...bad.map(counts),
    ...leftOut.map((one) => `${one.id} of ${run.label} is left out, ${all - 1} remain: ${why(one)}`),
  ]
}

const why = ({ status, reasons: [first] }: ComparedVariant): string =>
  first === undefined || first === status ? status : `${status}, ${first}`

/** A lost record is no matter of medians: one in one repetition is said. */
export function lossNotes(subjects: readonly Subject[]): string[] {
  return [...new Set(subjects)].flatMap(({ label, run, repetitions, bad }) => {
    const all = [...repetitions, ...bad]
    const lossy = all.filter(({ values }) => (values['integrity.lost'] ?? 0) > 0)
    const lost = lossy.reduce((sum, { values }) => sum + values['integrity.lost']!, 0)
    return lossy.length === 0
      ? []
      : [`${label} of ${run.label} lost ${lost} acknowledged records, in ${lossy.length} of ${all.length} repetitions`]
  })
}

/** Valid repetitions that lack a number which the others have: the sample is smaller than it looks. */
export function gapNotes(
  pairs: readonly { base: Subject; other: Subject; metrics: readonly { metric: string }[] }[],
): string[] {
  const notes = pairs.flatMap(({ base, other, metrics }) =>
    [base, other].flatMap(({ label, run, repetitions }) =>
      metrics.flatMap(({ metric }) => {
        const without = repetitions.filter(({ values }) => values[metric] === undefined)
        return without.length === 0
          ? []
          : [`${label} of ${run.label}: ${metric} was not measured in ${without.map(({ id }) => id).join(', ')}`]
      }),
    ),
  )
  return [...new Set(notes)]
}

/** Results of different kbench versions may mean different things by one name. */
export function definitionNotes(runs: readonly ComparedRun[]): string[] {
  const followed = [...new Set(runs.map(({ definitions }) => definitions))].sort((a, b) => a - b)
  if (followed.length < 2) return []
  const words = followed.map((definitions) => {
    const labels = runs.filter((run) => run.definitions === definitions).map(({ label }) => label)
    return `${labels.join(', ')} ${labels.length === 1 ? 'follows' : 'follow'} definitions ${definitions}`
  })
  return [`${words.join(', ')}: a difference may come from how a number is defined, see docs/measuring.md`]
}
