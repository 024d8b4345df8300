import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { KbenchError } from '../../../src/base/errors.ts'
import { createTokenSource, expiryOf } from '../../../src/kafka/tokens.ts'

const jwt = (exp: number) => `e30.${Buffer.from(JSON.stringify({ sub: 'me', exp })).toString('base64url')}.c2ln`

/** A token endpoint that answers like this, and what it was asked. */
async function endpoint(answer: () => { status: number; body: object }) {
  const asked: { authorization: string | undefined; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      asked.push({ authorization: request.headers.authorization, body })
      const { status, body: text } = answer()
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(text))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const from = (url: string) => ({ from: 'endpoint', url, clientId: 'a b', clientSecret: 's:3', scope: 'kafka' }) as const

describe('tokens of an endpoint', () => {
  test('client credentials are asked for once, by all who ask, until a quarter of the life is left', async () => {
    let number = 0
    await using server = await endpoint(() => ({ status: 200, body: { access_token: `t${++number}`, expires_in: 60 } }))
    let now = 1_000_000
    const source = createTokenSource({ mechanism: 'oauthbearer', token: from(server.url) }, () => now)
    const values = async () =>
      Promise.all([source.token(), source.token()]).then((all) => all.map(({ value }) => value))
    assert.deepEqual(await values(), ['t1', 't1'])
    assert.equal(server.asked[0]?.body, 'grant_type=client_credentials&scope=kafka')
    assert.equal(server.asked[0]?.authorization, `Basic ${Buffer.from('a%20b:s%3A3').toString('base64')}`)
    assert.equal(source.nextInMs(await source.token()), 45_000)
    now += 44_999
    assert.deepEqual(await values(), ['t1', 't1'])
    now += 1
    assert.deepEqual(await values(), ['t2', 't2'])
    assert.equal(server.asked.length, 2)
  })

  test('while the endpoint fails, a token that is not over is used; then the error is told', async () => {
    let works = true
    await using server = await endpoint(() =>
      works
        ? { status: 200, body: { access_token: 't1', expires_in: 60 } }
        : { status: 401, body: { error: 'invalid_client', error_description: 'unknown' } },
    )
    let now = 1_000_000
    const source = createTokenSource({ mechanism: 'oauthbearer', token: from(server.url) }, () => now)
    await source.token()
    works = false
    now += 50_000
    assert.equal((await source.token()).value, 't1')
    now += 20_000
    await assert.rejects(source.token(), (error: KbenchError) => {
      assert.equal(error.code, 'environment')
      assert.match(error.message, /refuses: 401 invalid_client, unknown/)
      assert.doesNotMatch(JSON.stringify([error.message, error.details, error.hint]), /s:3|s%3A3/)
      return true
    })
  })

  test('who needs a token for longer gets a new one, unless tokens do not live that long', async () => {
    let number = 0
    await using server = await endpoint(() => ({ status: 200, body: { access_token: `t${++number}`, expires_in: 10 } }))
    let now = 1_000_000
    const source = createTokenSource({ mechanism: 'oauthbearer', token: from(server.url) }, () => now)
    const value = async (aheadMs?: number) => (await source.token(aheadMs)).value
    assert.equal(await value(7000), 't1')
    now += 2999
    assert.equal(await value(7000), 't1')
    now += 1
    assert.equal(await value(), 't1')
    assert.equal(await value(7000), 't2')
    assert.equal(await value(20_000), 't3')
  })

  test('one that does not answer', async () => {
    const source = createTokenSource({ mechanism: 'oauthbearer', token: from('http://127.0.0.1:1/token') })
    await assert.rejects(source.token(), /http:\/\/127\.0\.0\.1:1\/token does not answer: .*ECONNREFUSED/)
  })
})

describe('tokens of a command and of a file', () => {
  test('bare, with the expiry of a JSON Web Token, or as an endpoint answers', async () => {
    const exp = Math.floor(Date.now() / 1000) + 600
    for (const [printed, value, expiresAtMs] of [
      ['opaque', 'opaque', null],
      [jwt(exp), jwt(exp), exp * 1000],
      ['{"access_token":"t","expires_in":60}', 't', 1_060_000],
    ] as const) {
      const argv = [process.execPath, '-e', `console.log(${JSON.stringify(printed)})`]
      const source = createTokenSource({ mechanism: 'oauthbearer', token: { from: 'command', argv } }, () => 1_000_000)
      assert.deepEqual(await source.token(), { value, expiresAtMs, obtainedAtMs: 1_000_000 })
    }
  })

  test('a command that fails, prints nothing, or is not there', async () => {
    for (const [argv, message] of [
      [[process.execPath, '-e', 'console.error("no ticket"); process.exit(3)'], /ended with 3/],
      [[process.execPath, '-e', ''], /supplied no token/],
      [['/nonexistent/command'], /ENOENT/],
    ] as const) {
      const source = createTokenSource({ mechanism: 'oauthbearer', token: { from: 'command', argv } })
      await assert.rejects(source.token(), message)
    }
  })

  test('a file is read again when its token is nearly over', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kbench-token-'))
    try {
      const path = join(folder, 'token')
      let now = 1_000_000_000
      writeFileSync(path, `${jwt(1_000_100)}\n`)
      const source = createTokenSource({ mechanism: 'oauthbearer', token: { from: 'file', path } }, () => now)
      assert.equal((await source.token()).value, jwt(1_000_100))
      writeFileSync(path, jwt(1_000_200))
      assert.equal((await source.token()).value, jwt(1_000_100))
      now += 75_000
      assert.equal((await source.token()).value, jwt(1_000_200))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

test('the expiry of a JSON Web Token and of a URL signed for AWS is read, of anything else unknown', () => {
  for (const text of ['', 'a', 'a.b', 'a.b.c', `a.${Buffer.from('[]').toString('base64url')}.c`])
    assert.equal(expiryOf(text), null)
  assert.equal(expiryOf(jwt(5)), 5000)
  const url = (query: string) => Buffer.from(`https://kafka.eu-central-1.amazonaws.com/?${query}`).toString('base64url')
  assert.equal(expiryOf(url('X-Amz-Date=20261129T120000Z&X-Amz-Expires=900')), Date.parse('2026-11-29T12:15:00Z'))
  for (const query of ['X-Amz-Date=20261129T120000Z', 'X-Amz-Expires=900', 'X-Amz-Date=soon&X-Amz-Expires=900'])
    assert.equal(expiryOf(url(query)), null)
})
