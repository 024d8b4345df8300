import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { type Address, addressText } from '../base/address.ts'
import { KbenchError, messageOf } from '../base/errors.ts'
import { within } from '../base/within.ts'
import type { Network, Security, Tls } from '../contracts/api.ts'
import { tlsOptions } from './tls-options.ts'
import { expiryOf, originOf, tokenSourceOf, usesTokens } from './tokens.ts'
import { connectBroker } from './wire.ts'

/** Why a client gets no further, from the socket up. */
export type ConnectionCode =
  | 'unresolvable'
  | 'refused'
  | 'silent'
  | 'not-kafka'
  | 'plaintext-to-tls'
  | 'tls-to-plaintext'
  | 'untrusted'
  | 'host-name'
  | 'expired'
  | 'own-certificate'
  | 'client-certificate'
  | 'login-missing'
  | 'login-unknown'
  | 'mechanism'
  | 'token'
  | 'credentials'

export interface ConnectionProblem {
  code: ConnectionCode
  /** What is wrong, with the address: begins a message. */
  text: string
  /** What to do. */
  remedy: string
}

/**
 * Connects as a client would, a step at a time, and returns the first that fails; null = all of them work now. Takes a few seconds at most
 * for each step, 12 s over all. Nothing is retried.
 */
export async function diagnoseConnection(
  address: Address,
  network: Pick<Network, 'security'>,
  stepMs = 3000,
): Promise<ConnectionProblem | null> {
  const { security } = network
  return (
    (await problemOfHost(address, stepMs)) ??
    (await (security?.tls ? problemOfTls(address, security.tls, stepMs) : problemOfPlaintext(address, stepMs))) ??
    (await problemOfLogin(address, security, stepMs))
  )
}

/** Name and port alone. */
export async function problemOfHost(address: Address, stepMs: number): Promise<ConnectionProblem | null> {
  const at = addressText(address)
  if (isIP(address.host) === 0) {
    const found = await within(stepMs, address.host, () => lookup(address.host)).then(
      () => true,
      () => false,
    )
    if (!found) {
      const remedy = `check the spelling, the DNS of this machine (VPN?) or /etc/hosts`
      return { code: 'unresolvable', text: `${at}: the name ${address.host} cannot be resolved`, remedy }
    }
  }
  try {
    ;(await open(address, null, stepMs)).destroy()
    return null
  } catch (error) {
    if (codeOf(error) === 'ECONNREFUSED') {
      const remedy = 'is that the port of the right listener, and is the broker up?'
      return { code: 'refused', text: `${at} refuses connections, nothing listens there`, remedy }
    }
    const remedy = 'is a firewall, a security group or a missing VPN between this machine and the broker?'
    return { code: 'silent', text: `${at} cannot be reached from this machine (${reasonOf(error)})`, remedy }
  }
}

async function problemOfPlaintext(address: Address, stepMs: number): Promise<ConnectionProblem | null> {
  if (await speaksKafka(address, null, stepMs)) return null
  const at = addressText(address)
  const anyTls = { verification: 'none' } as const
  if (await open(address, tlsOptions(anyTls), stepMs).then(destroyed, isCertificateAlert)) {
    const remedy =
      'set security.tls: true (security.protocol=SSL or SASL_SSL), or use the port of a listener without TLS'
    return { code: 'plaintext-to-tls', text: `${at} speaks TLS, and kbench connects without it`, remedy }
  }
  return notKafka(at)
}

const untrusted = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
])

async function problemOfTls(address: Address, tls: Tls, stepMs: number): Promise<ConnectionProblem | null> {
  const at = addressText(address)
  let options: ConnectionOptions
  try {
    options = tlsOptions(tls)
    const { createSecureContext } = await import('node:tls')
    createSecureContext(options)
  } catch (error) {
    const remedy = 'check that ca, cert and key are PEM, that the key belongs to the certificate, and its passphrase'
    return {
      code: 'own-certificate',
      text: `the certificates of security.tls cannot be used: ${messageOf(error)}`,
      remedy,
    }
  }
  let isEncrypted = false
  try {
    const socket = await open(address, options, stepMs)
    isEncrypted = true
    return (await exchangeVersions(socket, stepMs)) ? null : notKafka(at)
  } catch (error) {
    const code = codeOf(error)
    if (untrusted.has(code)) {
      const remedy =
        tls.ca === undefined ? 'set security.tls.ca to its PEM' : 'is security.tls.ca that of this cluster?'
      return {
        code: 'untrusted',
        text: `${at} has a certificate of an authority that is not trusted (${code})`,
        remedy,
      }
    }
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return otherName(address, error)
    if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
      const when = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet'
      return {
        code: 'expired',
        text: `the certificate of ${at} ${when}`,
        remedy: 'renew it; is the clock of this machine right?',
      }
    }
    // Some close the connection without a word.
    if (isCertificateAlert(error) || (isEncrypted && tls.cert !== undefined)) {
      const remedy =
        'set security.tls.cert and security.tls.key to a certificate of an authority that the brokers trust'
      const what =
        tls.cert === undefined
          ? 'wants a certificate of the client (mutual TLS), and there is none'
          : 'refuses the certificate of the client'
      return { code: 'client-certificate', text: `${at} ${what}`, remedy }
    }
    if (await speaksKafka(address, null, stepMs)) {
      const remedy =
        'set security.tls: false (security.protocol=PLAINTEXT or SASL_PLAINTEXT), or use the port of a TLS listener'
      return { code: 'tls-to-plaintext', text: `${at} speaks no TLS, and kbench connects with it`, remedy }
    }
    return {
      code: 'not-kafka',
      text: `${at}: the TLS handshake fails (${reasonOf(error)})`,
      remedy: 'which TLS versions and ciphers do the brokers take?',
    }
  }
}

