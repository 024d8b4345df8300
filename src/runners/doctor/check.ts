import type { DoctorJob } from './job.ts'

/** ok; warning: a run works, with less than it could have; failure: it does not; unknown: that cannot be known, and why. */
export type Level = 'ok' | 'warning' | 'failure' | 'unknown'

/** One line of `kbench doctor profile.yaml`, and one element of what `--json` prints (docs/doctor.md). */
export interface Check {
  /** The kind of check; several lines may have the same. */
  id: string
  level: Level
  /** What was checked: "broker 1 at b-1:9096", "Write on topic orders". */
  subject: string
  text: string
  /** What to do; null = nothing is to be done. */
  remedy: string | null
}

/** A file in this folder: what it looks at, and what it makes of that. */
export interface DoctorCheck<F> {
  id: string
  /** What its line is about where it cannot look. */
  subject: string
  /** cluster: only where the profile's cluster is there already, and answers. */
  of: 'machine' | 'cluster'
  /** All I/O. What it rejects with becomes `unknown`. Writes and creates nothing. */
  look(job: DoctorJob): Promise<F>
  /** Pure. */
  judge(found: F): Check[]
}

export const defineCheck = <F>(check: DoctorCheck<F>): DoctorCheck<F> => check

/** Makes the lines of one kind. */
export const lines = (id: string) => ({
  ok: (subject: string, text: string): Check => ({ id, level: 'ok', subject, text, remedy: null }),
  warning: (subject: string, text: string, remedy: string): Check => ({ id, level: 'warning', subject, text, remedy }),
  failure: (subject: string, text: string, remedy: string): Check => ({ id, level: 'failure', subject, text, remedy }),
  unknown: (subject: string, text: string, remedy: string | null = null): Check => ({
    ...{ id, level: 'unknown', subject, text, remedy },
  }),
})
