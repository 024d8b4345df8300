import { setTimeout as delay } from 'node:timers/promises'
import { nowNs } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { createRng } from '../../base/rng.ts'
import type { Fault, FaultContext, FaultWorkers, InjectedFault, WorkerPlan } from '../../contracts/api.ts'
import { faultOptions } from '../../profile/check-faults.ts'
import type { FaultProfile, Profile } from '../../profile/schema.ts'
import { loadPlugin } from '../../registry.ts'
import { readState, resolveTarget } from './fault-targets.ts'
import { type Occurrence, type Session, secondsOf } from './session.ts'

/** The fault of every entry of the profile, loaded. */
async function loadFaults(profile: Profile): Promise<Fault<unknown>[]> {
  return Promise.all(profile.faults.map(({ use }) => loadPlugin('faults', use)))
}

/** Runs every fault of the profile at its time, until `over`; what was done is undone before it resolves, whatever happens. */
export async function runFaults(session: Session, over: AbortSignal): Promise<void> {
  const { signal, variant } = session.job
  const { profile } = variant
  const faults = await loadFaults(profile)
  const stop = AbortSignal.any([over, signal, session.early.signal])
  await Promise.all(profile.faults.map((entry, index) => schedule(session, entry, faults[index]!, index, stop)))
}

async function schedule(
  session: Session,
  entry: FaultProfile,
  fault: Fault<unknown>,
  index: number,
  stop: AbortSignal,
): Promise<void> {
  const measure = session.intervals.find(({ phase }) => phase === 'measure')!
  const beginNs = session.startNs + measure.startNs
  const endNs = session.startNs + session.plans[0]!.loadEndNs
  for (let times = 0; ; times++) {
    const atNs = beginNs + (entry.at + times * (entry.every ?? 0)) * 1e6
    if (atNs >= endNs || (times > 0 && entry.every === undefined)) return
    await until(atNs, stop)
    if (stop.aborted) return
    const healNs = entry.for === undefined ? endNs : Math.min(endNs, atNs + entry.for * 1e6)
    await occur(
      session,
      entry,
      fault,
      createRng(session.job.variant.profile.seed, 7000 + 100 * index + times),
      healNs,
      stop,
    )
  }
}

async function occur(
  session: Session,
  entry: FaultProfile,
  fault: Fault<unknown>,
  rng: ReturnType<typeof createRng>,
  healNs: number,
  stop: AbortSignal,
): Promise<void> {
  const occurrence: Occurrence = {
    use: entry.use,
    target: '',
    detail: '',
    injectedNs: nowNs(),
    verifiedNs: null,
    healedNs: null,
    brokers: [],
    workers: [],
    problem: null,
  }
  session.faults.push(occurrence)
  const tell = (detail: string) => {
    session.events.push({ atS: secondsOf(session, nowNs()), kind: 'fault', detail: `${entry.use}: ${detail}` })
    session.job.progress.log(`${entry.use}: ${detail}`)
  }
  let injected: InjectedFault | null = null
  try {
    const found = await resolveTarget(fault, entry.target, {
      cluster: session.job.cluster,
      topic: session.topic.name,
      running: session.plans.filter(({ worker }) => session.crew.isRunning(worker)),
      planned: session.plans,
      groupNames: new Map(
        session.job.variant.profile.consumers.map(({ group }, index) => [group, session.groups[index]!.group]),
      ),
      rng,
    })
    occurrence.target = found.words
    occurrence.brokers = found.brokers.map(({ id }) => id)
    occurrence.workers = found.workers
    const context: FaultContext = {
      cluster: session.job.cluster,
      brokers: found.brokers,
      topic: session.topic,
      metadata: () => readState(session.job.cluster, session.topic.name),
      workers: workersOf(session, found.workers, stop),
      below: (n) => rng.below(n),
      signal: stop,
      note: tell,
    }
    occurrence.injectedNs = nowNs()
    injected = await fault.inject(fault.options.parse(faultOptions(entry)), context)
    occurrence.injectedNs = injected.atNs ?? occurrence.injectedNs
    occurrence.detail = injected.detail
    tell(injected.detail)
    occurrence.verifiedNs = await verified(injected, fault.verifyMs ?? 2000, stop)
    if (occurrence.verifiedNs === null && !stop.aborted) {
      occurrence.problem = {
        is: 'not-verified',
        detail: `not seen to have happened within ${fault.verifyMs ?? 2000} ms`,
      }
    }
    await Promise.race([until(healNs, stop), ...(injected.done ? [injected.done] : [])])
  } catch (error) {
    if (!session.early.signal.aborted) occurrence.problem = { is: 'not-injected', detail: messageOf(error) }
    tell(`failed: ${messageOf(error)}`)
  } finally {
    if (injected) {
      try {
        await injected[Symbol.asyncDispose]()
        occurrence.healedNs = nowNs()
        tell('over')
      } catch (error) {
        // At the end of the run everything goes anyway.
        if (!stop.aborted) occurrence.problem ??= { is: 'not-healed', detail: messageOf(error) }
        tell(`could not be undone: ${messageOf(error)}`)
      }
    }
  }
}

async function verified(injected: InjectedFault, withinMs: number, stop: AbortSignal): Promise<number | null> {
  const deadlineNs = nowNs() + withinMs * 1e6
  for (;;) {
    if (await injected.verify().catch(() => false)) return nowNs()
    if (nowNs() >= deadlineNs || stop.aborted) return null
    await delay(20)
  }
}

/** The load side for a fault: further members are planned like those that are there. */
function workersOf(session: Session, targets: readonly number[], stop: AbortSignal): FaultWorkers {
  const { crew } = session
  return {
    targets,
    kill: (worker) => crew.kill(worker),
    pause: async (worker) => crew.pause(worker),
    leave: (worker) => crew.leave(worker),
    isRunning: (worker) => crew.isRunning(worker),
    async join(like) {
      const model = session.plans.find(({ worker }) => worker === like)
      if (model?.role.kind !== 'consumer') throw new Error('only consumers can join')
      const { group } = model.role
      const members = session.plans.flatMap(({ role }) =>
        role.kind === 'consumer' && role.group === group ? [role.member] : [],
      )
      const member = Math.max(...members) + 1
      const worker = Math.max(...session.plans.map((plan) => plan.worker)) + 1
      const plan: WorkerPlan = {
        ...model,
        worker,
        clientId: `${model.clientId}-${worker}`,
        role: { kind: 'consumer', group, member },
        consumer: { ...model.consumer!, member },
      }
      session.plans.push(plan)
      await crew.join(plan, session.startNs, stop)
      return worker
    },
  }
}

async function until(atNs: number, signal: AbortSignal): Promise<void> {
  while (nowNs() < atNs && !signal.aborted) {
    await delay(Math.max(1, (atNs - nowNs()) / 1e6), undefined, { signal }).catch(() => {})
  }
}
