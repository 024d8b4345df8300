import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after } from 'node:test'
import kafkajs from 'kafkajs'
import type { BrokerNode, Cluster, ClusterFeature, FaultContext, InjectedFault } from '../../src/contracts/api.ts'
import { createTopic } from '../../src/kafka/topics.ts'
import { during as duringFault, contextOf as faultContext } from './_fault-site.ts'
import { idsFrom, sandbox, shortenSessions, start, until } from './_providers.ts'

/** The topic that faults are injected into. */
export const topic = { name: 'kbench-faults', partitions: 6 }

const box = sandbox('local')
after(box.remove)

let cluster: Cluster

/** Three local brokers that are given up after a short silence, and the topic. */
export async function startCluster(features: readonly ClusterFeature[]): Promise<void> {
  shortenSessions()
  cluster = await start('local', { layout: 'kraft-3', directory: box.directory(), features })
  const config = { 'min.insync.replicas': 1 }
  await createTopic(cluster.network, { ...topic, replicationFactor: 2, config }, new AbortController().signal)
}

export const stopCluster = async (): Promise<void> => cluster?.[Symbol.asyncDispose]()
export const current = (): Cluster => cluster
export const node = (id: number): BrokerNode =>
  cluster.nodes.find((each) => each.id === id) ?? assert.fail(`no broker ${id}`)
export const others = ({ id }: BrokerNode): BrokerNode[] => cluster.nodes.filter((each) => each.id !== id)

const site = { cluster: current, topic }
export const contextOf = (brokers: readonly BrokerNode[]): FaultContext => faultContext(site, brokers)
export const during = (
  name: string,
  options: Record<string, unknown>,
  brokers: readonly BrokerNode[],
  witness: (injected: InjectedFault) => Promise<void>,
): Promise<void> => duringFault(site, name, options, brokers, witness)

/** All brokers list all, and all partitions are in sync: the next fault meets a cluster that is well. */
export async function awaitHealth(): Promise<void> {
  await until('the cluster is well again', async () => {
    const lists = await Promise.all(cluster.nodes.map(idsFrom))
    if (!lists.every((ids) => ids.join() === '1,2,3')) return false
    const { partitions } = await contextOf([]).metadata()
    return partitions.length > 0 && partitions.every(({ isr, replicas }) => isr.length === replicas.length)
  })
}

export const kafka = (): kafkajs.Kafka =>
  new kafkajs.Kafka({ brokers: [...cluster.network.bootstrap], logLevel: 0, retry: { retries: 20 } })

/** With an administrator's client that has nothing of kbench. */
export async function asAdmin<T>(act: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const admin = kafka().admin()
  await admin.connect()
  return act(admin).finally(() => admin.disconnect())
}

/** Connects as any client would; the code of the error where it cannot. */
export function dial({ host, port }: BrokerNode): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 })
    const end = (outcome: string) => {
      socket.destroy()
      resolve(outcome)
    }
    socket.once('connect', () => end('connected'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'))
    socket.once('timeout', () => end('timeout'))
  })
}
