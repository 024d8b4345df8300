import { KbenchError } from '../base/errors.ts'
import type { ComparedRun } from './compared-run.ts'
import { differencesOf } from './run-settings.ts'
import { type Allowed, type Subject, unaskedDifferences } from './subjects.ts'

/** Throws a usage error that lists what differs, where a run has nothing that it may be compared with. */
export function assertAllCompared(
  runs: readonly ComparedRun[],
  subjects: readonly Subject[],
  pairs: readonly (readonly [Subject, Subject])[],
  options: Allowed,
): void {
  if (runs.length === 1) {
    if (pairs.length > 0) return
    const keys = new Set(
      subjects.flatMap((one) => differencesOf(subjects[0]!.settings, one.settings).map(({ key }) => key)),
    )
    const params = [...keys].filter((key) => key in subjects[0]!.params)
    const wanted =
      options.across.length > 0
        ? `its variants do not differ by ${options.across.join(' and ')} alone`
        : 'one run alone'
    throw new KbenchError('usage', `${runs[0]!.label}: nothing to compare, ${wanted}`, {
      hint:
        params.length > 0
          ? `its variants differ by ${params.join(', ')}: name what to compare, like --across ${params[0]}`
          : 'give a second run, or one whose matrix has several variants',
    })
  }
  for (const run of runs.slice(1)) {
    if (pairs.some(([base, other]) => other.run === run && base.run !== run)) continue
    throw unlike(runs[0]!, run, subjects, options)
  }
}

/** What stands between two runs: the differences of the two variants that are most alike. */
function unlike(first: ComparedRun, run: ComparedRun, subjects: readonly Subject[], options: Allowed): KbenchError {
  const of = (one: ComparedRun) => subjects.filter((subject) => subject.run === one)
  const nearest = of(first)
    .flatMap((base) => of(run).map((other) => unaskedDifferences(base, other, options)))
    .sort((a, b) => a.length - b.length)[0]
  if (!nearest) return new KbenchError('usage', `${run.label}: has no variants to compare`)
  const shown = nearest
    .slice(0, 12)
    .map(({ key, base, other }) => `${key}: ${base ?? 'not there'} | ${other ?? 'not there'}`)
  const more = nearest.length > shown.length ? [`and ${nearest.length - shown.length} more`] : []
  const places = nearest.filter(({ key }) => key.startsWith('environment.'))
  const keys = nearest.filter(({ key }) => !key.startsWith('environment.')).map(({ key }) => key)
  const allow = [
    ...keys.slice(0, 3).map((key) => `--across ${key}`),
    ...(places.length > 0 ? ['--allow-environment'] : []),
  ]
  return new KbenchError(
    'usage',
    `${first.label} and ${run.label} are not alike, so their numbers cannot be compared`,
    {
      details: [...shown, ...more],
      hint: `where this is what you want to compare, say so: ${allow.join(' ')}`,
    },
  )
}
