import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, tokenCallback } from '../../../src/drivers/node-rdkafka/client.ts'
import type { RdConsumer } from '../../../src/drivers/node-rdkafka/types.ts'

const folder = mkdtempSync(join(tmpdir(), 'kbench-token-'))
after(() => rmSync(folder, { recursive: true }))

const asked = { package: 'p', install: 'i', tokens: 'asked' } as const

for (const [lifeS, askedAfterS] of [
  [10, 6],
  [60, 45],
  [3600, 2700],
  [3, 1],
] as const) {
  test(`librdkafka asks ${askedAfterS} s after it got a token that lives ${lifeS} s`, async () => {
    const path = join(folder, `token-${lifeS}`)
    const exp = Math.ceil(Date.now() / 1000) + lifeS
    writeFileSync(path, `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.c2ln`)
    const sasl = { mechanism: 'oauthbearer', token: { from: 'file', path }, extensions: { a: 'b' } } as const
    const { oauthbearer_token_refresh_cb: refresh } = tokenCallback(asked, { bootstrap: [], security: { sasl } })
    const beganMs = Date.now()
    const token = await (refresh as () => Promise<{ tokenValue: string; lifetime: number; extensions: object }>)()
    // It asks when four fifths of what it is told are over.
    const afterS = (0.8 * (token.lifetime - beganMs)) / 1000
    assert.ok(afterS > askedAfterS - 0.1 && afterS < askedAfterS + 1.5, `${afterS} s`)
    assert.deepEqual(token.extensions, { a: 'b' })
  })
}

// At 90 % of its session librdkafka logs in again: the next token has to be there by then, however long the answer takes.
for (const [lifeS, renewedAfterS] of [
  [10, 6],
  [8, 4],
  [60, 45],
] as const) {
  test(`a client that cannot ask is given its next token ${renewedAfterS} s into a life of ${lifeS} s`, async (t) => {
    const path = join(folder, `told-${lifeS}`)
    writeFileSync(path, JSON.stringify({ access_token: 'a', expires_in: lifeS }))
    const sasl = { mechanism: 'oauthbearer', token: { from: 'file', path } } as const
    const given: string[] = []
    let gave = () => {}
    const client = {
      setOauthBearerToken(token: string) {
        given.push(token)
        gave()
      },
      connect: (_: unknown, done: (error: null) => void) => done(null),
    } as unknown as RdConsumer
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_700_000_000_000 })
    const told = { package: 'p', install: 'i', tokens: 'pushed' } as const
    using _ = await connect(told, client, {
      network: { bootstrap: [], security: { sasl } },
      topics: [{ name: 'orders', partitions: 3 }],
      event: (kind, detail) => assert.fail(`${kind} ${detail}`),
    })
    writeFileSync(path, JSON.stringify({ access_token: 'b', expires_in: lifeS }))
    const next = new Promise<void>((resolve) => {
      gave = resolve
    })
    t.mock.timers.tick(renewedAfterS * 1000 - 100)
    assert.deepEqual(given, ['a'])
    t.mock.timers.tick(200)
    await next
    assert.deepEqual(given, ['a', 'b'])
  })
}

test('a client is connected with the metadata of its topic alone, and given no token once it is being closed', async () => {
  // The first token is there at once and lives a second; the second is under way when the client is closed.
  const [began, ended] = [join(folder, 'began'), join(folder, 'ended')]
  const script = `if [ -e ${began}-0 ]; then touch ${began}; sleep 0.2; touch ${ended}; fi; touch ${began}-0; echo '{"access_token":"a","expires_in":1}'`
  const sasl = { mechanism: 'oauthbearer', token: { from: 'command', argv: ['sh', '-c', script] } } as const
  const [given, asked]: [string[], unknown[]] = [[], []]
  const client = {
    setOauthBearerToken: (token: string) => void given.push(token),
    connect(options: unknown, done: (error: null) => void) {
      asked.push(options)
      done(null)
    },
  } as unknown as RdConsumer
  const binding = { package: 'p', install: 'i', tokens: 'pushed' } as const
  const events: string[] = []
  const tokens = await connect(binding, client, {
    network: { bootstrap: [], security: { sasl } },
    topics: [{ name: 'orders', partitions: 3 }],
    event: (kind) => void events.push(kind),
  })
  assert.deepEqual([given, asked], [['a'], [{ timeout: 30_000, topic: 'orders', allTopics: false }]])
  while (!existsSync(began)) await sleep(5)
  tokens[Symbol.dispose]()
  while (!existsSync(ended)) await sleep(5)
  await sleep(100)
  assert.deepEqual([given, events], [['a'], []])
})
