import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { after, describe, test } from 'node:test'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { Security, Tls } from '../../../src/contracts/api.ts'
import { diagnoseConnection } from '../../../src/kafka/diagnose-connection.ts'
import { makeCertificates } from '../../support/tls.ts'

const certificates = makeCertificates()
const skip = certificates === null ? 'openssl is not installed' : false
const servers: Server[] = []
after(() => {
  for (const server of servers) server.close()
})

/** What a listener of Kafka answers: versions, and a SaslHandshake with the mechanisms it takes; null = it is none of SASL. */
function broker(mechanisms: readonly string[] | null) {
  return (socket: Socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => {
      // As Kafka does: what is no request of a sensible size closes the connection.
      if (data.length < 14 || data.readInt32BE(0) > 1_000_000) return socket.destroy()
      const header = Buffer.alloc(8)
      data.copy(header, 4, 8, 12)
      const body = data.readInt16BE(4) === 18 ? versions() : saslHandshake(data, mechanisms)
      header.writeInt32BE(4 + body.length)
      socket.write(Buffer.concat([header, body]))
    })
  }
}

function versions(): Buffer {
  const body = Buffer.alloc(6)
  body.writeInt32BE(0, 2)
  return body
}

function saslHandshake(data: Buffer, mechanisms: readonly string[] | null): Buffer {
  const at = 14 + data.readInt16BE(12)
  const asked = data.toString('utf8', at + 2, at + 2 + data.readInt16BE(at))
  const head = Buffer.alloc(6)
  head.writeInt16BE(mechanisms === null ? 34 : mechanisms.includes(asked) ? 0 : 33)
  head.writeInt32BE(mechanisms?.length ?? 0, 2)
  const names = (mechanisms ?? []).map((name) => {
    const text = Buffer.alloc(2 + name.length)
    text.writeInt16BE(name.length)
    text.write(name, 2)
    return text
  })
  return Buffer.concat([head, ...names])
}

async function listen(server: Server): Promise<{ host: string; port: number }> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

const plaintext = (mechanisms: readonly string[] | null = null) => listen(createServer(broker(mechanisms)))
const encrypted = (options: TlsOptions, mechanisms: readonly string[] | null = null) => {
  const server = createTlsServer(options, broker(mechanisms))
  server.on('tlsClientError', () => {})
  return listen(server)
}

const diagnose = async (address: { host: string; port: number }, security?: Security) =>
  diagnoseConnection(address, security ? { security } : {}, 1500)
const codeOf = async (...args: Parameters<typeof diagnose>) => (await diagnose(...args))?.code ?? null

const tls = (more: Partial<Tls> = {}): Tls => ({ verification: 'full', ...more })
const password = { mechanism: 'scram-sha-512', username: 'u', password: 'p' } as const