function otherName({ host, port }: Address, error: unknown): ConnectionProblem {
  const names = String((error as { cert?: { subjectaltname?: string } }).cert?.subjectaltname ?? '')
    .split(', ')
    .map((name) => name.replace(/^(DNS|IP Address):/, ''))
    .filter(Boolean)
  return {
    code: 'host-name',
    text: `the certificate of ${addressText({ host, port })} does not cover ${host}, it is for ${names.join(', ') || 'no name'}`,
    remedy: 'connect by a name that it covers, or set security.tls.verification: chain',
  }
}

const notKafka = (at: string): ConnectionProblem => ({
  code: 'not-kafka',
  text: `${at} takes connections and does not answer as a Kafka broker does`,
  remedy: 'is that the port of a Kafka listener, and of nothing else?',
})

/** Whether the listener wants a login, and takes this one. */
async function problemOfLogin(
  address: Address,
  security: Security | undefined,
  stepMs: number,
): Promise<ConnectionProblem | null> {
  const at = addressText(address)
  const sasl = security?.sasl
  const wanted = sasl === undefined ? '' : usesTokens(sasl) ? 'OAUTHBEARER' : sasl.mechanism.toUpperCase()
  const socket = await open(address, security?.tls ? tlsOptions(security.tls) : null, stepMs)
  const answer = await handshake(socket, wanted, stepMs)
  if (sasl === undefined) {
    if (answer === null || !isSaslListener(answer)) return null
    const text = `${at} wants a login (${answer.mechanisms.join(', ')}), and there is none`
    return { code: 'login-missing', text, remedy: 'set security.sasl' }
  }
  if (answer === null) return notKafka(at)
  if (answer.error === illegalSaslState) {
    const remedy = 'leave security.sasl out, or use the port of a SASL listener'
    return { code: 'login-unknown', text: `${at} takes no login, and security.sasl is set`, remedy }
  }
  if (answer.error !== 0) {
    const remedy = `set security.sasl.mechanism to one of: ${answer.mechanisms.join(', ').toLowerCase()}`
    return { code: 'mechanism', text: `${at} does not take ${wanted}`, remedy }
  }
  let expiresAtMs: number | null = null
  if (usesTokens(sasl)) {
    try {
      const token = await tokenSourceOf(sasl).token()
      expiresAtMs = token.expiresAtMs ?? expiryOf(token.value)
    } catch (error) {
      const remedy = error instanceof KbenchError && error.hint ? error.hint : 'check security.sasl'
      return { code: 'token', text: messageOf(error), remedy }
    }
  }
  try {
    const connection = await connectBroker({ bootstrap: [at], ...(security && { security }) }, address, {
      clientId: 'kbench-diagnose',
      timeoutMs: stepMs,
    })
    // With a token that is over the login may succeed and its session be over already: the broker closes the connection at the next request.
    if (usesTokens(sasl)) await connection.metadata([]).finally(() => connection.close())
    else await connection.close()
    return null
  } catch (error) {
    const isRefusal = (error as { name?: unknown }).name === 'KafkaJSSASLAuthenticationError'
    if (!isRefusal && !usesTokens(sasl)) throw error
    if (!usesTokens(sasl)) {
      const remedy = `check security.sasl.username and password, and that the user has credentials for ${wanted}`
      return { code: 'credentials', text: `${at} refuses user name or password (${messageOf(error)})`, remedy }
    }
    const isOver = expiresAtMs !== null && expiresAtMs <= Date.now()
    const over = isOver ? ` that expired at ${new Date(expiresAtMs!).toISOString()}` : ''
    const remedy = isOver
      ? 'renew it; is the clock of this machine right?'
      : sasl.mechanism === 'aws-iam'
        ? 'are the AWS keys on this machine right, and is region that of the cluster?'
        : 'do the brokers know its issuer, audience and key?'
    return { code: 'token', text: `${at} refuses the token of ${originOf(sasl)}${over} (${messageOf(error)})`, remedy }
  }
}

