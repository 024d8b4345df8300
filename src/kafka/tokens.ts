import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { KbenchError, messageOf } from '../base/errors.ts'
import { installCommand } from '../base/npm-command.ts'
import { readBounded } from '../base/read-bounded.ts'
import { within } from '../base/within.ts'
import type { AwsIam, OauthBearer, Sasl, TokenOrigin } from '../contracts/api.ts'

/** A bearer token; times are ms since 1970. */
export interface Token {
  value: string
  obtainedAtMs: number
  /** When it is over; null = nobody says. */
  expiresAtMs: number | null
}

/** In the thread or process where the clients run that use it. */
export interface TokenSource {
  /**
   * A token with at least a quarter of its life ahead, and `aheadMs` where tokens live that long. Concurrent callers share one. Rejects
   * with `environment`, without a secret.
   */
  token(aheadMs?: number): Promise<Token>
  /** When the next one is due, ms from now; at least 1000. */
  nextInMs(token: Token): number
}

export type TokenSasl = OauthBearer | AwsIam

export const usesTokens = (sasl: Sasl | undefined): sasl is TokenSasl =>
  sasl?.mechanism === 'oauthbearer' || sasl?.mechanism === 'aws-iam'

/** Librdkafka asks for a new token at 80 % of the life of the old one, Java as well: by then there has to be one. */
const renewAt = 0.75
/** A token of unknown life is asked for again so often, ms. */
const unknownLifeMs = 60_000
const timeoutMs = 10_000
/** An answer of a token endpoint is bounded as well. */
const tokenBytesAtMost = 1024 ** 2

export function createTokenSource(sasl: TokenSasl, now: () => number = Date.now): TokenSource {
  const obtain =
    sasl.mechanism === 'aws-iam' ? () => fromAws(sasl) : (askedAtMs: number) => fromOrigin(sasl.token, askedAtMs)
  const renewMs = ({ obtainedAtMs, expiresAtMs }: Token) =>
    obtainedAtMs + (expiresAtMs === null ? unknownLifeMs : renewAt * (expiresAtMs - obtainedAtMs))
  let last: Token | null = null
  let asking: Promise<Token> | null = null
  const ask = async (): Promise<Token> => {
    try {
      const obtainedAtMs = now()
      const { value, expiresAtMs } = await obtain(obtainedAtMs)
      if (!/^[\x21-\x7e]+$/.test(value)) throw new KbenchError('environment', `${originOf(sasl)} supplied no token`)
      last = { value, obtainedAtMs, expiresAtMs: expiresAtMs ?? expiryOf(value) }
      return last
    } catch (error) {
      // The old one may still do: whoever uses it gets the broker's own error when it does not.
      if (last !== null && (last.expiresAtMs === null || last.expiresAtMs > now())) return last
      throw error
    } finally {
      asking = null
    }
  }
  return {
    token(aheadMs = 0) {
      const untilMs = last === null ? now() : Math.min(renewMs(last), (last.expiresAtMs ?? Infinity) - aheadMs)
      if (last !== null && now() < untilMs) return Promise.resolve(last)
      asking ??= ask()
      return asking
    },
    nextInMs: (token) => Math.max(1000, renewMs(token) - now()),
  }
}

const sources = new WeakMap<TokenSasl, TokenSource>()

/** The one source of this process or thread for these settings. */
export function tokenSourceOf(sasl: TokenSasl): TokenSource {
  const source = sources.get(sasl) ?? createTokenSource(sasl)
  sources.set(sasl, source)
  return source
}

interface Obtained {
  value: string
  expiresAtMs: number | null
}

/** For messages. */
export function originOf(sasl: TokenSasl): string {
  if (sasl.mechanism === 'aws-iam') return 'AWS'
  const { token } = sasl
  if (token.from === 'endpoint') return `the token endpoint ${token.url}`
  return token.from === 'file' ? `the token file ${token.path}` : `the token command ${token.argv[0]}`
}

async function fromOrigin(origin: TokenOrigin, askedAtMs: number): Promise<Obtained> {
  if (origin.from === 'endpoint') return fromEndpoint(origin, askedAtMs)
  if (origin.from === 'file') {
    const text = await readBounded(origin.path, tokenBytesAtMost).catch((cause: unknown) => {
      throw new KbenchError('environment', `cannot read the token in ${origin.path}`, { cause })
    })
    return tokenIn(text.toString('utf8'), askedAtMs)
  }
  const [file = '', ...args] = origin.argv
  // Loaded for token commands alone: every process that talks to brokers imports this file.
  const { execa } = await import('execa')
  const result = await execa(file, args, {
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs,
    stripFinalNewline: true,
  })
  if (!result.failed) return tokenIn(result.stdout, askedAtMs)
  const how = result.timedOut
    ? `took longer than ${timeoutMs / 1000} s`
    : `ended with ${result.exitCode ?? result.code}`
  throw new KbenchError('environment', `the token command ${file} ${how}`, {
    details: (result.stderr ?? '').split('\n').filter(Boolean).slice(-3),
    hint: 'it must print a token, or JSON with access_token and expires_in, within 10 s',
  })
}

