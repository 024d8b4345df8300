import type { PartitionState, WorkerReport } from '../contracts/api.ts'
import type {
  AuditedFact,
  EventFact,
  Fact,
  FaultFact,
  FilledFact,
  GuardFact,
  LoadEndedFact,
  ReferenceFact,
  TopicFact,
  WorkerFact,
} from '../contracts/facts.ts'
import type { VariantPlan, WorkerSpec } from '../contracts/plan.ts'
import { type Axis, createAxis } from '../load/axis.ts'
import { type CanaryAcks, createCanaryAcks } from './canary-acks.ts'
import { createGroupSums, type GroupSums } from './group-sums.ts'
import { createHistory, type History, type Spill } from './history.ts'
import type { LagPoint } from './lag.ts'
import { createRows, type Rows } from './rows.ts'
import { createSilences, type Silences } from './silences.ts'
import { createUsage, isUsage, type Usage } from './usage.ts'

/** A frame that comes so long after a full second is still that second's, ns. */
const frameSlackNs = 100e6

/** What is known of one worker. */
export interface WorkerState {
  spec: WorkerSpec
  readyNs: number | null
  /** Partitions that are assigned to it; null = not reported yet. */
  partitions: number | null
  report: WorkerReport | null
  /** It ended without a report, or went silent. */
  lost: { reason: string; hint: string | null; silentS: number | null; atNs: number } | null
  /** It was ended, or asked to leave, by a fault of the profile. */
  byOrder: boolean
  /** Stopped by a fault of the profile, and not resumed yet. */
  paused: boolean
  /** When it was resumed last; what it did not report before that is no fault of its own. */
  resumedNs: number | null
  lastFrameNs: number | null
  /** The longest time by which a frame came late although nobody had stopped the worker, ns, and the last frame before it. */
  stoodStillNs: number
  stoodStillAtNs: number
}

/** One time that a fault of the profile was done; ns of CLOCK_MONOTONIC. */
export interface Occurrence {
  occurrence: number
  use: string
  target: string
  detail: string
  brokers: readonly number[]
  workers: readonly number[]
  injectedNs: number
  verifiedNs: number | null
  /** By what it was seen, where there are several ways. */
  evidence?: string
  healedNs: number | null
  problem: { is: 'not-injected' | 'not-verified' | 'not-healed'; detail: string } | null
}

export interface RebalanceSeen {
  atNs: number
  worker: number
  pauseMs: number | null
  partitionsMoved: number
}

/** The one fold of a recording's facts: the same while it runs and from disk. Only {@link add} changes it. */
export interface Sums {
  add(fact: Fact): void
  readonly topic: TopicFact | null
  readonly filled: FilledFact | null
  readonly startNs: number | null
  readonly wallMs: number | null
  readonly workers: ReadonlyMap<number, WorkerState>
  readonly rows: Rows
  /** As planned, or cut where the load ended before its plan. */
  readonly axis: Axis
  readonly loadEnded: LoadEndedFact | null
  readonly audited: AuditedFact | null
  readonly reference: ReferenceFact | null
  readonly overNs: number | null
  /** The user interrupted the drain. */
  readonly wasCutShort: boolean
  /** By the group's name on the cluster. */
  readonly groups: ReadonlyMap<string, GroupSums>
  readonly lag: ReadonlyMap<string, History<LagPoint>>
  readonly usage: Usage
  /** The last look at what is watched for limits; null = none is. */
  readonly guard: GuardFact | null
  readonly leaders: {
    initial: readonly PartitionState[]
    changes: readonly (PartitionState & { atNs: number })[]
  } | null
  /** null = there was none. */
  readonly canary: CanaryAcks | null
  readonly silences: Silences
  readonly faults: readonly Occurrence[]
  /** When records of the load were received, over all members; null = none was. */
  readonly receivedNs: { first: number; last: number } | null
  readonly rebalances: readonly RebalanceSeen[]
  readonly events: readonly EventFact[]
  /** ns from the start: up to here every worker that is at work has reported. 0 before the start. */
  readonly knownUntilNs: number
  readonly lastFactNs: number | null
}

export const isOver = ({ report, lost }: WorkerState): boolean => report !== null || lost !== null
export const isRunning = (worker: WorkerState): boolean => worker.readyNs !== null && !isOver(worker)

