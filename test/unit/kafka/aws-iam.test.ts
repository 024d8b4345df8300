import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, mock, test } from 'node:test'
import { packageRoot } from '../../../src/base/root.ts'
import type { AwsIam } from '../../../src/contracts/api.ts'
import { createTokenSource, expiryOf } from '../../../src/kafka/tokens.ts'
import { startAws, withVariables } from '../../support/aws.ts'

// Tokens of AWS IAM against the URLs that botocore signs. Nothing here asks AWS: endpoints are on this machine.

const folder = mkdtempSync(join(tmpdir(), 'kbench-aws-'))
after(() => rmSync(folder, { recursive: true }))
for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
process.env.AWS_EC2_METADATA_DISABLED = 'true'
process.env.AWS_CONFIG_FILE = join(folder, 'config')
process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, 'credentials')
writeFileSync(join(folder, 'config'), '')

const tokenOf = async (credentials: AwsIam['credentials'], region = 'eu-central-1') => {
  const source = createTokenSource({ mechanism: 'aws-iam', region, credentials })
  const token = await source.token()
  return { token, url: new URL(Buffer.from(token.value, 'base64url').toString('utf8')) }
}

interface Signed {
  date: string
  region: string
  access_key: string
  secret_key: string
  token: string | null
  url: string
}

const path = 'test/fixtures/aws-iam/botocore-urls.json'
const { urls } = JSON.parse(readFileSync(join(packageRoot, path), 'utf8')) as { urls: Signed[] }

writeFileSync(
  join(folder, 'credentials'),
  `[bench]\naws_access_key_id = ${urls[0]!.access_key}\naws_secret_access_key = ${urls[0]!.secret_key}\n`,
)

/** What the signer adds for the statistics of AWS is not signed. */
function assertSigned(url: URL, expected: string): void {
  assert.match(url.searchParams.get('User-Agent') ?? '', /^aws-msk-iam-sasl-signer-js/)
  const signed = [...url.searchParams].filter(([name]) => name !== 'User-Agent')
  assert.deepEqual(signed.sort(), [...new URL(expected).searchParams].sort())
}

for (const { date, region, access_key, secret_key, token: session, url: expected } of urls) {
  test(`the default chain: what botocore signs with ${access_key} at ${date}, good for 15 minutes`, async () => {
    const keys = { AWS_ACCESS_KEY_ID: access_key, AWS_SECRET_ACCESS_KEY: secret_key }
    mock.timers.enable({ apis: ['Date'], now: Date.parse(date) })
    try {
      const variables = { ...keys, ...(session === null ? {} : { AWS_SESSION_TOKEN: session }) }
      const { token, url } = await withVariables(variables, () => tokenOf({ from: 'default' }, region))
      assertSigned(url, expected)
      assert.equal(`${url.origin}${url.pathname}`, `https://kafka.${region}.amazonaws.com/`)
      assert.equal(token.expiresAtMs, Date.parse(date) + 900_000)
      assert.equal(expiryOf(token.value), token.expiresAtMs)
    } finally {
      mock.timers.reset()
    }
  })
}

const credentialOf = ({ url }: { url: URL }) => url.searchParams.get('X-Amz-Credential')?.split('/')[0]

test('a named profile', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.parse(urls[0]!.date) })
  try {
    assertSigned((await tokenOf({ from: 'profile', profile: 'bench' })).url, urls[0]!.url)
  } finally {
    mock.timers.reset()
  }
})

test('a role: asked for at the endpoint of STS, with its name and that of the session', async () => {
  await using aws = await startAws({ accessKey: 'ASIDROLE', secretKey: 'secret-of-role', sessionToken: 'of-role' })
  const keys = { AWS_ACCESS_KEY_ID: 'AKIDUSER', AWS_SECRET_ACCESS_KEY: 'secret-of-user' }
  const arn = 'arn:aws:iam::123456789012:role/bench'
  const token = await withVariables({ ...keys, AWS_ENDPOINT_URL_STS: aws.origin }, () =>
    tokenOf({ from: 'role', arn, session: 'night' }),
  )
  assert.equal(credentialOf(token), 'ASIDROLE')
  assert.equal(token.url.searchParams.get('X-Amz-Security-Token'), 'of-role')
  const [asked] = aws.asked
  const body = new URLSearchParams(asked?.body)
  assert.deepEqual([body.get('Action'), body.get('RoleArn'), body.get('RoleSessionName')], ['AssumeRole', arn, 'night'])
  assert.match(asked?.authorization ?? '', /Credential=AKIDUSER\/\d{8}\/eu-central-1\/sts\/aws4_request/)
})

test('a container: its credentials come from its own endpoint, and a token lives no longer than they do', async () => {
  const keys = { accessKey: 'ASIDCONTAINER', secretKey: 'secret-of-task', sessionToken: 'of-task', lifeS: 120 }
  await using aws = await startAws(keys)
  const variables = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${aws.origin}/task`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'let-me-in',
  }
  const token = await withVariables(variables, () => tokenOf({ from: 'default' }))
  assert.equal(credentialOf(token), 'ASIDCONTAINER')
  assert.deepEqual(
    aws.asked.map(({ path, authorization }) => [path, authorization]),
    [['/task', 'let-me-in']],
  )
  const lifeS = (token.token.expiresAtMs! - Date.now()) / 1000
  assert.ok(lifeS > 100 && lifeS <= 121, `${lifeS} s`)
})

test('without credentials the error says where to look', async () => {
  await assert.rejects(tokenOf({ from: 'profile', profile: 'absent' }), (error: { message: string; hint: string }) => {
    assert.match(error.message, /^no token for AWS IAM: /)
    assert.match(error.hint, /aws sts get-caller-identity/)
    return true
  })
})
