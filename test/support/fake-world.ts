import { z } from 'zod'
import type { Cluster, Driver, Fault, FaultContext, InjectedFault, Role, WorkerPlan } from '../../src/contracts/api.ts'
import type { Fact, GuardFact, TopicFact } from '../../src/contracts/facts.ts'
import type { FaultTarget, PartitionState } from '../../src/contracts/faults.ts'
import type { VariantPlan } from '../../src/contracts/plan.ts'
import type { Canary, HostListeners, LoadHosts, LoadSite, World } from '../../src/runners/variant/world.ts'
import type { FakeClock } from './fake-clock.ts'
import type { Fate } from './fake-driver.ts'
import { createFakeTopic, type FakeTopic, type FakeTopicOptions } from './fake-topic.ts'
import { createGate, type Gate } from './gate.ts'
import { realWorker } from './real-worker.ts'
import { scriptedWorker } from './scripted-worker.ts'

/** What happens to a worker, of itself. Times are ns from the common start; those before it are told apart by their names. */
export type Trouble =
  | { is: 'freezes'; atNs: number; forNs: number }
  | { is: 'dies' | 'goes-mute'; atNs: number }
  | { is: 'never-ready' | 'dies-at-once' }
  /** So long after the topic began to be filled. */
  | { is: 'dies-at-fill'; afterNs: number }
  /** Sends so many events at once. */
  | { is: 'floods'; atNs: number; events: number }
  /** Sends a message that is no fact. */
  | { is: 'lies'; atNs: number }

/** What a scripted producer makes of the records of a row, which is due as a whole. */
export interface RowOutcome {
  acked: number
  failed?: number
  unknown?: number
  /** Neither acknowledged nor refused, up to the end. */
  open?: number
  /** Not sent at all. */
  unsent?: number
}

export interface WorldOptions {
  clock: FakeClock
  plan: VariantPlan
  /** real: workers of kbench with a fake client, record by record; scripted: frames straight from the schedule. */
  hosts?: 'real' | 'scripted'
  troubles?: Readonly<Record<number, readonly Trouble[]>>
  /** The client of real workers, instead of one that writes to the fake topic. */
  driver?: Driver<unknown>
  /** Of real workers' records. `isInLog`: absent = as acknowledged. */
  fate?(record: { producer: number; sequence: number; partition: number; dueS: number; atS: number }): {
    fate: Fate
    isInLog?: boolean
  }
  /** Of scripted producers: `due` records in the row from `fromS`. Default: all are acknowledged. */
  row?(producer: number, fromS: number, due: number): RowOutcome
  /** Scripted members commit what they read only so many s later. */
  commitLagS?: number
  /** Real members of a group that has committed nothing know where to begin only so many s after their assignment. */
  positionS?: number
  /** What clients report of themselves beside what they are. */
  effectiveConfig?: Record<string, unknown>
  /** At rate max a scripted producer sends so many a second. Default 10 000. */
  maxPerSec?: number
  topic?: Partial<FakeTopicOptions>
  faults?: Readonly<Record<string, Fault<unknown>>>
  /** Nothing of the canary in this partition is acknowledged at this moment, s from the start. */
  isDown?(partition: number, atS: number): boolean
  /** The canary ends by itself at this moment. */
  canaryDiesS?: number
  /** What is watched for limits, by the moment; absent = nothing happens. */
  guard?(atNs: number): Partial<Omit<GuardFact, 'fact' | 'atNs'>>
  /** Facts of the brokers' own metrics. */
  metrics?(atNs: number): readonly Fact[]
  /** Further facts of the samplers. */
  sample?(atNs: number): readonly Fact[]
}

export interface FakeWorld extends World {
  topic: FakeTopic
  /** When the common start is, ns; null = it has not been told. */
  startNs(): number | null
  /** Tells of leaders, as the watch of the leaders does. */
  leaders(states: readonly PartitionState[]): void
  gates: ReadonlyMap<number, Gate>
  /** Hosts, canaries, watches and audits that were opened, and not closed. */
  open(): number
}

