import koffi from 'koffi'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { DriverContext } from '../../contracts/api.ts'
import { tokenSourceOf, usesTokens } from '../../kafka/tokens.ts'
import { tokenLeadMs, tokenLifetimeMs } from '../_librdkafka-tokens.ts'
import { settledWithin } from '../_settled-within.ts'
import type { Address, Calls } from './calls.ts'
import { eventType, localError } from './layout.ts'
import type { Library } from './library.ts'
import { pin, pinText, putLong } from './memory.ts'
import { createWake } from './wake.ts'

export type Role = 'producer' | 'consumer'

/** How long the first metadata may take, and how long closing: a broker that says nothing must not hang a run, ms. */
const connectMs = 30_000
const closeMs = 3000

export interface Listeners {
  /** Something may be in a queue: drain them. */
  woken(): void
  statistics(json: string): void
}

/** A handle of the library with its queues. Everything happens in the thread that made it, except for `connect` and closing. */
export interface Client extends AsyncDisposable {
  readonly calls: Calls
  readonly handle: Address
  readonly mainQueue: Address
  /** Looks after another queue too; it is given back when the client is closed. */
  own(queue: Address): void
  /** Fetches the metadata of the first topic. Throws `environment`. */
  connect(): Promise<void>
  /** Handles an event that is neither a delivery report nor a rebalance. */
  serve(event: Address, type: number): void
}

/** Refused settings are thrown as `profile`, in the library's own words. */
export function createClient(
  { calls }: Library,
  role: Role,
  config: Readonly<Record<string, unknown>>,
  context: DriverContext,
  listeners: Listeners,
): Client {
  const throttleCallback = throttled(context)
  const handle = open(calls, role, config, throttleCallback)
  const mainQueue = calls.mainQueue(handle)
  const queues = [mainQueue]
  calls.setLogQueue(handle, mainQueue)
  const wake = createWake(calls, () => listeners.woken())
  wake.watch(mainQueue)
  let isClosed = false

  return {
    calls,
    handle,
    mainQueue,
    own(queue) {
      queues.push(queue)
      wake.watch(queue)
    },
    async connect() {
      await fetchMetadata(calls, handle, context)
    },
    serve(event, type) {
      if (type === eventType.error) context.event('client-error', calls.eventErrorText(event))
      else if (type === eventType.statistics) listeners.statistics(calls.eventStatistics(event))
      else if (type === eventType.tokenRefresh) void giveToken(calls, handle, context, () => isClosed)
    },
    async [Symbol.asyncDispose]() {
      if (isClosed) return
      isClosed = true
      wake.close()
      for (const queue of queues) calls.destroyQueue(queue)
      // Waits for the library's threads, for which this one must not wait.
      const closed = new Promise<void>((resolve) => calls.close.async(handle, () => resolve()))
      await settledWithin(closeMs, closed)
      if (throttleCallback !== null) koffi.unregister(throttleCallback)
    },
  }
}

const roles = { producer: 0, consumer: 1 } as const
const errorBytes = 512

function open(
  calls: Calls,
  role: Role,
  config: Readonly<Record<string, unknown>>,
  throttleCallback: bigint | null,
): Address {
  const answer = openWith(calls, role, config, throttleCallback)
  if (typeof answer === 'number') return answer
  const [{ name, words }] = answer
  throw new KbenchError('profile', `librdkafka refuses ${name ?? 'the settings'}: ${words}`)
}

export interface Refused {
  /** null = all of them together. */
  name: string | null
  /** The library's own. */
  words: string
}

/** Makes a handle and closes it again; answers the settings that the library refuses. */
export function tryOpen(calls: Calls, role: Role, config: Readonly<Record<string, unknown>>): readonly Refused[] {
  const answer = openWith(calls, role, config, null)
  if (typeof answer !== 'number') return answer
  calls.close(answer)
  return []
}

