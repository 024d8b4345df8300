import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type {
  BrokerNode,
  BrokerProxy,
  Cluster,
  ClusterState,
  IsolatedFrom,
  PartitionState,
} from '../../src/contracts/api.ts'

/**
 * Three brokers as far as faults need them: processes with made-up ids, each with a real listener that speaks the few requests
 * of Kafka's protocol, a Toxiproxy in front and a network that can be cut. What dies leaves the metadata at once.
 */
export interface FakeKafka extends AsyncDisposable {
  cluster: Cluster
  nodes: FakeNode[]
  topic: { name: string; partitions: number }
  metadata(): Promise<ClusterState>
  /** The next so many requests for offsets are answered with NOT_LEADER_OR_FOLLOWER. */
  refuseOffsets(times: number): void
  /** Error codes with which every broker answers from now on: records, new topics, a look at a topic. */
  refuse(codes: { produce?: number; create?: number; look?: number }): void
  /** Bit fields of authorized operations that every broker reports from now on; at first they report none. `read`: of the group. */
  allow(operations: { topic?: number; group?: number; cluster?: number; read?: boolean }): void
  /** Every request, in order. `topics`: those that its metadata are asked for, null = all. */
  asked: { api: number; topics?: readonly string[] | null }[]
  /** What this broker says of the partitions from now on, whatever they are; none = it does not know the topic. null = the truth again. */
  believes(id: number, partitions: PartitionState[] | null): void
  /** Partitions of the topic that a producer has written to, in order. */
  produced: number[]
  /** Everything that a fault may change, for comparing before with after. */
  snapshot(): unknown
}

export interface FakeNode extends BrokerNode {
  /** Ends the process, as any cause might. */
  crash(): Promise<void>
}

interface Model {
  controllerId: number
  partitions: PartitionState[]
  configs: Map<string, Map<string, string>>
  refusals: number
  refused: { produce?: number; create?: number; look?: number }
  allowed: { topic: number; group: number; cluster: number; read: boolean }
  asked: FakeKafka['asked']
  /** Says yes to everything and does nothing. */
  lies: boolean
  /** Requests that are acknowledged only, and have no effect, when it lies. */
  nodes: Map<number, NodeState>
  /** By broker: what it says instead of the truth. */
  beliefs: Map<number, PartitionState[]>
  produced: number[]
}

interface NodeState {
  alive: boolean
  frozen: boolean
  disabled: boolean
  isolated: IsolatedFrom | null
  toxics: { type: string; attributes: Readonly<Record<string, number>> }[]
  starts: number
}

const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder')
const Decoder = require('kafkajs/src/protocol/decoder')

const notTold = -2_147_483_648

export async function startFakeKafka({
  lies = false,
  disk,
}: {
  lies?: boolean
  disk?: string
} = {}): Promise<FakeKafka> {
  const ids = [1, 2, 3]
  const model: Model = {
    lies,
    controllerId: 2,
    // Nobody is led by the preferred replica: an election has something to do.
    partitions: [0, 1, 2].map((partition) => ({
      partition,
      leader: ids[(partition + 1) % 3]!,
      leaderEpoch: 1,
      replicas: [ids[partition]!, ids[(partition + 1) % 3]!],
      isr: [ids[partition]!, ids[(partition + 1) % 3]!],
    })),
    refusals: 0,
    refused: {},
    allowed: { topic: notTold, group: notTold, cluster: notTold, read: true },
    asked: [],
    beliefs: new Map(),
    produced: [],
    configs: new Map([['4/1', new Map([['num.io.threads', '8']])]]),
    nodes: new Map(
      ids.map((id) => [
        id,
        { alive: true, frozen: false, disabled: false, isolated: null, toxics: [], starts: 1 } satisfies NodeState,
      ]),
    ),
  }
  const nodes: FakeNode[] = []
  const stops: (() => Promise<void>)[] = []
  for (const id of ids) {
    const { node, stop } = await startNode(id, model, () => nodes, disk)
    nodes.push(node)
    stops.push(stop)
  }
  const state = () => stateOf(model, nodes, null)
  return {
    nodes,
    cluster: {
      network: { bootstrap: nodes.map(({ host, port }) => `${host}:${port}`) },
      nodes,
      describe: async () => ({ layout: 'fake', kafkaVersion: null }),
      async [Symbol.asyncDispose]() {},
    },
    topic: { name: 't', partitions: 3 },
    metadata: async () => state(),
    refuseOffsets(times) {
      model.refusals = times
    },
    refuse: (codes) => void Object.assign(model.refused, codes),
    allow: (operations) => void Object.assign(model.allowed, operations),
    asked: model.asked,
    produced: model.produced,
    believes(id, partitions) {
      if (partitions === null) model.beliefs.delete(id)
      else model.beliefs.set(id, partitions)
    },
    snapshot: () => ({
      replicas: model.partitions.map(({ replicas }) => [...replicas]),
      configs: [...model.configs].map(([resource, values]) => [resource, Object.fromEntries(values)]),
      nodes: [...model.nodes].map(([id, { starts, ...rest }]) => ({ id, ...rest, toxics: rest.toxics.length })),
    }),
    async [Symbol.asyncDispose]() {
      await Promise.all(stops.map((stop) => stop()))
    },
  }
}

