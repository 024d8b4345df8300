import { KbenchError, messageOf } from '../../base/errors.ts'
import type { DriverContext, Network } from '../../contracts/api.ts'
import { tokenSourceOf, usesTokens } from '../../kafka/tokens.ts'
import { requireClient } from '../_client.ts'
import { renewInMs, tokenLeadMs, tokenLifetimeMs } from '../_librdkafka-tokens.ts'
import type { NodeRdkafka, RdClient, RdConsumer, RdProducer } from './types.ts'

/** A package with node-rdkafka's classes: node-rdkafka itself, or one that descends from it. */
export interface Binding {
  package: string
  install: string
  /** How it takes bearer tokens: it is given one, again and again, or it asks for one when librdkafka wants it. */
  tokens: 'pushed' | 'asked'
}

export const load = (binding: Binding) => requireClient<NodeRdkafka>(binding.package, binding.install)

type Report = (kind: string, detail: string) => void

/** What a client that asks for its tokens has to be made with; nothing for any other. */
export function tokenCallback(binding: Binding, { security }: Network): Record<string, unknown> {
  const sasl = security?.sasl
  if (binding.tokens !== 'asked' || !usesTokens(sasl)) return {}
  const source = tokenSourceOf(sasl)
  const extensions = sasl.mechanism === 'oauthbearer' ? { ...sasl.extensions } : {}
  return {
    async oauthbearer_token_refresh_cb() {
      const token = await source.token(tokenLeadMs)
      return { tokenValue: token.value, lifetime: tokenLifetimeMs(source, token), extensions }
    },
  }
}

/** Gives the client a token before it connects, and each new one until disposed of; does nothing where none is needed. */
async function keepTokens(
  binding: Binding,
  client: RdClient,
  { security }: Network,
  report: Report,
): Promise<Disposable> {
  const sasl = security?.sasl
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const over: Disposable = {
    [Symbol.dispose]() {
      isOver = true
      clearTimeout(timer)
    },
  }
  if (binding.tokens !== 'pushed' || !usesTokens(sasl)) return over
  const source = tokenSourceOf(sasl)
  const renew = async (): Promise<void> => {
    const token = await source.token(tokenLeadMs)
    // A client that is closing or closed ends the process when it is given one.
    if (isOver) return
    client.setOauthBearerToken(token.value)
    plan(renewInMs(source, token))
  }
  const plan = (inMs: number) => {
    timer = setTimeout(() => {
      renew().catch((error: unknown) => {
        if (isOver) return
        report('client-error', messageOf(error))
        plan(1000)
      })
    }, inMs)
  }
  await renew()
  return over
}

/** Logs in as the network says. Disposing of the answer ends the renewal of tokens: to be done before the client is closed. */
export async function connect(
  binding: Binding,
  client: RdProducer | RdConsumer,
  { network, topics, event: report }: Pick<DriverContext, 'network' | 'topics' | 'event'>,
): Promise<Disposable> {
  const tokens = await keepTokens(binding, client, network, report)
  // Without a topic librdkafka takes "not all" for all.
  const [first] = topics
  const metadata = first ? { topic: first.name, allTopics: false } : {}
  await new Promise<void>((resolve, reject) => {
    client.connect({ timeout: 30_000, ...metadata }, (error) => {
      if (error)
        reject(new KbenchError('environment', `${binding.package} cannot connect: ${error.message}`, { cause: error }))
      else resolve()
    })
  }).catch((error: unknown) => {
    tokens[Symbol.dispose]()
    throw error
  })
  return tokens
}

/** librdkafka reports every response that was throttled, and once, with 0, that none is any more. */
export function reportThrottle(client: RdClient, { throttled }: Pick<DriverContext, 'throttled'>): void {
  client.on('event.throttle', ({ throttleTime }: { throttleTime?: number }) => {
    if (typeof throttleTime === 'number' && throttleTime > 0) throttled?.(throttleTime)
  })
}

/** Resolves when the callback came or the time is over: librdkafka's closing calls may hang (FACTS 9). */
export async function within(timeoutMs: number, start: (done: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, timeoutMs)
    start(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