const unsupportedMechanism = 33
const illegalSaslState = 34

const isSaslListener = ({ error }: { error: number }) => error === unsupportedMechanism || error === 0

/** SaslHandshake, version 1: what the listener answers on a mechanism; null = nothing that can be read. */
async function handshake(
  socket: Socket,
  mechanism: string,
  stepMs: number,
): Promise<{ error: number; mechanisms: string[] } | null> {
  const name = Buffer.from(mechanism)
  const body = Buffer.alloc(2 + name.length)
  body.writeInt16BE(name.length)
  name.copy(body, 2)
  try {
    const answer = await exchange(socket, 17, 1, body, stepMs)
    const mechanisms: string[] = []
    let at = 6
    for (let left = answer.readInt32BE(2); left > 0; left--) {
      const length = answer.readInt16BE(at)
      mechanisms.push(answer.toString('utf8', at + 2, at + 2 + length))
      at += 2 + length
    }
    return { error: answer.readInt16BE(0), mechanisms }
  } catch {
    return null // whoever asks says what that means
  } finally {
    socket.destroy()
  }
}

const speaksKafka = (address: Address, options: ConnectionOptions | null, stepMs: number): Promise<boolean> =>
  open(address, options, stepMs)
    .then((socket) => exchangeVersions(socket, stepMs))
    .catch(() => false)

/** ApiVersions, which every listener answers before anything else. Rejects with the socket's error. */
async function exchangeVersions(socket: Socket, stepMs: number): Promise<boolean> {
  try {
    return (await exchange(socket, 18, 0, Buffer.alloc(0), stepMs)).length >= 2
  } finally {
    socket.destroy()
  }
}

const correlation = 0x6b62

/** A request and the body of its answer. Rejects when the connection is closed, or what comes is no answer to it. */
function exchange(socket: Socket, apiKey: number, apiVersion: number, body: Buffer, stepMs: number): Promise<Buffer> {
  const client = Buffer.from('kbench')
  const header = Buffer.alloc(14)
  header.writeInt32BE(10 + client.length + body.length)
  header.writeInt16BE(apiKey, 4)
  header.writeInt16BE(apiVersion, 6)
  header.writeInt32BE(correlation, 8)
  header.writeInt16BE(client.length, 12)
  return within(
    stepMs,
    'answer',
    () =>
      new Promise<Buffer>((resolve, reject) => {
        let data = Buffer.alloc(0)
        socket.once('error', reject)
        socket.once('close', () => reject(new Error('it closes the connection')))
        socket.on('data', (chunk) => {
          data = Buffer.concat([data, chunk])
          if (data.length < 8) return
          const size = data.readInt32BE(0)
          if (data.readInt32BE(4) !== correlation || size < 4 || size > 1_000_000)
            reject(new Error('it answers something else'))
          else if (data.length >= 4 + size) resolve(data.subarray(8, 4 + size))
        })
        socket.write(Buffer.concat([header, client, body]))
      }),
  )
}

/** A connected socket, through TLS where there are options for it. */
function open(address: Address, tls: ConnectionOptions | null, stepMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { host, port } = address
    const servername = isIP(host) === 0 ? { servername: host } : {}
    const socket: Socket | TLSSocket = tls
      ? connectTls({ ...tls, ...servername, host, port }, () => done())
      : connectTcp({ host, port }, () => done())
    const timer = setTimeout(() => fail(new Error(`no answer within ${stepMs / 1000} s`)), stepMs)
    const done = () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    }
    const fail = (error: Error) => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    // The last one stays: an error after the socket was given up is nobody's.
    socket.on('error', fail)
  })
}

function destroyed(socket: Socket): true {
  socket.destroy()
  return true
}

/** The peer speaks TLS and says that it wants, or does not like, our certificate. */
const isCertificateAlert = (error: unknown): boolean =>
  /ALERT_(BAD_CERTIFICATE|CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)|CERTIFICATE_(REQUIRED|UNKNOWN)/.test(codeOf(error))

/** Of the system or of TLS: ECONNREFUSED and the like; kbench's own errors have none of these. */
const codeOf = (error: unknown): string => {
  if (error instanceof KbenchError) return ''
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}

const reasonOf = (error: unknown): string => codeOf(error) || messageOf(error)
