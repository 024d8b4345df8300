import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import type { KbenchError } from '../../../src/base/errors.ts'
import { clientConfig, clientPropertiesText, readClientConfig } from '../../../src/kafka/client-config.ts'
import { parseJaas } from '../../../src/kafka/jaas.ts'
import { makeCertificates } from '../../support/tls.ts'

const folder = mkdtempSync(join(tmpdir(), 'kbench-config-'))
after(() => rmSync(folder, { recursive: true }))
const certificates = makeCertificates()
const skip = certificates === null ? 'openssl is not installed' : false

const of = (values: Record<string, string>, env: NodeJS.ProcessEnv = {}) => clientConfig(values, env, 'x')
const inFile = (text: string) => {
  const path = join(folder, 'client.properties')
  writeFileSync(path, text)
  return readClientConfig(path, {})
}

describe('client.properties', () => {
  test('user name and password, with continued lines and escapes as Java reads them', async () => {
    const text = [
      '# of the team',
      'bootstrap.servers = b-1.example.com:9096,[::1]:9096',
      'security.protocol: SASL_SSL',
      'sasl.mechanism=SCRAM-SHA-512',
      'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\',
      '  username="ada" \\',
      '  password="p\\\\"w";',
      'acks=all',
      'sasl.mechanisim=PLAIN',
    ].join('\n')
    assert.deepEqual(await inFile(text), {
      bootstrap: ['b-1.example.com:9096', '[::1]:9096'],
      security: {
        tls: { verification: 'full' },
        sasl: { mechanism: 'scram-sha-512', username: 'ada', password: 'p"w' },
      },
      unused: ['acks'],
      unknown: ['sasl.mechanisim'],
    })
  })

  test("librdkafka's names, as in kcat", async () => {
    const { bootstrap, security, unknown } = await of({
      'metadata.broker.list': 'a:1',
      'security.protocol': 'sasl_plaintext',
      'sasl.mechanisms': 'PLAIN',
      'sasl.username': 'u',
      'sasl.password': 'p',
      'enable.ssl.certificate.verification': 'false',
    })
    assert.deepEqual(bootstrap, ['a:1'])
    assert.deepEqual(security, { sasl: { mechanism: 'plain', username: 'u', password: 'p' } })
    assert.deepEqual(unknown, [])
  })

  test('neither encryption nor login', async () => {
    assert.deepEqual(await of({ 'ssl.truststore.location': '/not/read' }), {
      ...{ bootstrap: null, security: null, unused: [], unknown: [] },
    })
  })

  test('verification, in both languages', async () => {
    const verification = async (values: Record<string, string>) =>
      (await of({ 'security.protocol': 'SSL', ...values })).security?.tls?.verification
    assert.equal(await verification({}), 'full')
    assert.equal(await verification({ 'ssl.endpoint.identification.algorithm': '' }), 'chain')
    assert.equal(await verification({ 'ssl.endpoint.identification.algorithm': 'none' }), 'chain')
    assert.equal(await verification({ 'ssl.endpoint.identification.algorithm': 'https' }), 'full')
    assert.equal(await verification({ 'enable.ssl.certificate.verification': 'false' }), 'none')
  })

  test('OAUTHBEARER: an endpoint, a file, a command', async () => {
    const base = { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'OAUTHBEARER' }
    const jaas = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required'
    const url = 'sasl.oauthbearer.token.endpoint.url'
    const one = await of({
      ...base,
      [url]: 'https://a/t',
      'sasl.jaas.config': `${jaas} clientId="c" clientSecret="s" scope="k" extension_pool="p";`,
    })
    assert.deepEqual(one.security?.sasl, {
      mechanism: 'oauthbearer',
      token: { from: 'endpoint', url: 'https://a/t', clientId: 'c', clientSecret: 's', scope: 'k' },
      extensions: { pool: 'p' },
    })
    const rd = await of({
      ...base,
      [url]: 'https://a/t',
      'sasl.oauthbearer.method': 'oidc',
      'sasl.oauthbearer.client.id': 'c',
      'sasl.oauthbearer.client.secret': 's',
    })
    assert.deepEqual(rd.security?.sasl, {
      mechanism: 'oauthbearer',
      token: { from: 'endpoint', url: 'https://a/t', clientId: 'c', clientSecret: 's' },
    })
    assert.deepEqual(rd.unknown, [])
    const file = await of({ ...base, [url]: 'file:///tmp/token', 'sasl.jaas.config': `${jaas};` })
    assert.deepEqual(file.security?.sasl, { mechanism: 'oauthbearer', token: { from: 'file', path: '/tmp/token' } })
    for (const [text, argv] of [
      ['get-token --for  kafka', ['get-token', '--for', 'kafka']],
      ['["node", "my token.js"]', ['node', 'my token.js']],
    ] as const) {
      const command = await of({ ...base, 'kbench.token.command': text })
      assert.deepEqual(command.security?.sasl, { mechanism: 'oauthbearer', token: { from: 'command', argv } })
      assert.deepEqual(command.unknown, [])
    }
    for (const text of ['[]', '[1]', '["a"']) {
      const wrong = of({ ...base, 'kbench.token.command': text })
      await assert.rejects(wrong, /kbench\.token\.command is no list of program and arguments/)
    }
    await assert.rejects(of(base), /needs a token endpoint/)
  })

  test('AWS IAM: the region is that of the brokers, else of the environment', async () => {
    const base = { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'AWS_MSK_IAM' }
    const jaas = (options = '') => ({
      'sasl.jaas.config': `software.amazon.msk.auth.iam.IAMLoginModule required${options};`,
    })
    const handler = { 'sasl.client.callback.handler.class': 'software.amazon.msk.auth.iam.IAMClientCallbackHandler' }
    const msk = { 'bootstrap.servers': 'b-1.x.abc.c2.kafka.eu-central-1.amazonaws.com:9098' }
    const serverless = { 'bootstrap.servers': 'boot-1.c1.kafka-serverless.us-east-1.amazonaws.com:9098' }
    const sasl = async (values: Record<string, string>, env = {}) => (await of(values, env)).security?.sasl
    assert.deepEqual(await sasl({ ...base, ...jaas(), ...handler, ...msk }), {
      mechanism: 'aws-iam',
      region: 'eu-central-1',
      credentials: { from: 'default' },
    })
    assert.deepEqual(await sasl({ ...base, ...jaas(' awsProfileName="dev"'), ...serverless }), {
      mechanism: 'aws-iam',
      region: 'us-east-1',
      credentials: { from: 'profile', profile: 'dev' },
    })
    assert.deepEqual(
      await sasl(
        { ...base, ...jaas(' awsRoleArn="arn:aws:iam::1:role/r" awsRoleSessionName="s"') },
        { AWS_REGION: 'eu-west-1' },
      ),
      {
        mechanism: 'aws-iam',
        region: 'eu-west-1',
        credentials: { from: 'role', arn: 'arn:aws:iam::1:role/r', session: 's' },
      },
    )
    await assert.rejects(sasl({ ...base, ...jaas() }), /which AWS region/)
  })

  test('what cannot be meant is refused without repeating a value', async () => {
    for (const values of [
      { 'security.protocol': 'SECRET' },
      { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'GSSAPI', 'sasl.password': 'SECRET' },
      { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': 'SECRET' },
      { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN', 'sasl.password': 'SECRET' },
      { 'bootstrap.servers': 'a' },
    ] as Record<string, string>[]) {
      const { 'security.protocol': protocol } = values
      await assert.rejects(of(values), (error: KbenchError) => {
        assert.equal(error.code, 'usage')
        if (protocol !== 'SECRET') assert.doesNotMatch(JSON.stringify([error.message, error.hint]), /SECRET/)
        return true
      })
    }
  })

  test('what is written for a cluster that stays is read again', async () => {
    const security = {
      tls: {
        verification: 'chain',
        ca: '-----BEGIN CERTIFICATE-----\nab\\c\n-----END CERTIFICATE-----',
        cert: 'c\nd',
        key: 'k',
      },
      sasl: { mechanism: 'scram-sha-256', username: 'u', password: 'a\\b=c' },
    } as const
    assert.deepEqual((await inFile(clientPropertiesText(security))).security, security)
    for (const token of [
      { from: 'command', argv: ['node', 'a b.js', '/etc/"x"'] },
      { from: 'file', path: '/tmp/the token' },
      { from: 'endpoint', url: 'https://a/t', clientId: 'c', clientSecret: 's\\', scope: 'k' },
    ] as const) {
      const bearer = { sasl: { mechanism: 'oauthbearer', token, extensions: { pool: 'p', a: 'b=c' } } } as const
      assert.deepEqual((await inFile(clientPropertiesText(bearer))).security, bearer)
    }
  })
})

describe('stores', { skip }, () => {
  const ssl = (values: Record<string, string>) => of({ 'security.protocol': 'SSL', ...values })
  const path = (name: string) => join(certificates!.folder, name)

  test('PEM files, by the names of both', async () => {
    const { ca, client } = certificates!
    for (const values of [
      {
        'ssl.ca.location': path('ca.pem'),
        'ssl.certificate.location': path('client.pem'),
        'ssl.key.location': path('client.key'),
      },
      {
        'ssl.truststore.location': path('ca.pem'),
        'ssl.keystore.certificate.chain': client.cert,
        'ssl.keystore.key': client.key,
      },
      { 'ssl.ca.pem': ca, 'ssl.certificate.pem': client.cert, 'ssl.key.pem': client.key },
    ]) {
      const { tls } = (await ssl(values)).security!
      assert.equal(tls?.ca?.trim(), ca.trim())
      createSecureContext({ ca: tls!.ca!, cert: tls!.cert!, key: tls!.key! })
    }
  })

  test('PKCS12: key and chain, of openssl and of keytool, with keys of both kinds', async () => {
    const { folder: at } = certificates!
    const chain = ['-inkey', 'client.key', '-in', 'client.pem', '-certfile', 'ca.pem']
    execFileSync('openssl', ['pkcs12', '-export', ...chain, '-out', 'client.p12', '-passout', 'pass:changeit'], {
      cwd: at,
    })
    const stores = [path('client.p12')]
    if (hasKeytool()) {
      for (const algorithm of ['RSA', 'EC']) {
        const store = path(`${algorithm}.p12`)
        stores.push(store)
        const pair = ['-genkeypair', '-alias', 'a', '-keyalg', algorithm, '-dname', 'CN=a']
        execFileSync('keytool', [...pair, '-keystore', store, '-storetype', 'PKCS12', '-storepass', 'changeit'], {
          stdio: 'ignore',
        })
      }
    }
    for (const store of stores) {
      const { tls } = (await ssl({ 'ssl.keystore.location': store, 'ssl.keystore.password': 'changeit' })).security!
      createSecureContext({ cert: tls!.cert!, key: tls!.key! })
    }
    await assert.rejects(
      ssl({ 'ssl.keystore.location': path('client.p12'), 'ssl.keystore.password': 'wrong' }),
      /client\.p12 cannot be opened/,
    )
  })

  test('JKS is refused with the line that converts it', async () => {
    const store = path('trust.jks')
    writeFileSync(store, Buffer.from('feedfeed00000002', 'hex'))
    await assert.rejects(ssl({ 'ssl.truststore.location': store }), (error: KbenchError) => {
      assert.match(error.message, /trust\.jks is a JKS store/)
      assert.match(
        error.hint ?? '',
        /^keytool -importkeystore -srckeystore \S+trust\.jks -destkeystore \S+trust\.p12 -deststoretype PKCS12$/,
      )
      return true
    })
  })
})

function hasKeytool(): boolean {
  try {
    execFileSync('keytool', ['-help'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('a login module: quotes of both kinds, escapes, and what is none', () => {
  assert.deepEqual(parseJaas(`a.b.PlainLoginModule required user='x' pass="a\\"b\\\\c" n=1 ;`), {
    name: 'PlainLoginModule',
    options: { user: 'x', pass: 'a"b\\c', n: '1' },
  })
  for (const text of ['', 'x', 'a.B required user=', 'a.B required user="x', 'a.B required; c.D required;']) {
    assert.throws(() => parseJaas(text), /cannot be read/)
  }
})