function openWith(
  calls: Calls,
  role: Role,
  config: Readonly<Record<string, unknown>>,
  throttleCallback: bigint | null,
): Address | [Refused, ...Refused[]] {
  const conf = calls.newConf()
  const words = Buffer.alloc(errorBytes)
  let handle = 0
  try {
    const [first, ...more] = setAll(calls, conf, config)
    if (first) return [first, ...more]
    const { deliveryReport, error, rebalance, offsetCommit, statistics, tokenRefresh, log } = eventType
    const own = role === 'producer' ? deliveryReport : rebalance | offsetCommit
    calls.setEvents(conf, own | error | statistics | tokenRefresh | log)
    if (throttleCallback !== null) calls.setThrottleCallback(conf, throttleCallback)
    handle = calls.open(roles[role], conf, words, words.length)
    return handle === 0 ? [{ name: null, words: textIn(words) }] : handle
  } finally {
    // A client owns its settings.
    if (handle === 0) calls.destroyConf(conf)
  }
}

/** Sets every property; answers those that the library refuses. */
function setAll(calls: Calls, conf: Address, config: Readonly<Record<string, unknown>>): Refused[] {
  const words = Buffer.alloc(errorBytes)
  return Object.entries({ 'log.queue': true, ...config }).flatMap(([name, value]) =>
    calls.set(conf, name, String(value), words, words.length) === 0 ? [] : [{ name, words: textIn(words) }],
  )
}

const textIn = (bytes: Buffer) => bytes.toString('utf8', 0, Math.max(0, bytes.indexOf(0)))

/** The library has no event for it, but calls from within the poll of this thread, never from one of its own. */
function throttled(context: DriverContext): bigint | null {
  const { throttled: report } = context
  if (!report) return null
  const type = koffi.proto('void', [koffi.pointer('void'), 'str', 'int32_t', 'int', koffi.pointer('void')])
  return koffi.register((_handle: unknown, _name: string, _broker: number, ms: number) => {
    // Once, with 0, when no response is throttled any more.
    if (ms > 0) report(ms)
  }, koffi.pointer(type))
}

async function fetchMetadata(calls: Calls, handle: Address, context: DriverContext): Promise<void> {
  const [first] = context.topics
  if (!first) return
  const topic = calls.newTopic(handle, first.name, 0)
  const found = new BigUint64Array(1)
  try {
    const code = await new Promise<number>((resolve, reject) => {
      calls.metadata.async(handle, 0, topic, found, connectMs, (error: unknown, result: number) => {
        if (error) reject(error)
        else resolve(result)
      })
    })
    if (code !== 0) throw new KbenchError('environment', `librdkafka cannot connect: ${calls.errorText(code)}`)
  } finally {
    if (found[0] !== 0n) calls.destroyMetadata(Number(found[0]))
    calls.destroyTopic(topic)
  }
}

/** Answers the library's question for a token; it asks again before that one is over. */
async function giveToken(
  calls: Calls,
  handle: Address,
  context: DriverContext,
  isClosed: () => boolean,
): Promise<void> {
  const sasl = context.network.security?.sasl
  if (!usesTokens(sasl)) return
  const words = Buffer.alloc(errorBytes)
  const extensions = sasl.mechanism === 'oauthbearer' ? Object.entries(sasl.extensions ?? {}).flat() : []
  const texts = extensions.map(pinText)
  const list = pin(8 * Math.max(1, texts.length))
  texts.forEach(({ address }, index) => {
    putLong(list.words, 2 * index, address)
  })
  try {
    const source = tokenSourceOf(sasl)
    const token = await source.token(tokenLeadMs)
    if (isClosed()) return
    const untilMs = tokenLifetimeMs(source, token)
    const code = calls.setToken(handle, token.value, untilMs, 'kbench', list.words, texts.length, words, words.length)
    if (code !== 0) throw new Error(textIn(words))
  } catch (error) {
    if (isClosed()) return
    context.event('client-error', messageOf(error))
    // It asks again after ten seconds.
    calls.setTokenFailure(handle, messageOf(error))
  }
}

/** Throws what a call that answers an error object has to say. */
export function check(calls: Calls, error: Address): void {
  if (error === 0) return
  const text = calls.errorOf(error)
  calls.destroyError(error)
  throw new Error(text)
}

export const isQueueFull = (code: number): boolean => code === localError.queueFull
