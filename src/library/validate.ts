import type { Problem } from '../profile/parse.ts'
import { planVariants } from '../profile/plan.ts'
import type { Profile } from '../profile/schema.ts'
import { type ProfileOptions, type ProfileSource, readProfile } from './profile.ts'

export type ValidateOptions = ProfileOptions

export interface Valid {
  ok: true
  /** As messages call it. */
  file: string
  /** With every default. */
  profile: Profile
  /** Ids of what a run would measure, in order: "client=kafkajs,acks=all#2". */
  variants: string[]
  /** What is legal and yet limits what the result can say, a sentence each. */
  notes: string[]
}

export interface Invalid {
  ok: false
  file: string
  /** All that is wrong, by position. `line` and `col` are null for values of `set` and `env`. */
  problems: Problem[]
}

/**
 * Checks a profile, names of plug-ins and layouts included; starts nothing. What is wrong with the profile is the result, not an error.
 * Rejects with a KbenchError `usage` for a file that cannot be read and a plug-in that is wrong.
 */
export async function validate(profile: ProfileSource, options: ValidateOptions = {}): Promise<Valid | Invalid> {
  const read = await readProfile(profile, options)
  if ('problems' in read) return { ok: false, file: read.file, problems: read.problems }
  const variants = planVariants(read.cells, read.profile.repeat).map(({ id }) => id)
  return { ok: true, file: read.file, profile: read.profile, variants, notes: read.notes }
}
