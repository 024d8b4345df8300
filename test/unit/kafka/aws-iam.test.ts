import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTokenSource } from '../../../src/kafka/tokens.ts'

// Tokens of AWS IAM against the algorithm as AWS describes it (Signature Version 4, query parameters). Nothing here asks AWS.

const folder = mkdtempSync(join(tmpdir(), 'kbench-aws-'))
after(() => rmSync(folder, { recursive: true }))
for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
process.env.AWS_EC2_METADATA_DISABLED = 'true'
process.env.AWS_CONFIG_FILE = join(folder, 'config')
process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, 'credentials')
writeFileSync(join(folder, 'config'), '')
writeFileSync(
  join(folder, 'credentials'),
  '[bench]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = secret-of-profile\n',
)

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const sha = (text: string) => createHash('sha256').update(text).digest('hex')
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** The signature that AWS would compute for this URL. */
function signatureOf(url: URL, region: string, secretKey: string): string {
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature' && name !== 'User-Agent')
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&')
  const request = ['GET', '/', query, `host:${url.host}`, '', 'host', sha('')].join('\n')
  const date = url.searchParams.get('X-Amz-Date') ?? ''
  const scope = `${date.slice(0, 8)}/${region}/kafka-cluster/aws4_request`
  const key = [date.slice(0, 8), region, 'kafka-cluster', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${secretKey}`,
  )
  return hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha(request)].join('\n')).toString('hex')
}

const tokenOf = async (credentials: { from: 'default' } | { from: 'profile'; profile: string }) => {
  const source = createTokenSource({ mechanism: 'aws-iam', region: 'eu-central-1', credentials })
  const token = await source.token()
  return { token, url: new URL(Buffer.from(token.value, 'base64url').toString('utf8')) }
}

test('the default chain: a signed URL that is good for 15 minutes, as a token', async () => {
  process.env.AWS_ACCESS_KEY_ID = 'AKIDENV'
  process.env.AWS_SECRET_ACCESS_KEY = 'secret/of+env'
  process.env.AWS_SESSION_TOKEN = 'session/token+=='
  try {
    const { token, url } = await tokenOf({ from: 'default' })
    assert.equal(`${url.protocol}//${url.host}${url.pathname}`, 'https://kafka.eu-central-1.amazonaws.com/')
    assert.equal(url.searchParams.get('Action'), 'kafka-cluster:Connect')
    assert.match(
      url.searchParams.get('X-Amz-Credential') ?? '',
      /^AKIDENV\/\d{8}\/eu-central-1\/kafka-cluster\/aws4_request$/,
    )
    assert.equal(url.searchParams.get('X-Amz-Security-Token'), 'session/token+==')
    assert.equal(url.searchParams.get('X-Amz-Signature'), signatureOf(url, 'eu-central-1', 'secret/of+env'))
    const lifeS = (token.expiresAtMs! - token.obtainedAtMs) / 1000
    assert.ok(lifeS > 890 && lifeS <= 901, `${lifeS} s`)
  } finally {
    for (const name of ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN']) delete process.env[`AWS_${name}`]
  }
})

test('a named profile', async () => {
  const { url } = await tokenOf({ from: 'profile', profile: 'bench' })
  assert.match(url.searchParams.get('X-Amz-Credential') ?? '', /^AKIDPROFILE\//)
  assert.equal(url.searchParams.get('X-Amz-Signature'), signatureOf(url, 'eu-central-1', 'secret-of-profile'))
})

test('without credentials the error says where to look', async () => {
  await assert.rejects(tokenOf({ from: 'profile', profile: 'absent' }), (error: { message: string; hint: string }) => {
    assert.match(error.message, /^no token for AWS IAM: /)
    assert.match(error.hint, /aws sts get-caller-identity/)
    return true
  })
})
