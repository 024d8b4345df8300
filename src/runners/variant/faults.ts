import { messageOf } from '../../base/errors.ts'
import { createRng, type Rng } from '../../base/rng.ts'
import { within } from '../../base/within.ts'
import type { Fault, FaultContext, FaultWorkers, InjectedFault } from '../../contracts/api.ts'
import type { FaultFact } from '../../contracts/facts.ts'
import type { FaultSpec, WorkerSpec } from '../../contracts/plan.ts'
import { isRunning } from '../../recording/sums.ts'
import { type ResolvedTarget, readState, resolveTarget } from './fault-targets.ts'
import type { Scene } from './scene.ts'

const verifyMs = 2000
const verifyEveryNs = 20e6
/** One look at whether it happened, ms. */
const lookMs = 5000
/** Undoing what was begun when the load ends before the injection does, ms. */
const giveUpMs = 30_000
/** Brokers that are started again, ms. */
const healMs = 90_000

/** Runs every fault of the plan at its time, until `over`; what was done is undone before it resolves, whatever happens. */
export async function runFaults(scene: Scene, over: AbortSignal): Promise<void> {
  const stop = AbortSignal.any([over, scene.signal, scene.ended.signal])
  let occurrences = 0
  const next = () => occurrences++
  await Promise.all(scene.recording.plan.faults.map((spec, index) => schedule(scene, spec, index, next, stop)))
}

async function schedule(
  scene: Scene,
  spec: FaultSpec,
  index: number,
  next: () => number,
  stop: AbortSignal,
): Promise<void> {
  const { recording, world } = scene
  const { sums, plan } = recording
  const measure = sums.axis.phase('measure')
  if (!measure) return
  const endNs = sums.startNs! + sums.axis.loadEndNs
  for (let times = 0; ; times++) {
    const atNs = sums.startNs! + measure.fromNs + (spec.atMs + times * (spec.everyMs ?? 0)) * 1e6
    if (atNs >= endNs || (times > 0 && spec.everyMs === null)) return
    await world.clock.sleepUntil(atNs, stop)
    if (stop.aborted) return
    const healNs = spec.forMs === null ? endNs : Math.min(endNs, atNs + spec.forMs * 1e6)
    await occur(scene, spec, next(), createRng(plan.seed, 7000 + 100 * index + times), healNs, stop)
  }
}

/** What a fact says beside when and of which occurrence. */
type Said = FaultFact extends infer F ? (F extends FaultFact ? Omit<F, 'fact' | 'atNs' | 'occurrence'> : never) : never

async function occur(
  scene: Scene,
  spec: FaultSpec,
  occurrence: number,
  rng: Rng,
  healNs: number,
  stop: AbortSignal,
): Promise<void> {
  const { recording, world, progress } = scene
  const { clock } = world
  const fault = world.faults.get(spec.use)!
  const say = (said: Said, atNs = clock.nowNs()) =>
    recording.append({ fact: 'fault', atNs, occurrence, ...said } as FaultFact)
  const note = (detail: string) => {
    recording.append({ fact: 'event', atNs: clock.nowNs(), kind: 'fault', detail: `${spec.use}: ${detail}` })
    progress.log(`${spec.use}: ${detail}`)
  }
  let target: ResolvedTarget = { brokers: [], workers: [], words: '' }
  let injected: InjectedFault | null = null
  say({ is: 'begun', use: spec.use })
  try {
    target = await findTarget(scene, fault, spec, rng)
    const beganNs = clock.nowNs()
    injected = await inject(scene, fault, spec, contextOf(scene, target, rng, stop, note), healNs)
    const { words, workers, brokers } = target
    say(
      { is: 'injected', target: words, brokers: brokers.map(({ id }) => id), workers, detail: injected.detail },
      injected.atNs ?? beganNs,
    )
    note(injected.detail)
    const withinMs = injected.verifyMs ?? fault.verifyMs ?? verifyMs
    const seen = await verified(scene, injected, withinMs, stop)
    if (seen !== null) {
      say({ is: 'verified', ...(seen.evidence !== null && { evidence: seen.evidence }) }, seen.atNs)
      if (seen.evidence !== null) note(`verified: ${seen.evidence}`)
    } else if (!isCutShort(scene)) {
      const within = stop.aborted ? 'before the load ended' : `within ${withinMs} ms`
      say({ is: 'failed', problem: 'not-verified', target: words, detail: `not seen to have happened ${within}` })
    }
    await Promise.race([clock.sleepUntil(healNs, stop), ...(injected.done ? [injected.done] : [])])
  } catch (error) {
    if (!isCutShort(scene)) {
      say({ is: 'failed', problem: 'not-injected', target: target.words, detail: messageOf(error) })
    }
    note(`failed: ${messageOf(error)}`)
  } finally {
    if (injected) {
      const isRunOver = stop.aborted
      try {
        const undo = injected
        await within(healMs, `healing of ${spec.use}`, async () => undo[Symbol.asyncDispose](), { clock })
        say({ is: 'healed' })
        note('over')
      } catch (error) {
        // At the end of the run everything goes anyway.
        if (!isRunOver) say({ is: 'failed', problem: 'not-healed', target: target.words, detail: messageOf(error) })
        note(`could not be undone: ${messageOf(error)}`)
      }
    }
  }
}

