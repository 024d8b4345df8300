import { messageOf } from '../../base/errors.ts'
import { within } from '../../base/within.ts'
import brokerClock from './broker-clock.ts'
import { type Check, type DoctorCheck, lines } from './check.ts'
import clients from './clients.ts'
import clock from './clock.ts'
import cores from './cores.ts'
import disk from './disk.ts'
import type { DoctorJob } from './job.ts'
import openFiles from './open-files.ts'
import permissions from './permissions.ts'
import provider from './provider.ts'
import quotas from './quotas.ts'
import reach, { isReached, type Reach } from './reach.ts'
import recordSize from './record-size.ts'
import replicas from './replicas.ts'
import topic from './topic.ts'

/** In the order in which they are printed. */
const ofMachine: readonly DoctorCheck<never>[] = [clients, provider, cores, disk, openFiles] as never
const ofCluster: readonly DoctorCheck<never>[] = [
  topic,
  permissions,
  replicas,
  recordSize,
  quotas,
  brokerClock,
] as never

/** So long may a check look, ms. */
const patienceMs = 30_000

export interface Checks {
  machine: readonly DoctorCheck<never>[]
  reach: DoctorCheck<Reach>
  cluster: readonly DoctorCheck<never>[]
}

/** All checks of this job. Never rejects: what cannot be looked at is `unknown`, with the reason. */
export async function examine(
  job: DoctorJob,
  checks: Checks = { machine: ofMachine, reach, cluster: ofCluster },
): Promise<Check[]> {
  const machine = await Promise.all(checks.machine.map((each) => run(each, job)))
  // While nothing else makes it late.
  const time = checks.machine === ofMachine ? await run(clock, job) : []
  let isThere = false
  const watched: DoctorCheck<Reach> = {
    ...checks.reach,
    judge(found) {
      isThere = isReached(found)
      return checks.reach.judge(found)
    },
  }
  const reached = await run(watched, job)
  if (job.target === null) return [...machine.flat(), ...time, ...reached]
  const cluster = await Promise.all(
    checks.cluster.map((each) =>
      isThere ? run(each, job) : [lines(each.id).unknown(each.subject, 'not checked: no bootstrap server answers')],
    ),
  )
  return [...machine.flat(), ...time, ...reached, ...cluster.flat()]
}

async function run<F>(check: DoctorCheck<F>, job: DoctorJob): Promise<Check[]> {
  try {
    return check.judge(await within(patienceMs, check.id, () => check.look(job)))
  } catch (error) {
    return [lines(check.id).unknown(check.subject, `cannot be checked: ${messageOf(error)}`)]
  }
}