function stateOf(model: Model, nodes: readonly FakeNode[], asker: number | null): ClusterState {
  const isIn = (id: number) => {
    const node = model.nodes.get(id)
    return node?.alive === true && (node.isolated === null || node.isolated === 'clients' || id === asker)
  }
  return {
    brokers: nodes.filter(({ id }) => isIn(id)).map(({ id, host, port }) => ({ id, host, port, rack: null })),
    // With KRaft the metadata name any broker.
    controllerId: asker ?? model.controllerId,
    partitions: (model.beliefs.get(asker ?? -1) ?? model.partitions).map((state) => {
      const isr = state.isr.filter(isIn)
      return { ...state, isr, leader: isIn(state.leader) ? state.leader : (isr[0] ?? -1) }
    }),
  }
}

async function startNode(id: number, model: Model, nodes: () => FakeNode[], disk: string | undefined) {
  const state = model.nodes.get(id)!
  const sockets = new Set<Socket>()
  let server: Server | null = null
  let port = 0
  const isOpen = () => state.alive && !state.disabled && (state.isolated === null || state.isolated === 'peers')
  const listen = async () => {
    server = createServer((socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket)).on('error', () => {})
      serve(socket, id, model, nodes)
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  const close = async () => {
    const closing = server
    server = null
    for (const socket of sockets) socket.destroy()
    if (closing) await new Promise((resolve) => closing.close(resolve))
  }
  /** Makes the listener what the state says, one change after the other. */
  let settled = Promise.resolve()
  const settle = () => {
    settled = settled.then(async () => {
      if (isOpen() && server === null) await listen()
      if (!isOpen() && server !== null) await close()
    })
    return settled
  }
  /** Changes the state until disposed; a liar only says so. */
  const change = async (apply: () => void, undo: () => void): Promise<AsyncDisposable> => {
    if (!model.lies) apply()
    await settle()
    return {
      async [Symbol.asyncDispose]() {
        if (!model.lies) undo()
        await settle()
      },
    }
  }
  await listen()
  const proxy: BrokerProxy = {
    toxic(type, _stream, attributes) {
      const toxic = { type, attributes }
      return change(
        () => void state.toxics.push(toxic),
        () => {
          state.toxics = state.toxics.filter((each) => each !== toxic)
        },
      )
    },
    disable: () =>
      change(
        () => {
          state.disabled = true
        },
        () => {
          state.disabled = false
        },
      ),
  }
  const node: FakeNode = {
    id,
    host: '127.0.0.1',
    port,
    proxy,
    ...(disk !== undefined && { disk: { path: disk } }),
    // No process of this machine has such a number.
    get pid() {
      return state.alive ? 1_000_000_000 + 100 * id + state.starts : undefined
    },
    async signal(signal) {
      if (!state.alive) throw new Error(`broker ${id} does not run`)
      if (model.lies) return
      if (signal === 'SIGSTOP') state.frozen = true
      else if (signal === 'SIGCONT') state.frozen = false
      else await node.crash()
    },
    async start() {
      if (state.alive) throw new Error(`broker ${id} still runs`)
      Object.assign(state, { alive: true, frozen: false, starts: state.starts + 1 })
      await settle()
    },
    isolate: (from) =>
      change(
        () => {
          state.isolated = from
        },
        () => {
          state.isolated = null
        },
      ),
    async crash() {
      state.alive = false
      await settle()
    },
  }
  return { node, stop: close }
}

function serve(socket: Socket, id: number, model: Model, nodes: () => FakeNode[]): void {
  const state = model.nodes.get(id)!
  const toxic = (type: string) => state.toxics.find((each) => each.type === type)
  let buffered = Buffer.alloc(0)
  socket.on('data', (data) => {
    if (toxic('reset_peer')) return void socket.resetAndDestroy()
    buffered = Buffer.concat([buffered, data])
    while (buffered.length >= 4 && buffered.length >= 4 + buffered.readInt32BE(0)) {
      const end = 4 + buffered.readInt32BE(0)
      const request = new Decoder(buffered.subarray(4, end))
      buffered = buffered.subarray(end)
      if (state.frozen || toxic('timeout')) continue
      const [apiKey, apiVersion, correlation] = [request.readInt16(), request.readInt16(), request.readInt32()]
      request.readString()
      const body = answer(apiKey, apiVersion, request, id, model, nodes())
      const payload = new Encoder().writeInt32(correlation).writeEncoder(body).buffer
      const delayMs = state.toxics.reduce((sum, { attributes }) => sum + (attributes.latency ?? 0), 0)
      void delay(delayMs).then(() => socket.write(new Encoder().writeInt32(payload.length).writeBuffer(payload).buffer))
    }
  })
}

const array = <T>(encoder: typeof Encoder, items: readonly T[], write: (item: T) => void) => {
  encoder.writeInt32(items.length)
  for (const item of items) write(item)
}

/** The body of the answer; the versions are those that src/kafka asks for. */
function answer(
  apiKey: number,
  apiVersion: number,
  request: typeof Decoder,
  id: number,
  model: Model,
  nodes: readonly FakeNode[],
): typeof Encoder {
  const out = new Encoder()
  if (apiKey === 18) {
    out.writeInt16(0)
    const highest = {
      0: 7,
      2: 1,
      3: 8,
      10: 0,
      12: 2,
      15: 3,
      19: 2,
      18: 2,
      32: 2,
      37: 0,
      43: 1,
      44: 0,
      45: 0,
      46: 0,
      55: 0,
    }
    array(out, Object.entries(highest), ([key, version]) =>
      out.writeInt16(Number(key)).writeInt16(0).writeInt16(version),
    )
    return out.writeInt32(0)
  }
  if (apiKey === 3) {
    const count = request.readInt32()
    const topics = count < 0 ? null : Array.from({ length: count }, () => request.readString() as string)
    model.asked.push({ api: apiKey, topics })
    const operations = apiVersion >= 8 ? model.allowed : null
    const look = model.refused.look ?? 0
    return writeMetadata(out, stateOf(model, nodes, id), apiVersion >= 7, topics ?? ['t'], look, operations)
  }
  model.asked.push({ api: apiKey })
  if (apiKey === 0) return produce(out, request, model, model.refused.produce ?? 0)
  if (apiKey === 19) return createTopics(out, request, model.refused.create ?? 0)
  if (apiKey === 10) {
    // Groups are coordinated by broker 3.
    const { host, port } = nodes.find((node) => node.id === 3)!
    return out.writeInt16(0).writeInt32(3).writeString(host).writeInt32(port)
  }
  // It takes no login.
  if (apiKey === 17) return out.writeInt16(34).writeInt32(0)
  // A heartbeat of a member that there is not, and who else but the coordinator asks for a group.
  if (apiKey === 12) return out.writeInt32(0).writeInt16(model.allowed.read ? 25 : 30)
  if (apiKey === 15) {
    out
      .writeInt32(0)
      .writeInt32(1)
      .writeInt16(id === 3 ? 0 : 16)
    for (let text = 0; text < 4; text++) out.writeString('')
    return out.writeInt32(0).writeInt32(id === 3 ? model.allowed.group : notTold)
  }
  if (apiKey === 2) return listOffsets(out, request, id, stateOf(model, nodes, id), model)
  if (apiKey === 55) {
    const { controllerId } = model
    out.writeUVarInt(0).writeInt16(0).writeUVarInt(2).writeUVarIntString('__cluster_metadata')
    return out.writeUVarInt(2).writeInt32(0).writeInt16(0).writeInt32(controllerId)
  }
  if (apiKey === 32) return describeConfigs(out, request, model)
  if (apiKey === 44) return alterConfigs(out, request, model)
  if (apiKey === 45) return reassign(out, request, model)
  if (apiKey === 46)
    return out.writeUVarInt(0).writeInt32(0).writeInt16(0).writeUVarInt(0).writeUVarInt(1).writeUVarInt(0)
  if (apiKey === 43) return elect(out, request, model)
  if (apiKey === 37) return addPartitions(out, request, model)
  throw new Error(`the fake does not know API ${apiKey}`)
}

function writeMetadata(
  out: typeof Encoder,
  state: ClusterState,
  epochs: boolean,
  topics: readonly string[],
  code: number,
  operations: { topic: number; cluster: number } | null,
): typeof Encoder {
  const ids = (list: readonly number[]) => array(out, list, (each) => out.writeInt32(each))
  out.writeInt32(0)
  array(out, state.brokers, ({ id, host, port }) =>
    out.writeInt32(id).writeString(host).writeInt32(port).writeString(null),
  )
  out.writeString('cluster').writeInt32(state.controllerId)
  array(out, topics, (topic) => {
    // UNKNOWN_TOPIC_OR_PARTITION
    out
      .writeInt16(topic === 't' && state.partitions.length > 0 ? code : 3)
      .writeString(topic)
      .writeBoolean(false)
    array(
      out,
      topic === 't' && code === 0 ? state.partitions : [],
      ({ partition, leader, leaderEpoch, replicas, isr }) => {
        // LEADER_NOT_AVAILABLE
        out
          .writeInt16(leader < 0 ? 5 : 0)
          .writeInt32(partition)
          .writeInt32(leader)
        if (epochs) out.writeInt32(leaderEpoch)
        ids(replicas)
        ids(isr)
        ids([])
      },
    )
    if (operations) out.writeInt32(operations.topic)
  })
  if (operations) out.writeInt32(operations.cluster)
  return out
}

/** Takes what it is sent; every partition gives the same answer. */
function produce(out: typeof Encoder, request: typeof Decoder, model: Model, code: number): typeof Encoder {
  request.readString() // transactional id
  request.readInt16() // acks
  request.readInt32() // timeout
  const topics: { topic: string; partitions: number[] }[] = request.readArray((each: typeof Decoder) => ({
    topic: each.readString(),
    partitions: each.readArray((one: typeof Decoder) => {
      const partition = one.readInt32()
      one.readBytes()
      return partition
    }),
  }))
  array(out, topics, ({ topic, partitions }) => {
    if (code === 0) model.produced.push(...partitions)
    out.writeString(topic)
    array(out, partitions, (partition) =>
      out.writeInt32(partition).writeInt16(code).writeInt64(100).writeInt64(-1).writeInt64(0),
    )
  })
  return out.writeInt32(0)
}

function createTopics(out: typeof Encoder, request: typeof Decoder, code: number): typeof Encoder {
  request.readInt32() // of one topic
  const topic = request.readString()
  out.writeInt32(0)
  array(out, [topic], (each) => out.writeString(each).writeInt16(code).writeString(null))
  return out
}

/** Every log ends at 100; error 6 is NOT_LEADER_OR_FOLLOWER. */
function listOffsets(
  out: typeof Encoder,
  request: typeof Decoder,
  id: number,
  state: ClusterState,
  model: Model,
): typeof Encoder {
  request.readInt32()
  const topics: { topic: string; partitions: number[] }[] = request.readArray((each: typeof Decoder) => ({
    topic: each.readString(),
    partitions: each.readArray((partition: typeof Decoder) => {
      const number = partition.readInt32()
      partition.readInt64()
      return number
    }),
  }))
  const refused = model.refusals > 0
  if (refused) model.refusals--
  array(out, topics, ({ topic, partitions }) => {
    out.writeString(topic)
    array(out, partitions, (partition) => {
      const leads = state.partitions[partition]!.leader === id && !refused
      out
        .writeInt32(partition)
        .writeInt16(leads ? 0 : 6)
        .writeInt64(-1)
        .writeInt64(leads ? 100 : -1)
    })
  })
  return out
}

function describeConfigs(out: typeof Encoder, request: typeof Decoder, model: Model): typeof Encoder {
  request.readInt32()
  const [type, name] = [request.readInt8(), request.readString()]
  const names: string[] = request.readArray((each: typeof Decoder) => each.readString())
  const own = model.configs.get(`${type}/${name}`)
  out.writeInt32(0).writeInt32(1).writeInt16(0).writeString(null).writeInt8(type).writeString(name)
  array(
    out,
    names.filter((each) => !each.startsWith('no.such')),
    (key) => {
      const value = own?.get(key)
      out
        .writeString(key)
        .writeString(value ?? 'default')
        .writeBoolean(false)
      out
        .writeInt8(value === undefined ? 5 : type === 2 ? 1 : 2)
        .writeBoolean(false)
        .writeInt32(0)
    },
  )
  return out
}

function alterConfigs(out: typeof Encoder, request: typeof Decoder, model: Model): typeof Encoder {
  request.readInt32()
  const [type, name] = [request.readInt8(), request.readString()]
  const resource = `${type}/${name}`
  const values = new Map(model.configs.get(resource))
  request.readArray((each: typeof Decoder) => {
    const [key, operation, value] = [each.readString(), each.readInt8(), each.readString()]
    if (operation === 1) values.delete(key)
    else values.set(key, value)
  })
  if (!model.lies) model.configs.set(resource, values)
  if (values.size === 0) model.configs.delete(resource)
  return out.writeInt32(0).writeInt32(1).writeInt16(0).writeString(null).writeInt8(type).writeString(name)
}

function reassign(out: typeof Encoder, request: typeof Decoder, model: Model): typeof Encoder {
  request.readTaggedFields()
  request.readInt32()
  request.readUVarIntArray((topic: typeof Decoder) => {
    topic.readUVarIntString()
    topic.readUVarIntArray((each: typeof Decoder) => {
      const state = model.partitions[each.readInt32()]!
      const replicas: number[] = each.readUVarIntArray((d: typeof Decoder) => d.readInt32())
      each.readTaggedFields()
      if (!model.lies) Object.assign(state, { replicas, isr: replicas, leader: replicas[0] })
    })
    topic.readTaggedFields()
  })
  return out.writeUVarInt(0).writeInt32(0).writeInt16(0).writeUVarInt(0).writeUVarInt(1).writeUVarInt(0)
}

function elect(out: typeof Encoder, request: typeof Decoder, model: Model): typeof Encoder {
  request.readInt8()
  request.readInt32()
  const topic = request.readString()
  const partitions: number[] = request.readArray((each: typeof Decoder) => each.readInt32())
  for (const partition of model.lies ? [] : partitions) {
    const state = model.partitions[partition]!
    Object.assign(state, { leader: state.replicas[0], leaderEpoch: state.leaderEpoch + 1 })
  }
  out.writeInt32(0).writeInt16(0).writeInt32(1).writeString(topic)
  array(out, partitions, (partition) => out.writeInt32(partition).writeInt16(0).writeString(null))
  return out
}

function addPartitions(out: typeof Encoder, request: typeof Decoder, model: Model): typeof Encoder {
  request.readInt32()
  const [topic, count] = [request.readString(), request.readInt32()]
  while (!model.lies && model.partitions.length < count) {
    const partition = model.partitions.length
    model.partitions.push({ partition, leader: 1, leaderEpoch: 0, replicas: [1, 2], isr: [1, 2] })
  }
  return out.writeInt32(0).writeInt32(1).writeString(topic).writeInt16(0).writeString(null)
}