/** Bare, or an answer as token endpoints give it. */
function tokenIn(text: string, askedAtMs: number): Obtained {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{')) return { value: trimmed, expiresAtMs: null }
  const { access_token: value, expires_in: lifeS } = json(trimmed)
  // Tokens end at whole seconds: their life begins with the second in which they are asked for, not when the answer is there.
  const beganMs = Math.floor(askedAtMs / 1000) * 1000
  return {
    value: String(value ?? ''),
    expiresAtMs: Number.isFinite(Number(lifeS ?? Number.NaN)) ? beganMs + Number(lifeS) * 1000 : null,
  }
}

function json(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** Client credentials (RFC 6749, 4.4), sent as most servers take them: by HTTP Basic. */
async function fromEndpoint(origin: Extract<TokenOrigin, { from: 'endpoint' }>, askedAtMs: number): Promise<Obtained> {
  const { url, clientId, clientSecret, scope, ca } = origin
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) })
  const credentials = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`)
  const answer = await post(url, body.toString(), `Basic ${credentials.toString('base64')}`, ca).catch(
    (cause: unknown) => {
      throw new KbenchError('environment', `the token endpoint ${url} does not answer: ${messageOf(cause)}`, {
        cause,
        hint: 'check security.sasl.tokenEndpoint, and tokenEndpointCa where its certificate has an authority of its own',
      })
    },
  )
  const { error, error_description: description } = json(answer.text)
  if (answer.status === 200 && error === undefined) return tokenIn(answer.text, askedAtMs)
  const why = [error, description].filter((part) => typeof part === 'string').join(', ')
  throw new KbenchError('environment', `the token endpoint ${url} refuses: ${answer.status}${why && ` ${why}`}`, {
    hint: 'check clientId, clientSecret and scope in security.sasl',
  })
}

function post(
  url: string,
  body: string,
  authorization: string,
  ca: string | undefined,
): Promise<{ status: number; text: string }> {
  // One that answers a byte at a time is never idle.
  return within(
    timeoutMs,
    `the token endpoint ${url}`,
    () =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        const headers = {
          authorization,
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(Buffer.byteLength(body)),
        }
        const send = url.startsWith('https:') ? httpsRequest : httpRequest
        const request = send(url, { method: 'POST', headers, timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) })
        request.once('error', reject)
        request.once('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
        request.once('response', (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            text += chunk
            if (text.length > 1_000_000) request.destroy(new Error('its answer is longer than 1 MB'))
          })
          response.once('error', reject)
          response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
        })
        request.end(body)
      }),
  )
}

/** When a JSON Web Token or a signed URL of AWS is over, ms since 1970; null for any other token. Not verified: only to know when to renew it. */
export function expiryOf(token: string): number | null {
  const [first = '', payload] = token.split('.')
  if (payload === undefined) return expiryOfUrl(Buffer.from(first, 'base64url').toString('utf8'))
  const { exp } = json(Buffer.from(payload, 'base64url').toString('utf8'))
  return typeof exp === 'number' ? exp * 1000 : null
}

/** What other programs supply as a token for AWS IAM (Signature Version 4, query parameters). */
function expiryOfUrl(text: string): number | null {
  if (!text.startsWith('https://') || !URL.canParse(text)) return null
  const { searchParams } = new URL(text)
  const at = searchParams.get('X-Amz-Date')?.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5')
  const ms = Date.parse(at ?? '') + 1000 * Number(searchParams.get('X-Amz-Expires') ?? Number.NaN)
  return Number.isFinite(ms) ? ms : null
}

interface AwsSigner {
  generateAuthToken(options: { region: string }): Promise<AwsToken>
  generateAuthTokenFromProfile(options: { region: string; awsProfileName: string }): Promise<AwsToken>
  generateAuthTokenFromRole(options: {
    region: string
    awsRoleArn: string
    awsRoleSessionName?: string
  }): Promise<AwsToken>
}

interface AwsToken {
  token: string
  /** ms since 1970. */
  expiryTime: number
}

const signerPackage = 'aws-msk-iam-sasl-signer-js'

async function fromAws({ region, credentials }: AwsIam): Promise<Obtained> {
  const signer = await loadSigner()
  try {
    const { token, expiryTime } = await signed(signer, region, credentials)
    return { value: token, expiresAtMs: expiryTime }
  } catch (cause) {
    throw new KbenchError('environment', `no token for AWS IAM: ${messageOf(cause)}`, {
      cause,
      hint: 'check the AWS credentials on this machine (aws sts get-caller-identity), and region, profile or role in security.sasl',
    })
  }
}

const signed = (signer: AwsSigner, region: string, credentials: AwsIam['credentials']): Promise<AwsToken> => {
  if (credentials.from === 'profile') {
    return signer.generateAuthTokenFromProfile({ region, awsProfileName: credentials.profile })
  }
  if (credentials.from === 'role') {
    const { arn, session } = credentials
    return signer.generateAuthTokenFromRole({
      ...{ region, awsRoleArn: arn },
      ...(session === undefined ? {} : { awsRoleSessionName: session }),
    })
  }
  return signer.generateAuthToken({ region })
}

/** Optional, and loaded for IAM alone: by a computed name, so that kbench compiles and runs without it. */
async function loadSigner(): Promise<AwsSigner> {
  const name = signerPackage
  try {
    return (await import(name)) as AwsSigner
  } catch (cause) {
    throw new KbenchError('environment', `AWS IAM needs the package ${name}, which cannot be loaded`, {
      cause,
      hint: installCommand(name),
    })
  }
}