describe('X12: why a connection gets no further', () => {
  test('nothing is wrong', async () => {
    assert.equal(await diagnose(await plaintext()), null)
  })

  test('nothing listens, and a name that cannot be resolved', async () => {
    const address = await plaintext()
    await new Promise((resolve) => servers.pop()!.close(resolve))
    const refused = await diagnose(address)
    assert.equal(refused?.code, 'refused')
    assert.match(refused!.text, new RegExp(`127\\.0\\.0\\.1:${address.port} refuses connections`))
    const unknown = await diagnose({ host: 'kafka.invalid', port: 9092 })
    assert.equal(unknown?.code, 'unresolvable')
    assert.match(unknown!.text, /kafka\.invalid cannot be resolved/)
  })

  test('a port of something else: silent, or closing', async () => {
    assert.equal(await codeOf(await listen(createServer((socket) => void socket.on('error', () => {})))), 'not-kafka')
    assert.equal(
      await codeOf(
        await listen(
          createServer((socket) => void socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n')),
        ),
      ),
      'not-kafka',
    )
  })

  test('a login is wanted and there is none, with the mechanisms', async () => {
    const found = await diagnose(await plaintext(['PLAIN', 'SCRAM-SHA-512']))
    assert.equal(found?.code, 'login-missing')
    assert.match(found!.text, /PLAIN, SCRAM-SHA-512/)
  })

  test('a login that the listener does not take', async () => {
    assert.equal(await codeOf(await plaintext(), { sasl: password }), 'login-unknown')
    const other = await diagnose(await plaintext(['OAUTHBEARER']), { sasl: password })
    assert.equal(other?.code, 'mechanism')
    assert.match(other!.remedy, /oauthbearer/)
  })

  test('a token that cannot be had', async () => {
    const token = { from: 'file', path: '/nonexistent/token' } as const
    const found = await diagnose(await plaintext(['OAUTHBEARER']), { sasl: { mechanism: 'oauthbearer', token } })
    assert.equal(found?.code, 'token')
    assert.match(found!.text, /\/nonexistent\/token/)
  })

  test('TLS to a plaintext port', async () => {
    assert.equal(await codeOf(await plaintext(), { tls: tls() }), 'tls-to-plaintext')
  })

  test('plaintext to a TLS port, one that wants certificates too', { skip }, async () => {
    const { server, ca } = certificates!
    assert.equal(await codeOf(await encrypted(server)), 'plaintext-to-tls')
    assert.equal(await codeOf(await encrypted({ ...server, ca, requestCert: true })), 'plaintext-to-tls')
  })

  test('certificates: none is wrong, an authority that is not trusted, another name, one that has expired', {
    skip,
  }, async () => {
    const { server, otherName, expired, ca, otherCa } = certificates!
    assert.equal(await diagnose(await encrypted(server), { tls: tls({ ca }) }), null)
    assert.equal(await codeOf(await encrypted(server), { tls: tls({ ca: otherCa }) }), 'untrusted')
    assert.equal(await codeOf(await encrypted(server), { tls: tls() }), 'untrusted')
    const name = await diagnose(await encrypted(otherName), { tls: tls({ ca }) })
    assert.equal(name?.code, 'host-name')
    assert.match(name!.text, /does not cover 127\.0\.0\.1, it is for other\.example\.com/)
    assert.equal(await codeOf(await encrypted(expired), { tls: tls({ ca }) }), 'expired')
  })

  test('verification that was turned off by name', { skip }, async () => {
    const { server, otherName, ca, otherCa } = certificates!
    assert.equal(await diagnose(await encrypted(otherName), { tls: tls({ ca, verification: 'chain' }) }), null)
    assert.equal(
      await codeOf(await encrypted(server), { tls: tls({ ca: otherCa, verification: 'chain' }) }),
      'untrusted',
    )
    assert.equal(await diagnose(await encrypted(otherName), { tls: tls({ verification: 'none' }) }), null)
  })

  test('mutual TLS: no certificate, one of another authority, the right one, and one whose key is another', {
    skip,
  }, async () => {
    const { server, client, ca, otherCa } = certificates!
    const wanting = { ...server, ca, requestCert: true, rejectUnauthorized: true }
    assert.equal(await codeOf(await encrypted(wanting), { tls: tls({ ca }) }), 'client-certificate')
    assert.equal(
      await codeOf(await encrypted({ ...wanting, maxVersion: 'TLSv1.2' }), { tls: tls({ ca }) }),
      'client-certificate',
    )
    const theirs = await encrypted({ ...wanting, ca: otherCa })
    assert.equal(await codeOf(theirs, { tls: tls({ ca, ...client }) }), 'client-certificate')
    assert.equal(await diagnose(await encrypted(wanting), { tls: tls({ ca, ...client }) }), null)
    const mixed = { cert: client.cert, key: server.key }
    assert.equal(await codeOf(await encrypted(wanting), { tls: tls({ ca, ...mixed }) }), 'own-certificate')
  })
})