/** Everything outside of the engine, in virtual time. */
export function createFakeWorld(options: WorldOptions): FakeWorld {
  const { clock, plan } = options
  const topic = createFakeTopic({ name: plan.names.topic, partitions: plan.topic.partitions, ...options.topic })
  const gates = new Map<number, Gate>()
  let startNs: number | null = null
  let open = 0
  let tellLeaders: (fact: Fact) => void = () => {}
  const opened = <T extends AsyncDisposable>(resource: T): T => {
    open++
    const close = resource[Symbol.asyncDispose].bind(resource)
    let isClosed = false
    return Object.assign(resource, {
      async [Symbol.asyncDispose]() {
        if (!isClosed) open--
        isClosed = true
        await close()
      },
    })
  }
  const secondsFromStart = (atNs: number) => (startNs === null ? -1 : (atNs - startNs) / 1e9)

  const hosts: LoadSite = {
    open(_isolation, _paced, on) {
      const over = new AbortController()
      const coming: (() => void)[] = []
      const later = (atNs: number, action: () => void) => void coming.push(clock.at(atNs, action))
      let isUsed = false
      const begin = (worker: number) => beginTroubles(options.troubles?.[worker] ?? [], worker)
      const beginTroubles = (troubles: readonly Trouble[], worker: number) => {
        for (const trouble of troubles) {
          if ('atNs' in trouble) later(startNs! + trouble.atNs, () => suffer(trouble, worker))
        }
      }
      const suffer = (trouble: Trouble, worker: number) => {
        const gate = gates.get(worker)!
        if (over.signal.aborted) return
        if (trouble.is === 'freezes') {
          gate.freeze()
          later(clock.nowNs() + trouble.forNs, gate.thaw)
        } else if (trouble.is === 'dies') die(worker, 'load host ended with signal SIGSEGV')
        else if (trouble.is === 'goes-mute') gate.mute()
        else if (trouble.is === 'lies') on.message(worker, lie(worker, clock.nowNs()))
        else if (trouble.is === 'floods') {
          for (let n = 0; n < trouble.events; n++) {
            on.message(worker, { type: 'event', atNs: clock.nowNs(), kind: 'client-error', detail: `flood ${n}` })
          }
        }
      }
      const die = (worker: number, reason: string) => {
        const gate = gates.get(worker)!
        if (gate.isDead()) return
        gate.kill()
        on.lost([worker], reason)
      }
      const usage = async () => {
        for (let cpuMs = 0; !over.signal.aborted; cpuMs += 100) {
          on.usage(0, clock.nowNs(), cpuMs, 100e6)
          await clock.sleepUntil(clock.nowNs() + 1e9, over.signal)
        }
      }
      const made: LoadHosts = {
        add(plans) {
          if (!isUsed) void usage()
          isUsed = true
          for (const each of plans) gates.set(each.worker, startWorker(options, topic, each, on, secondsFromStart))
        },
        send(worker, message) {
          const gate = gates.get(worker)!
          const troubles = options.troubles?.[worker] ?? []
          if (message.type === 'init' && troubles.some(({ is }) => is === 'dies-at-once')) {
            die(worker, 'load host ended with exit code 134')
          } else if (message.type === 'init' && troubles.some(({ is }) => is === 'never-ready')) gate.mute()
          if (message.type === 'start') {
            if (!plan.fill || roleOf(plan, worker)?.kind === 'consumer') startNs ??= message.startNs
            if (startNs !== null) begin(worker)
            for (const trouble of troubles) {
              if (trouble.is === 'dies-at-fill')
                later(message.startNs + trouble.afterNs, () => die(worker, 'load host ended with signal SIGKILL'))
            }
          }
          gate.deliver(message)
        },
        handle(worker, what) {
          const gate = gates.get(worker)!
          if (what === 'pause') gate.freeze()
          else if (what === 'resume') gate.thaw()
          else later(clock.nowNs() + 1e6, () => die(worker, 'load host ended with signal SIGKILL'))
        },
        async [Symbol.asyncDispose]() {
          over.abort()
          for (const callOff of coming) callOff()
          for (const gate of gates.values()) gate.kill()
        },
      }
      return opened(made)
    },
  }

  return {
    clock,
    topic,
    gates,
    startNs: () => startNs,
    open: () => open,
    leaders: (states) => tellLeaders({ fact: 'leaders', atNs: clock.nowNs(), initial: false, states }),
    cluster: fakeCluster(topic),
    access: topic.access,
    hosts,
    faults: new Map(Object.entries(options.faults ?? {})),
    openAudit: () => opened(topic.openAudit()),
    sampleUsage: async () => options.sample?.(clock.nowNs()) ?? [],
    sampleMetrics: options.metrics ? async () => options.metrics!(clock.nowNs()) : null,
    openGuard: async () =>
      opened({
        look: async (): Promise<Fact[]> => {
          const seen = { foreign: null, underReplicated: null, problem: null, ...options.guard?.(clock.nowNs()) }
          return [{ fact: 'guard', atNs: clock.nowNs(), ...seen }]
        },
        async [Symbol.asyncDispose]() {},
      }),
    async watchLeaders(_plan, { partitions }, tell) {
      tellLeaders = tell
      tell({ fact: 'leaders', atNs: clock.nowNs(), initial: true, states: calmLeaders(partitions) })
      return opened({ async [Symbol.asyncDispose]() {} })
    },
    startCanary: async (_plan, fact, tell) => opened(sing(options, fact, tell, secondsFromStart)),
  }
}

