import diagnostics from 'node:diagnostics_channel'
import { isIP } from 'node:net'
import { addressIn, addressText } from '../../base/address.ts'
import { KbenchError } from '../../base/errors.ts'
import { installCommand } from '../../base/npm-command.ts'
import type { DriverContext, Network, Sasl } from '../../contracts/api.ts'
import { tlsOptions } from '../../kafka/tls-options.ts'
import { tokenSourceOf, usesTokens } from '../../kafka/tokens.ts'
import { importClient } from '../_client.ts'
import { describeError } from './errors.ts'
import type { Platformatic, PlatformaticConsumer, PlatformaticProducer } from './types.ts'

export const packageName = '@platformatic/kafka'
export const install = installCommand(packageName)

export const load = () => importClient<Platformatic>(packageName, install)

/** Settings that producers and consumers have in common, in the client's names. */
export function connection(
  { network, clientId }: DriverContext,
  settings: { requestTimeoutMs: number; retries: number; retryBackoffMs: number },
): Record<string, unknown> {
  return {
    clientId,
    // As objects: text it cuts at the first colon, within an IPv6 address.
    bootstrapBrokers: network.bootstrap.map(addressIn),
    connectTimeout: Math.min(10_000, settings.requestTimeoutMs),
    requestTimeout: settings.requestTimeoutMs,
    timeout: settings.requestTimeoutMs,
    retries: settings.retries,
    retryDelay: settings.retryBackoffMs,
    ...securityOptions(network),
  }
}

function securityOptions({ bootstrap, security }: Network): Record<string, unknown> {
  const { tls, sasl } = security ?? {}
  // An IP address is no server name, and Node warns of it: brokers that are known by address are asked without one.
  const hasNames = bootstrap.some((address) => isIP(addressIn(address).host) === 0)
  return {
    ...(tls && { tls: tlsOptions(tls), ...(hasNames && { tlsServerName: true }) }),
    ...(sasl && { sasl: saslOptions(sasl) }),
  }
}

function saslOptions(sasl: Sasl): Record<string, unknown> {
  if (!usesTokens(sasl)) {
    return { mechanism: sasl.mechanism.toUpperCase(), username: sasl.username, password: sasl.password }
  }
  const source = tokenSourceOf(sasl)
  const extensions = sasl.mechanism === 'oauthbearer' ? sasl.extensions : undefined
  return {
    mechanism: 'OAUTHBEARER',
    // Asked at every login; it logs in again at 80 % of a session's life.
    token: async () => (await source.token()).value,
    ...(extensions && { oauthBearerExtensions: { ...extensions } }),
  }
}

/** What it reports of its connections becomes events of the run, until the signal is aborted. */
export function reportEvents(
  client: PlatformaticProducer | PlatformaticConsumer,
  context: DriverContext,
  closed: AbortSignal,
): void {
  const report = (text: string) => {
    if (!closed.aborted) context.event('client-warn', text)
  }
  reportThrottle(context, closed)
  client.on('error', (error: unknown) => report(describeError(error)))
  const broker = (what: string) => (payload: { broker?: { host: string; port: number } }) =>
    report(payload.broker ? `${what} ${addressText(payload.broker)}` : what)
  client.on('client:broker:disconnect', broker('connection closed:'))
  client.on('client:broker:failed', broker('cannot connect to'))
}

interface Answered {
  result?: { throttleTimeMs?: unknown }
}

/** Every response passes this channel. A thread, or a process, has one worker and with it one client: all of them are its own. */
function reportThrottle({ throttled }: DriverContext, closed: AbortSignal): void {
  if (!throttled) return
  const name = 'tracing:plt:kafka:connections:api:asyncStart'
  const onAnswer = (message: unknown) => {
    const ms = (message as Answered).result?.throttleTimeMs
    if (typeof ms === 'number' && ms > 0) throttled(ms)
  }
  diagnostics.subscribe(name, onAnswer)
  closed.addEventListener('abort', () => diagnostics.unsubscribe(name, onAnswer), { once: true })
}

/** It could not begin. It speaks newer versions of the protocol than librdkafka's mock cluster. */
export function unusable(what: string, cause: unknown): KbenchError {
  const text = describeError(cause)
  return new KbenchError('environment', `${packageName} cannot ${what}: ${text}`, {
    cause,
    ...(text.includes('UNSUPPORTED_VERSION') && { hint: 'it needs Kafka 2.4 or later, and cannot use provider mock' }),
  })
}

const secret = /^(tls|ssl|sasl|bootstrapBrokers|clientId)$/

/** For the result: everything that is plain and no secret. */
export function effective(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).filter(([name, value]) => !secret.test(name) && typeof value !== 'function'),
  )
}
