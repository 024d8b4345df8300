import { setTimeout as delay } from 'node:timers/promises'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { Rng } from '../../base/rng.ts'
import type { BrokerNode, Cluster, ClusterState, Fault, FaultTarget } from '../../contracts/api.ts'
import type { WorkerSpec } from '../../contracts/plan.ts'
import { createBrokers } from '../../kafka/brokers.ts'
import { clientIdOf } from '../../kafka/client-id.ts'
import { stateRequest } from '../../kafka/state-requests.ts'
import { type BrokerConnection, controllerOf } from '../../kafka/wire.ts'

/** What a fault hits, once it is known which that is. */
export interface ResolvedTarget {
  brokers: BrokerNode[]
  workers: number[]
  /** "broker 2, leader of partition 0" */
  words: string
}

export interface TargetContext {
  cluster: Cluster
  topic: string
  /** Workers that are at work now, and all that there have been. */
  running: readonly WorkerSpec[]
  planned: readonly WorkerSpec[]
  /** Name in the profile → name on the cluster. */
  groupNames: ReadonlyMap<string, string>
  rng: Rng
}

/** So long the others may take once one broker has answered. */
const othersMs = 100
const timeoutMs = 2000

/**
 * Partition state now: the newest that a broker knows. One that has just come back may answer first, and with yesterday's leaders, or
 * without the topic.
 */
export async function readState(cluster: Cluster, topic: string): Promise<ClusterState> {
  const states: ClusterState[] = []
  await askBrokers(
    cluster,
    async (answers: Promise<ClusterState>[]) => {
      const moments = answers.map(async (answer) => {
        const state = await answer
        if (state.partitions.length === 0) throw new Error(`it does not know topic ${topic}`)
        states.push(state)
      })
      await Promise.any(moments)
      await Promise.race([Promise.allSettled(moments), delay(othersMs)])
    },
    (connection) => connection.send(stateRequest(topic)),
  )
  const age = ({ partitions }: ClusterState) => partitions.reduce((sum, { leaderEpoch }) => sum + leaderEpoch, 0)
  return states.reduce((newest, state) => (age(state) > age(newest) ? state : newest))
}

/** Finds the targets of one occurrence of a fault. Throws `environment` when there is none now. */
export async function resolveTarget(
  fault: Pick<Fault<unknown>, 'on' | 'target' | 'targetIsModel'>,
  wanted: FaultTarget | undefined,
  context: TargetContext,
): Promise<ResolvedTarget> {
  const target = wanted ?? fault.target
  if (target === null || fault.on === 'topic') return { brokers: [], workers: [], words: `topic ${context.topic}` }
  if (fault.on === 'broker') return resolveBrokers(target, context)
  return resolveWorkers(fault.on, target, fault.targetIsModel ? context.planned : context.running, context)
}

async function resolveBrokers(target: FaultTarget, context: TargetContext): Promise<ResolvedTarget> {
  const { cluster, topic, rng } = context
  if (cluster.nodes.length === 0)
    throw new KbenchError('environment', 'there is no broker in this cluster to choose from')
  if (target === 'all') return { brokers: [...cluster.nodes], workers: [], words: 'all brokers' }
  if (target === 'random') {
    const node = cluster.nodes[rng.below(cluster.nodes.length)]!
    return one(context, node.id, 'chosen at random')
  }
  if (target === 'controller') return one(context, await fromAnyBroker(cluster, controllerOf), 'active controller')
  if ('broker' in target) return one(context, target.broker, null)
  if ('coordinatorOf' in target) {
    const group = context.groupNames.get(target.coordinatorOf) ?? [...context.groupNames.values()][0]
    if (group === undefined) throw new KbenchError('environment', 'there is no group to have a coordinator')
    const { nodeId } = await fromAnyBroker(cluster, (connection) => connection.coordinator(group))
    return one(context, nodeId, `coordinator of group ${target.coordinatorOf || [...context.groupNames.keys()][0]}`)
  }
  if ('leaderOf' in target || 'followerOf' in target) {
    const id = 'leaderOf' in target ? target.leaderOf : target.followerOf
    const { partitions } = await readState(cluster, topic)
    const state = partitions.find(({ partition }) => partition === id)
    if (!state || state.leader < 0) throw new KbenchError('environment', `partition ${id} has no leader now`)
    if ('leaderOf' in target) return one(context, state.leader, `leader of partition ${id}`)
    const followers = state.isr.filter((broker) => broker !== state.leader)
    if (followers.length === 0) throw new KbenchError('environment', `partition ${id} has no follower in sync now`)
    return one(context, followers[rng.below(followers.length)]!, `follower of partition ${id}`)
  }
  throw new KbenchError('environment', 'the target is no broker')
}

function one({ cluster }: TargetContext, id: number, role: string | null): ResolvedTarget {
  const node = cluster.nodes.find((candidate) => candidate.id === id)
  if (!node) {
    const ids = cluster.nodes.map((candidate) => candidate.id).join(', ')
    throw new KbenchError('environment', `there is no broker ${id} in this cluster, only ${ids}`)
  }
  return { brokers: [node], workers: [], words: role === null ? `broker ${id}` : `broker ${id}, ${role}` }
}

function resolveWorkers(
  on: 'consumer' | 'producer',
  target: FaultTarget,
  candidates: readonly WorkerSpec[],
  { groupNames, rng }: TargetContext,
): ResolvedTarget {
  const all = candidates.filter(({ role }) => role.kind === on)
  let found = all
  if (target === 'random') found = all.length === 0 ? [] : [all[rng.below(all.length)]!]
  else if (typeof target === 'object' && 'member' in target) {
    const group = target.group === undefined ? [...groupNames.values()][0] : groupNames.get(target.group)
    found = all.filter(({ role }) => role.kind === 'consumer' && role.group === group && role.member === target.member)
  } else if (typeof target === 'object' && 'producer' in target) {
    found = all.filter(({ role }) => role.kind === 'producer' && role.index === target.producer)
  }
  if (found.length === 0) throw new KbenchError('environment', `no ${on} that is the target is running`)
  const labels = new Map([...groupNames].map(([label, name]) => [name, label]))
  const words = found.map(({ role }) =>
    role.kind === 'producer'
      ? `producer ${role.index}`
      : `member ${role.member} of group ${labels.get(role.group) ?? role.group}`,
  )
  return { brokers: [], workers: found.map(({ worker }) => worker), words: words.join(', ') }
}

function fromAnyBroker<T>(cluster: Cluster, ask: (connection: BrokerConnection) => Promise<T>): Promise<T> {
  return askBrokers(cluster, (answers) => Promise.any(answers), ask)
}

async function askBrokers<T, R>(
  cluster: Cluster,
  choose: (answers: Promise<T>[]) => Promise<R>,
  ask: (connection: BrokerConnection) => Promise<T>,
): Promise<R> {
  const brokers = createBrokers(cluster.network, { clientId: clientIdOf(cluster.network, 'faults'), timeoutMs })
  try {
    return await choose(cluster.nodes.map((node) => brokers.on(node, ask)))
  } catch (error) {
    const reasons = error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : messageOf(error)
    throw new KbenchError('environment', `no broker answered: ${reasons}`, { cause: error })
  } finally {
    // Not waited for: a broker that hangs would hold up the next fault by its time-out.
    void brokers[Symbol.asyncDispose]()
  }
}
