import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { freePorts } from '../../src/clusters/shared/ports.ts'
import { newClusterId } from '../../src/kafka/cluster-id.ts'
import { registeredBrokers } from '../../src/kafka/registered-brokers.ts'
import { fasterStart, jarsFolder } from './_kafka-tools.ts'
import { until } from './_providers.ts'

/** A Metadata request as it passed. */
export interface MetadataAsked {
  clientId: string | null
  /** It is the first on its connection: how a client finds the brokers. */
  isFirst: boolean
  /** null = all. */
  topics: string[] | null
}

/** One broker that clients reach only through a proxy, which reads what they ask for. */
export interface RecordedBroker extends AsyncDisposable {
  /** host:port of the proxy, which the broker advertises. */
  address: string
  /** Every Metadata request since it was emptied. */
  asked: MetadataAsked[]
  /** Every record for these topics is answered with this error code, INVALID_RECORD say. */
  refuse: Map<string, number>
}

const [produce, metadata] = [0, 3]

/** A JVM of a second or two, as `startSecureBroker`. */
export async function startRecordedBroker(folder: string): Promise<RecordedBroker> {
  const [port, controller] = await freePorts(2, new Set())
  const asked: MetadataAsked[] = []
  const refuse = new Map<string, number>()
  const proxy = createServer((client) => pass(client, connect(port!, '127.0.0.1'), asked, refuse))
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
  mkdirSync(folder, { recursive: true })
  const properties = {
    'node.id': '1',
    'process.roles': 'broker,controller',
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAIN://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAIN://${address}`,
    'inter.broker.listener.name': 'PLAIN',
    'listener.security.protocol.map': 'PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
  }
  const config = join(folder, 'server.properties')
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(config, lines.join(''))
  const java = [
    ...(await fasterStart()),
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    `${jarsFolder}/*`,
  ]
  execFileSync('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', newClusterId(), '-c', config])
  const log = openSync(join(folder, 'broker.log'), 'a')
  const broker = spawn('java', [...java, 'kafka.Kafka', config], { stdio: ['ignore', log, log] })
  closeSync(log)
  const stop = async () => {
    await end(broker)
    await close(proxy)
  }
  try {
    await until('the broker answers', async () => {
      if (broker.exitCode !== null) throw new Error(readFileSync(join(folder, 'broker.log'), 'utf8').slice(-3000))
      return (await registeredBrokers({ bootstrap: [address] }).catch(() => [])).length === 1
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { address, asked, refuse, [Symbol.asyncDispose]: stop }
}

const open = new Set<Socket>()

/** Hands everything on, request by request and answer by answer. */
function pass(client: Socket, broker: Socket, asked: MetadataAsked[], refuse: ReadonlyMap<string, number>): void {
  let isFirst = true
  /** Version by correlation id, of requests whose answer is of interest. */
  const produced = new Map<number, number>()
  const toBroker = frames((frame) => {
    const request = headerOf(frame)
    if (request.api === metadata) {
      asked.push({ clientId: request.clientId, isFirst, topics: topicsOf(request) })
      isFirst = false
    } else if (request.api === produce) produced.set(request.correlation, request.version)
    broker.write(frame)
  })
  const toClient = frames((frame) => {
    const correlation = frame.readInt32BE(4)
    const version = produced.get(correlation)
    produced.delete(correlation)
    if (version !== undefined && refuse.size > 0) refuseIn(frame, version, refuse)
    client.write(frame)
  })
  client.on('data', toBroker)
  broker.on('data', toClient)
  for (const [one, other] of [
    [client, broker],
    [broker, client],
  ] as const) {
    open.add(one)
    one.on('error', () => {})
    one.on('close', () => {
      open.delete(one)
      other.destroy()
    })
  }
}

/** Cuts a stream into messages, each with its length before it. */
function frames(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const length = 4 + rest.readInt32BE(0)
      take(Buffer.from(rest.subarray(0, length)))
      rest = rest.subarray(length)
    }
  }
}

interface Request {
  api: number
  version: number
  correlation: number
  clientId: string | null
  body: Reader
}

/** Request header v1, and v2 of flexible versions: Metadata from version 9 on. */
function headerOf(frame: Buffer): Request {
  const reader = new Reader(frame, 4)
  const [api, version, correlation] = [reader.int16(), reader.int16(), reader.int32()]
  const clientId = reader.nullableString(reader.int16())
  if (api === metadata && version >= 9) reader.tags()
  return { api, version, correlation, clientId, body: reader }
}

/** Of a Metadata request; null = all topics. */
function topicsOf({ version, body }: Request): string[] | null {
  const isFlexible = version >= 9
  const count = isFlexible ? body.varint() - 1 : body.int32()
  // Before version 1 none was all.
  if (count < 0 || (version === 0 && count === 0)) return null
  return Array.from({ length: count }, () => {
    if (version >= 10) body.skip(16) // the topic's id
    const name = body.nullableString(isFlexible ? body.varint() - 1 : body.int16())
    if (isFlexible) body.tags()
    return name ?? '(by id)'
  })
}

/** Writes the error into an answer to Produce, version 3 to 8, which is not flexible. */
function refuseIn(frame: Buffer, version: number, refuse: ReadonlyMap<string, number>): void {
  const reader = new Reader(frame, 8)
  for (let topics = reader.int32(); topics > 0; topics--) {
    const code = refuse.get(reader.nullableString(reader.int16()) ?? '')
    for (let partitions = reader.int32(); partitions > 0; partitions--) {
      reader.int32()
      if (code !== undefined) frame.writeInt16BE(code, reader.at)
      // Error, base offset, append time, and from version 5 on the start of the log.
      reader.skip(2 + 8 + 8 + (version >= 5 ? 8 : 0))
      if (version >= 8) throw new Error('errors of single records are not read here')
    }
  }
}

class Reader {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  skip(count: number): void {
    this.at += count
  }

  int16(): number {
    this.at += 2
    return this.#bytes.readInt16BE(this.at - 2)
  }

  int32(): number {
    this.at += 4
    return this.#bytes.readInt32BE(this.at - 4)
  }

  varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.at++]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }

  nullableString(length: number): string | null {
    if (length < 0) return null
    this.at += length
    return this.#bytes.toString('utf8', this.at - length, this.at)
  }

  /** Tagged fields. */
  tags(): void {
    for (let count = this.varint(); count > 0; count--) {
      this.varint()
      this.skip(this.varint())
    }
  }
}

async function end(broker: ChildProcess): Promise<void> {
  if (broker.exitCode !== null || broker.signalCode !== null) return
  const exited = once(broker, 'exit')
  broker.kill('SIGKILL')
  await exited
}

async function close(proxy: Server): Promise<void> {
  const closed = once(proxy, 'close')
  proxy.close()
  for (const socket of open) socket.destroy()
  await closed
}
