import type { Token, TokenSource } from '../kafka/tokens.ts'

/**
 * How long before a token expires the client needs a new one where it asks for tokens, ms. librdkafka checks once a
 * second whether it is time, and the answer comes later. At 90 % of a session it logs in again: with a token that
 * nearly expires it would do so twice within a second, which brokers refuse (KIP-368).
 */
export const tokenLeadMs = 4000
/** librdkafka asks when this part of the reported life is over. */
const asksAt = 0.8

/** When librdkafka has to be given the next token, ms from now: at least 1000. */
export function renewInMs(source: TokenSource, token: Token): number {
  const leftMs = (token.expiresAtMs ?? Infinity) - tokenLeadMs - Date.now()
  // A timer may be a millisecond early, and the source would answer with the old one then.
  return Math.max(1000, Math.min(source.nextInMs(token), leftMs) + 5)
}

/** What to state to librdkafka as the end of a token's life, ms since 1970, so that it asks for the next in time. */
export const tokenLifetimeMs = (source: TokenSource, token: Token): number =>
  Math.ceil(Date.now() + renewInMs(source, token) / asksAt)
