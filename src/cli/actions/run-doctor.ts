import { exitCodes } from '../../base/errors.ts'
import type { Sets } from '../../profile/overrides.ts'
import { parseProfile } from '../../profile/parse.ts'
import type { Check, Level } from '../../runners/doctor/check.ts'
import { examine } from '../../runners/doctor/examine.ts'
import { doctorJob } from '../../runners/doctor/job.ts'
import { createRunId } from '../../store/folder.ts'
import { hasColour } from '../outputs.ts'
import { doctorText } from '../text/doctor-text.ts'
import { print } from '../text/print-table.ts'
import { loadProfile } from './load-profile.ts'

export interface DoctorOptions {
  set: Sets
  results: string
  json?: true
}

/** Checks what a run of the profile needs (without one: of a profile of defaults), prints it, and resolves to the exit code. Throws `profile`. */
export async function runDoctor(file: string | undefined, { set, results, json }: DoctorOptions): Promise<number> {
  const { profile, cells } =
    file === undefined
      ? parseProfile('{ name: doctor, consumers: [{ group: g1 }] }', { file: 'doctor', sets: set, env: process.env })
      : await loadProfile(file, set, process.env)
  const runId = createRunId(profile.name, new Date(), Math.random())
  const job = await doctorJob(profile, cells, { runId, results, signal: new AbortController().signal })
  let checks: Check[]
  try {
    checks = await examine(job)
  } finally {
    await job.target?.brokers[Symbol.asyncDispose]()
  }
  print(json, checks, () => doctorText(checks, { colour: hasColour(process.stdout) }))
  const has = (level: Level) => checks.some((check) => check.level === level)
  return has('failure') ? exitCodes.environment : exitCodes.ok
}
