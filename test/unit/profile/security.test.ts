import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { resolveSecurity } from '../../../src/clusters/shared/secrets.ts'
import { checkSecurity } from '../../../src/profile/check-security.ts'
import { notesOn } from '../../../src/profile/notes.ts'
import { connectionNeeds, needsOf } from '../../../src/profile/plan.ts'
import { profileSchema } from '../../../src/profile/schema.ts'

const clusterOf = (security: unknown, config?: string) =>
  profileSchema.parse({
    name: 'x',
    cluster: { provider: 'external', bootstrap: ['a:1'], security, ...(config === undefined ? {} : { config }) },
  } as never).cluster
const problems = (security: unknown, config?: string) =>
  checkSecurity(clusterOf(security, config)).map(({ path, message }) => `${path.join('.')}: ${message}`)
const secret = (name: string) => `\${env:${name}}`
const password = { username: 'u', password: secret('P') }

describe('cluster.security', () => {
  test('the form of kbench 0.1 stays valid and means the same', async () => {
    const security = clusterOf({ tls: true, ca: secret('C'), sasl: { mechanism: 'plain', ...password } }).security!
    assert.deepEqual(problems(security), [])
    const folder = mkdtempSync(join(tmpdir(), 'kbench-security-'))
    try {
      writeFileSync(join(folder, 'ca.pem'), 'PEM\n')
      process.env.P = 'p'
      assert.deepEqual(await resolveSecurity({ ...security, ca: `\${file:${join(folder, 'ca.pem')}}` }), {
        tls: { verification: 'full', ca: 'PEM' },
        sasl: { mechanism: 'plain', username: 'u', password: 'p' },
      })
    } finally {
      rmSync(folder, { recursive: true })
      delete process.env.P
    }
  })

  test('what is resolved can be cloned to a worker', async () => {
    process.env.P = 'p'
    try {
      for (const sasl of [
        { mechanism: 'scram-sha-512', ...password },
        {
          mechanism: 'oauthbearer',
          tokenEndpoint: 'https://a/t',
          clientId: 'c',
          clientSecret: secret('P'),
          extensions: { a: 'b' },
        },
        { mechanism: 'oauthbearer', tokenCommand: ['a', 'b'] },
        { mechanism: 'oauthbearer', tokenFile: '/a' },
        { mechanism: 'aws-iam', region: 'eu-central-1' },
        { mechanism: 'aws-iam', region: 'eu-central-1', roleArn: 'arn:aws:iam::1:role/r', roleSessionName: 's' },
      ]) {
        const { security } = clusterOf({ tls: true, sasl })
        assert.deepEqual(problems(security), [])
        const resolved = await resolveSecurity(security!)
        assert.deepEqual(structuredClone(resolved), resolved)
        assert.deepEqual(JSON.parse(JSON.stringify(resolved)), resolved)
        assert.deepEqual(connectionNeeds(security), needsOf(resolved))
      }
    } finally {
      delete process.env.P
    }
  })

  test('secrets are references, never the value itself', () => {
    for (const wrong of [
      { tls: { key: 'PEM' } },
      { tls: { key: secret('K'), cert: secret('C'), passphrase: 'p' } },
      { sasl: { mechanism: 'plain', username: 'u', password: 'p' } },
      { sasl: { mechanism: 'oauthbearer', tokenEndpoint: 'https://a/t', clientId: 'c', clientSecret: 's' } },
    ]) {
      assert.throws(() => clusterOf(wrong), /secrets are written as/)
    }
  })

  for (const [what, security, expected] of [
    ['a user name is missing', { sasl: { mechanism: 'plain', password: secret('P') } }, /sasl\.username: missing/],
    [
      'no token',
      { sasl: { mechanism: 'oauthbearer' } },
      /needs one of tokenEndpoint, tokenCommand, tokenFile, and there is none/,
    ],
    ['two tokens', { sasl: { mechanism: 'oauthbearer', tokenFile: 'a', tokenCommand: ['b'] } }, /there are 2/],
    [
      'an endpoint without a client',
      { sasl: { mechanism: 'oauthbearer', tokenEndpoint: 'https://a/t' } },
      /clientId: missing/,
    ],
    [
      'a scope of a file',
      { sasl: { mechanism: 'oauthbearer', tokenFile: 'a', scope: 's' } },
      /scope: is for tokenEndpoint only/,
    ],
    [
      'a key of another mechanism',
      { sasl: { mechanism: 'aws-iam', region: 'r', username: 'u' } },
      /username: is not for aws-iam/,
    ],
    ['no region', { sasl: { mechanism: 'aws-iam' } }, /region: missing/],
    [
      'profile and role',
      { sasl: { mechanism: 'aws-iam', region: 'r', awsProfile: 'p', roleArn: 'a' } },
      /excludes roleArn/,
    ],
    ['a certificate without its key', { tls: { cert: secret('C') } }, /mutual TLS needs cert and key/],
    ['an authority without TLS', { ca: secret('C') }, /ca: needs tls: true/],
    ['an authority twice', { tls: { ca: secret('C') }, ca: secret('C') }, /is said twice/],
  ] as const) {
    test(`refused: ${what}`, () => {
      const found = problems(security)
      assert.ok(found.length >= 1, 'nothing was found')
      assert.match(found[0]!, expected)
    })
  }

  test('a client.properties excludes it', () => {
    assert.match(problems({ tls: true }, 'client.properties')[0]!, /cluster\.config: excludes security/)
    assert.deepEqual(problems(undefined, 'client.properties'), [])
  })

  test('what travels unencrypted, and what is not verified, is told', () => {
    const notes = (security: object) =>
      notesOn(
        profileSchema.parse({ name: 'x', cluster: { provider: 'external', bootstrap: ['a:1'], security } }),
      ).join()
    assert.match(notes({ sasl: { mechanism: 'plain', ...password } }), /password travels unencrypted/)
    assert.match(notes({ sasl: { mechanism: 'oauthbearer', tokenFile: 'a' } }), /token travels unencrypted/)
    assert.match(notes({ tls: { verification: 'none' } }), /not verified/)
    assert.equal(notes({ tls: true, sasl: { mechanism: 'plain', ...password } }), '')
  })
})

test('X14: an IPv6 address in brackets is a bootstrap address, one without is none', () => {
  const parse = (address: string) =>
    profileSchema.safeParse({ name: 'x', cluster: { provider: 'external', bootstrap: [address] } }).success
  assert.ok(parse('[::1]:9092'))
  assert.ok(parse('[2001:db8::1]:9092'))
  assert.ok(!parse('::1:9092'))
  assert.ok(!parse('b-1.example.com'))
})