/** Given up when it is still not done long after its end. */
async function inject(
  { world }: Scene,
  fault: Fault<unknown>,
  { use, options }: FaultSpec,
  context: FaultContext,
  endNs: number,
): Promise<InjectedFault> {
  const { clock } = world
  const injecting = fault.inject(fault.options.parse(options), context)
  const limitMs = (endNs - clock.nowNs()) / 1e6 + giveUpMs
  try {
    return await within(limitMs, `injection of ${use}`, () => injecting, {
      clock,
      signal: context.signal,
      graceMs: giveUpMs,
    })
  } catch (error) {
    // What is done later has nobody who undoes it.
    injecting.then((late) => late[Symbol.asyncDispose]()).catch(() => undefined)
    throw error
  }
}

/** By the user or a threshold: what was not seen by then might have been. */
function isCutShort({ recording: { sums }, signal }: Scene): boolean {
  return signal.aborted || sums.loadEnded?.by === 'threshold' || sums.loadEnded?.by === 'interrupt'
}

function findTarget({ recording, world, topic }: Scene, fault: Fault<unknown>, spec: FaultSpec, rng: Rng) {
  const { plan, sums } = recording
  const workers = [...sums.workers.values()]
  return resolveTarget(fault, spec.target ?? undefined, {
    cluster: world.cluster,
    topic: topic.name,
    running: workers.filter(isRunning).map((worker) => worker.spec),
    planned: workers.map((worker) => worker.spec),
    groupNames: new Map(plan.groups.map(({ label, group }) => [label, group])),
    rng,
  })
}

function contextOf(
  scene: Scene,
  target: ResolvedTarget,
  rng: Rng,
  stop: AbortSignal,
  note: (detail: string) => void,
): FaultContext {
  const { world, topic } = scene
  return {
    cluster: world.cluster,
    clock: world.clock,
    brokers: target.brokers,
    topic: { name: topic.name, partitions: topic.partitions },
    metadata: () => readState(world.cluster, topic.name),
    workers: workersOf(scene, target.workers, stop),
    below: (n) => rng.below(n),
    signal: stop,
    log: world.log ?? (async () => {}),
    note,
  }
}

async function verified(
  { world }: Scene,
  injected: InjectedFault,
  withinMs: number,
  stop: AbortSignal,
): Promise<{ atNs: number; evidence: string | null } | null> {
  const { clock } = world
  const deadlineNs = clock.nowNs() + withinMs * 1e6
  for (;;) {
    const look = () => injected.verify()
    const seen = await within(lookMs, 'look', look, { clock }).catch(() => false as const)
    if (seen !== false) return { atNs: clock.nowNs(), evidence: seen === true ? null : seen }
    if (clock.nowNs() >= deadlineNs || stop.aborted) return null
    await clock.sleepUntil(clock.nowNs() + verifyEveryNs)
  }
}

/** The load side for a fault: further members are planned like those that are there. */
function workersOf({ recording, crew }: Scene, targets: readonly number[], stop: AbortSignal): FaultWorkers {
  const { sums } = recording
  return {
    targets,
    kill: (worker) => crew.kill(worker),
    pause: async (worker) => crew.pause(worker),
    leave: (worker) => crew.leave(worker),
    isRunning: (worker) => {
      const state = sums.workers.get(worker)
      return state !== undefined && isRunning(state)
    },
    async join(like) {
      const all = [...sums.workers.values()].map(({ spec }) => spec)
      const model = all.find(({ worker }) => worker === like)
      if (model?.role.kind !== 'consumer') throw new Error('only consumers can join')
      const { group } = model.role
      const members = all.flatMap(({ role }) => (role.kind === 'consumer' && role.group === group ? [role.member] : []))
      const member = Math.max(...members) + 1
      const worker = Math.max(...all.map((spec) => spec.worker)) + 1
      const spec: WorkerSpec = {
        ...model,
        worker,
        clientId: `${model.clientId}-${worker}`,
        role: { kind: 'consumer', group, member },
        consumer: { ...model.consumer!, member },
      }
      await crew.join(spec, sums.startNs!, stop)
      return worker
    },
  }
}