const fakeCluster = (topic: FakeTopic): Cluster => ({
  network: { bootstrap: ['127.0.0.1:1'] },
  nodes: [1, 2, 3].map((id) => ({ id, host: '127.0.0.1', port: id })),
  access: topic.access,
  describe: async () => ({ layout: 'none', kafkaVersion: null }),
  async [Symbol.asyncDispose]() {},
})

export const calmLeaders = (partitions: number): PartitionState[] =>
  Array.from({ length: partitions }, (_, partition) => ({
    partition,
    leader: 1 + (partition % 3),
    leaderEpoch: 0,
    isr: [1, 2, 3],
    replicas: [1 + (partition % 3), 1 + ((partition + 1) % 3), 1 + ((partition + 2) % 3)],
  }))

const roleOf = (plan: VariantPlan, worker: number): Role | undefined =>
  plan.workers.find((spec) => spec.worker === worker)?.role

function startWorker(
  options: WorldOptions,
  topic: FakeTopic,
  plan: WorkerPlan,
  on: HostListeners,
  secondsFromStart: (atNs: number) => number,
): Gate {
  const gate = createGate(options.clock, (message) => on.message(plan.worker, message))
  const start = options.hosts === 'real' ? realWorker : scriptedWorker
  start({ gate, topic, plan, options, secondsFromStart })
  return gate
}

const lie = (worker: number, atNs: number) =>
  ({
    type: 'frame',
    settled: null,
    frame: { fact: 'frame', worker, atNs, cells: [{ interval: -1, events: {}, latencies: {} }] },
  }) as never

/** Tells every half second of probes that were acknowledged 2 ms after they were sent, every 50 ms. */
function sing(
  { clock, plan, isDown = () => false, canaryDiesS }: WorldOptions,
  { partitions }: TopicFact,
  tell: (fact: Fact) => void,
  secondsFromStart: (atNs: number) => number,
): Canary {
  const over = new AbortController()
  const watched = Math.min(partitions, plan.canary!.partitions)
  const beganNs = clock.nowNs()
  let untilNs = beganNs
  let stopped = false
  const told = (atNs: number) => {
    const acks: number[] = []
    for (; untilNs < atNs; untilNs += 50e6) {
      const ackNs = untilNs + 2e6
      for (let partition = 0; partition < watched; partition++) {
        if (!isDown(partition, secondsFromStart(ackNs))) acks.push(partition, -1, ackNs)
      }
    }
    tell({ fact: 'canary', atNs, acks: Float64Array.from(acks) })
  }
  const stop = (problem: string | null) => {
    if (stopped) return
    stopped = true
    over.abort()
    told(clock.nowNs())
    tell({ fact: 'canary-stopped', atNs: clock.nowNs(), problem })
  }
  tell({ fact: 'canary', atNs: beganNs, acks: new Float64Array(0) })
  void (async () => {
    while (!over.signal.aborted) {
      await clock.sleepUntil(clock.nowNs() + 500e6, over.signal)
      if (over.signal.aborted) return
      if (canaryDiesS !== undefined && secondsFromStart(clock.nowNs()) >= canaryDiesS)
        stop('the canary ended with SIGKILL')
      else told(clock.nowNs())
    }
  })()
  return {
    stop: async () => stop(null),
    async [Symbol.asyncDispose]() {
      stop(null)
    },
  }
}

export interface FakeFault {
  on?: Fault<unknown>['on']
  target?: FaultTarget | null
  /** Does it; the log says what it did. */
  inject?(context: FaultContext): Promise<(() => Promise<void>) | void> | (() => Promise<void>) | void
  /** Default true. */
  verify?: () => boolean
  heal?: () => Promise<void> | void
  done?: Promise<void>
  verifyMs?: number
}

/** A fault as a plug-in has it. */
export function fakeFault({ inject = () => {}, verify = () => true, ...options }: FakeFault = {}): Fault<unknown> {
  return {
    summary: 'a fault of a test',
    on: options.on ?? 'topic',
    target: options.target ?? null,
    needs: [],
    features: [],
    refused: () => null,
    options: z.looseObject({}),
    ...(options.verifyMs === undefined ? {} : { verifyMs: options.verifyMs }),
    async inject(_options, context): Promise<InjectedFault> {
      const undo = await inject(context)
      return {
        detail: 'done by a test',
        verify: async () => verify(),
        ...(options.done ? { done: options.done } : {}),
        async [Symbol.asyncDispose]() {
          await undo?.()
          await options.heal?.()
        },
      }
    },
  }
}
