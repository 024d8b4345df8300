// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as a profile has them
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resolveReferences } from '../../../src/base/references.ts'
import { redacted, withoutSecrets } from '../../../src/base/secrets.ts'
import { errorText } from '../../../src/cli/text/error-text.ts'
import { shownLine } from '../../../src/cli/text/shown-line.ts'
import { createTokenSource } from '../../../src/kafka/tokens.ts'
import { decodeFact, encodeFact } from '../../../src/recording/codec.ts'

const canary = 'Canary9 "quoted" S3cret/+'

async function reference(t: import('node:test').TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kbench-redaction-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'secret'), `${canary}\n`)
  return `\${file:${join(folder, 'secret')}}`
}

test('R10: what was read as a secret is replaced, however it is written', async (t) => {
  await resolveReferences(await reference(t))
  const spellings = [
    canary,
    JSON.stringify(canary),
    `https://me:${encodeURIComponent(canary)}@host/`,
    `Basic ${Buffer.from(canary).toString('base64')}`,
  ]
  for (const text of spellings) {
    for (const shown of [
      redacted(text),
      shownLine(text),
      errorText(new Error(text), { columns: null, colour: false }),
    ]) {
      assert.doesNotMatch(shown, /Canary9|Q2FuYXJ5/, text)
      assert.ok(shown.includes('***'), shown)
    }
  }
  const data = { a: [canary, 1], [canary]: { b: canary }, bytes: new Float64Array([1]) }
  assert.deepEqual(withoutSecrets(data), { a: ['***', 1], '***': { b: '***' }, bytes: new Float64Array([1]) })
})

test('R10: a recording of a client that repeats one has none', async (t) => {
  await resolveReferences(await reference(t))
  const line = encodeFact({ fact: 'event', atNs: 1, kind: 'client-error', detail: `wrong password ${canary}` })
  assert.doesNotMatch(line, /Canary9/)
  assert.equal((decodeFact(line) as { detail: string }).detail, 'wrong password ***')
})

test('R10: an error of a token endpoint that repeats what it was sent', async (t) => {
  const server = createServer((request, response) => {
    const sent = Buffer.from(String(request.headers.authorization).slice(6), 'base64').toString('utf8')
    response.statusCode = 401
    response.end(JSON.stringify({ error: 'invalid_client', error_description: `no such client: ${sent}` }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  const { text: clientSecret } = await resolveReferences(await reference(t))
  const source = createTokenSource({
    mechanism: 'oauthbearer',
    token: { from: 'endpoint', url, clientId: 'me', clientSecret },
  })
  const error = await source.token().then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.match((error as Error).message, /no such client: me:Canary9/)
  const shown = errorText(error, { columns: 80, colour: false })
  assert.doesNotMatch(shown, /Canary9/)
  assert.match(shown.replace(/\s+/g, ' '), /no such client: me:\*\*\*/)
})