type Draft = { -readonly [K in keyof Omit<Sums, 'add' | 'knownUntilNs'>]: Sums[K] }

/** `spill`: for what is long over. */
export function createSums(plan: VariantPlan, spill: Spill | null = null): Sums {
  const axis = createAxis(plan.axis)
  const workers = new Map<number, WorkerState>()
  const partitions = () => draft.topic?.partitions ?? plan.topic.partitions
  const groups = new Map(plan.groups.map(({ group }) => [group, createGroupSums(plan.topic.partitions)]))
  const lag = new Map(plan.groups.map(({ group }) => [group, createHistory<LagPoint>(spill)]))
  const faults = new Map<number, Occurrence>()
  const leaders = { initial: [] as PartitionState[], changes: [] as (PartitionState & { atNs: number })[] }
  const rebalances: RebalanceSeen[] = []
  const events: EventFact[] = []
  const draft: Draft = {
    topic: null,
    filled: null,
    startNs: null,
    wallMs: null,
    workers,
    rows: createRows((atNs) => axis.rowOf(atNs - (draft.startNs ?? atNs) - frameSlackNs), spill),
    axis,
    loadEnded: null,
    audited: null,
    reference: null,
    overNs: null,
    wasCutShort: false,
    groups,
    lag,
    usage: createUsage(plan.samplers.brokersMs * 1e6),
    guard: null,
    leaders: null,
    canary: null,
    silences: createSilences(),
    faults: [],
    receivedNs: null,
    rebalances,
    events,
    lastFactNs: null,
  }

  function topic(fact: TopicFact): void {
    draft.topic = fact
    // A topic that was there before may have more partitions than the plan, or fewer. Nothing was handed over yet.
    if (fact.partitions !== plan.topic.partitions) {
      for (const group of groups.keys()) groups.set(group, createGroupSums(fact.partitions))
    }
  }

  function worker(fact: WorkerFact): void {
    if (fact.is === 'joined') {
      workers.set(fact.worker, newWorker(fact.spec))
      return
    }
    const state = workers.get(fact.worker)
    if (!state) return
    if (fact.is === 'ready') state.readyNs = fact.atNs
    else if (fact.is === 'assigned') state.partitions = fact.partitions
    else if (fact.is === 'done') state.report = fact.report
    else if (fact.is === 'lost') {
      const { reason, hint, silentS, atNs } = fact
      state.lost ??= { reason, hint, silentS, atNs }
    } else if (fact.is === 'paused') state.paused = true
    else if (fact.is === 'resumed') {
      state.paused = false
      state.resumedNs = fact.atNs
    } else state.byOrder = true // killed, left: a fault ended it
  }

  function frame(fact: Extract<Fact, { fact: 'frame' }>): void {
    draft.rows.add(fact)
    const state = workers.get(fact.worker)
    if (!state) return
    const { role } = state.spec
    if (fact.silence && role.kind === 'producer') draft.silences.add(fact.worker, fact.silence, fact.atNs)
    if (role.kind === 'consumer') groups.get(role.group)?.add(fact)
    if (fact.receivedNs) {
      const { first, last } = draft.receivedNs ?? fact.receivedNs
      draft.receivedNs = { first: Math.min(first, fact.receivedNs.first), last: Math.max(last, fact.receivedNs.last) }
    }
    const beforeNs = Math.max(
      state.lastFrameNs ?? Math.max(draft.startNs ?? fact.atNs, state.readyNs ?? 0),
      state.resumedNs ?? 0,
    )
    const lateNs = fact.atNs - beforeNs - 1e9
    if (!state.paused && lateNs > state.stoodStillNs)
      Object.assign(state, { stoodStillNs: lateNs, stoodStillAtNs: beforeNs })
    state.lastFrameNs = Math.max(state.lastFrameNs ?? 0, fact.atNs)
  }

  function fault(fact: FaultFact): void {
    const { occurrence, atNs } = fact
    if (fact.is === 'begun') faults.set(occurrence, newOccurrence(occurrence, fact.use, atNs))
    const state = faults.get(occurrence)
    if (!state) return
    if (fact.is === 'injected') {
      const { target, brokers, workers: hit, detail } = fact
      Object.assign(state, { target, brokers, workers: hit, detail, injectedNs: atNs })
    } else if (fact.is === 'verified') {
      state.verifiedNs = atNs
      if (fact.evidence !== undefined) state.evidence = fact.evidence
    } else if (fact.is === 'healed') state.healedNs = atNs
    else if (fact.is === 'failed') {
      if (state.target === '') state.target = fact.target
      state.problem ??= { is: fact.problem, detail: fact.detail }
    }
    draft.faults = [...faults.values()]
  }

  function lagPoint(fact: Extract<Fact, { fact: 'lag' }>): void {
    for (const [group, { committed, positions }] of Object.entries(fact.groups)) {
      // The first samples come before the clock runs.
      const atS = Math.round((fact.atNs - (draft.startNs ?? fact.atNs)) / 1e6) / 1000
      const offline = draft.topic?.offline
      lag.get(group)?.push({ atS, ends: fact.ends, committed, positions, ...(offline && { offline }) })
    }
  }

  function add(fact: Fact): void {
    draft.lastFactNs = Math.max(draft.lastFactNs ?? Number.NEGATIVE_INFINITY, fact.atNs)
    if (fact.fact === 'topic') topic(fact)
    else if (fact.fact === 'filled') draft.filled = fact
    else if (fact.fact === 'started') Object.assign(draft, { startNs: fact.startNs, wallMs: fact.wallMs })
    else if (fact.fact === 'worker') worker(fact)
    else if (fact.fact === 'frame') frame(fact)
    else if (fact.fact === 'lag') lagPoint(fact)
    else if (isUsage(fact)) draft.usage.add(fact)
    else if (fact.fact === 'guard') draft.guard = fact
    else if (fact.fact === 'leaders') {
      draft.leaders = leaders
      if (fact.initial) leaders.initial.push(...fact.states)
      else leaders.changes.push(...fact.states.map((state) => ({ ...state, atNs: fact.atNs })))
    } else if (fact.fact === 'canary' || fact.fact === 'canary-stopped') {
      draft.canary ??= createCanaryAcks(Math.min(partitions(), plan.canary?.partitions ?? 0))
      draft.canary.add(fact)
    } else if (fact.fact === 'fault') fault(fact)
    else if (fact.fact === 'rebalance') rebalances.push(fact)
    else if (fact.fact === 'event') {
      events.push(fact)
      if (fact.kind === 'interrupted') draft.wasCutShort = true
    } else if (fact.fact === 'load-ended') {
      // Cutting costs a look at every row: a recording that says it a thousand times is read as fast as others.
      if (draft.loadEnded === null) draft.axis = axis.cut(fact.loadEndNs)
      draft.loadEnded ??= fact
    } else if (fact.fact === 'audited') draft.audited = fact
    else if (fact.fact === 'reference') draft.reference = fact
    else draft.overNs = fact.atNs
  }

  const knownUntilNs = (): number => {
    if (draft.startNs === null) return 0
    // One that is paused still owes the second in which it was stopped.
    const live = [...workers.values()].filter(isRunning)
    const last = live.length === 0 ? [draft.overNs ?? draft.lastFactNs ?? draft.startNs] : live.map(lastReport)
    return Math.max(0, Math.min(...last) - draft.startNs)
  }
  // One that joined in the midst of a run had nothing to report before.
  const lastReport = ({ lastFrameNs, readyNs }: WorkerState): number =>
    lastFrameNs ?? Math.max(draft.startNs!, readyNs ?? 0)

  return Object.defineProperty(Object.assign(Object.create(null, getters(draft)) as Sums, { add }), 'knownUntilNs', {
    get: knownUntilNs,
  })
}

/** What others see of the sums can be read and not written. */
function getters(draft: Draft): PropertyDescriptorMap {
  const names = Object.keys(draft) as (keyof Draft)[]
  return Object.fromEntries(names.map((name) => [name, { enumerable: true, get: () => draft[name] }]))
}

function newWorker(spec: WorkerSpec): WorkerState {
  return {
    spec,
    readyNs: null,
    partitions: null,
    report: null,
    lost: null,
    byOrder: false,
    paused: false,
    resumedNs: null,
    lastFrameNs: null,
    stoodStillNs: 0,
    stoodStillAtNs: 0,
  }
}

function newOccurrence(occurrence: number, use: string, atNs: number): Occurrence {
  const none = { verifiedNs: null, healedNs: null, problem: null }
  return { occurrence, use, target: '', detail: '', brokers: [], workers: [], injectedNs: atNs, ...none }
}
