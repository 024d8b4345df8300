import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { tokenCallback } from '../../../src/drivers/node-rdkafka/client.ts'

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
