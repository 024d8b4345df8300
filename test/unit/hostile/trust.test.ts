// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text a user writes
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isSecretKey, loadsCode } from '../../../src/base/secret-keys.ts'
import { problemText, tryParseProfile } from '../../../src/profile/parse.ts'

const trusted = { nativePlugins: false, untrusted: false }

function problemsOf(line: string, trust: Partial<typeof trusted> = {}, sets: { path: string; value: string }[] = []) {
  const text = `name: x\nworkload: produce\n${line}\n`
  const read = tryParseProfile(text, { file: 'p.yaml', sets, env: {}, trust: { ...trusted, ...trust } })
  return 'problems' in read ? read.problems.map(problemText) : []
}

describe('R10: settings that hold a secret, by their names', () => {
  const secret = [
    ...['ssl.key.password', 'ssl.key.passphrase', 'ssl.key.pem', 'ssl.keystore.password', 'ssl.truststore.password'],
    ...[
      'ssl.keystore.key',
      'ssl.keystore.certificate.chain',
      'sasl.password',
      'sasl.jaas.config',
      'sasl.oauthbearer.config',
    ],
    ...['sasl.oauthbearer.client.secret', 'sasl.oauthbearer.assertion.private.key.pem', 'password.encoder.secret'],
    ...[
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config',
      'delegation.token.secret.key',
      'keyPassword',
      'apiKey',
    ],
    ...['passwd', 'accessKey', 'authorization', 'credentials', 'sasl', 'token', 'x-auth-token'],
  ]
  const plain = [
    ...[
      'ssl.key.location',
      'ssl.keystore.location',
      'ssl.keystore.type',
      'delegation.token.expiry.time.ms',
      'linger.ms',
    ],
    ...[
      'num.io.threads',
      'password.encoder.iterations',
      'sasl.oauthbearer.token.endpoint.url',
      'compression.type',
      'acks',
    ],
    ...['key.serializer', 'keepAlive', 'max.in.flight', 'message.key.encoding', 'authorizer.class.name'],
  ]
  for (const key of secret) test(`${key} does`, () => assert.ok(isSecretKey(key)))
  for (const key of plain) test(`${key} does not`, () => assert.ok(!isSecretKey(key)))
})

const canary = 'S3cr3tCanary42'

describe('R10: a secret in a profile is refused where it stands, and never repeated', () => {
  const cases: Readonly<Record<string, string>> = {
    'of librdkafka': `producers: { clientConfig: { node-rdkafka: { ssl.key.passphrase: ${canary} } } }`,
    'of a consumer': `consumers: [ { clientConfig: { node-rdkafka: { ssl.keystore.password: ${canary} } } } ]`,
    'of a jaas line': `producers: { clientConfig: { x: { sasl.jaas.config: 'Login required password="${canary}";' } } }`,
    'of kafkajs': `producers: { clientConfig: { kafkajs: { sasl: ${canary} } } }`,
    'of a broker': `faults: [ { use: change-broker-config, at: 1s, set: { ssl.keystore.password: ${canary} } } ]`,
    'of a listener of a broker': `faults: [ { use: c, at: 1s, set: { listener.name.a.plain.sasl.jaas.config: ${canary} } } ]`,
    'of a topic': `topic: { config: { my.secret: ${canary} } }`,
    'of the matrix': `matrix: { producers.clientConfig.x.sasl.password: [ ${canary}, b ] }`,
    'of a named set': `matrix: { a: { b: { producers.clientConfig.x.sasl.password: ${canary} } } }`,
    'of include': `include: [ { name: a, producers.clientConfig: { x: { sasl.password: ${canary} } } } ]`,
    'in an argument': `faults: [ { use: command, at: 1s, inject: [curl, --password=${canary}] } ]`,
    'in a header': `faults: [ { use: command, at: 1s, inject: [curl, -H, "Authorization: Bearer ${canary}"] } ]`,
    'in a URL': `faults: [ { use: command, at: 1s, inject: [curl, "https://me:${canary}@example.com/"] } ]`,
    'in the URL of the token endpoint': `cluster: { security: { sasl: { mechanism: oauthbearer, tokenEndpoint: "https://me:${canary}@a/", clientId: a } } }`,
    'in a key': `producers: { clientConfig: { x: { ssl.key.pem: "-----BEGIN PRIVATE KEY-----${canary}" } } }`,
    'in extensions': `cluster: { security: { sasl: { mechanism: oauthbearer, tokenFile: t, extensions: { token: ${canary} } } } }`,
    'of the login': `cluster: { security: { sasl: { mechanism: plain, username: me, password: ${canary} } } }`,
  }
  for (const [name, line] of Object.entries(cases)) {
    test(name, () => {
      const problems = problemsOf(line)
      assert.ok(
        problems.some((problem) => /^p\.yaml:3:\d+ .*(holds a secret|secrets are written as)/.test(problem)),
        problems.join('\n'),
      )
      assert.ok(!problems.join().includes(canary), problems.join('\n'))
    })
  }

  test('as a reference it is taken', () => {
    for (const line of [
      'producers: { clientConfig: { node-rdkafka: { ssl.key.password: "${env:P}" } } }',
      'faults: [ { use: change-broker-config, at: 1s, set: { ssl.keystore.password: "${file:/p}" } } ]',
      'faults: [ { use: command, at: 1s, inject: [curl, "--password=${env:P}", -H, "Authorization: Bearer ${env:T}"] } ]',
    ]) {
      assert.deepEqual(problemsOf(line), [])
    }
    const besides =
      'producers: { clientConfig: { kafka-perf-test: { ssl.key.password: "${env:P}" } } }\nreference: kafka-perf-test'
    assert.match(problemsOf(besides).join(), /command line of the tool/)
  })

  test('R17: what is no YAML is not repeated either', () => {
    for (const value of [
      `{ a: *${canary} }`,
      `!${canary} x`,
      `{ ${canary}: 1, ${canary}: 2 }`,
      `"${canary}`,
      `[${canary}`,
      canary,
    ]) {
      const text = 'name: x\nworkload: produce\n'
      const env = { KBENCH_CLUSTER: value, KBENCH_PRODUCERS__ACKS: value }
      const read = tryParseProfile(text, { file: 'p.yaml', sets: [], env })
      assert.ok('problems' in read)
      assert.ok(!read.problems.map(problemText).join().includes(canary), read.problems.map(problemText).join('\n'))
    }
  })
})

describe('R11: settings that load code', () => {
  const keys = [
    ...['plugin.library.paths', 'ssl.engine.location', 'ssl.engine.id', 'ssl.providers', 'interceptor.classes'],
    ...['sasl.kerberos.kinit.cmd', 'ssl.engine.factory.class', 'metric.reporters', 'config.providers'],
  ]
  for (const key of keys) {
    test(`${key} needs --allow-native-plugins`, () => {
      assert.ok(loadsCode(key))
      const line = `producers: { clientConfig: { node-rdkafka: { ${key}: x } } }`
      assert.match(problemsOf(line).join(), /^p\.yaml:3:\d+ .*loads code into the client: --allow-native-plugins/)
      assert.deepEqual(problemsOf(line, { nativePlugins: true }), [])
      const sets = [{ path: `consumers.0.clientConfig.x.${key}`, value: 'x' }]
      assert.match(problemsOf('seed: 1', {}, sets).join(), /loads code/)
      const varied = `matrix: { producers.clientConfig.node-rdkafka.${key}: [a, b] }`
      assert.match(problemsOf(varied).join(), /loads code/)
    })
  }
  test('usual ones do not', () => {
    for (const key of ['linger.ms', 'ssl.ca.location', 'queue.buffering.max.ms', 'debug']) assert.ok(!loadsCode(key))
  })
})

describe('--untrusted', () => {
  const external = (rest: string) => `cluster: { provider: external, bootstrap: ["127.0.0.1:9092"], ${rest} }`
  const cases: Readonly<Record<string, string>> = {
    'a variable': external('security: { sasl: { mechanism: plain, username: a, password: "${env:HOME}" } }'),
    'a file': external('security: { tls: { ca: "${file:/etc/passwd}" } }'),
    'a file of settings': external('config: /etc/passwd'),
    'a token file': external('security: { sasl: { mechanism: oauthbearer, tokenFile: /etc/passwd } }'),
    'a token command': external('security: { sasl: { mechanism: oauthbearer, tokenCommand: [id] } }'),
    'credentials of the machine': external('security: { sasl: { mechanism: aws-iam, region: eu-central-1 } }'),
    'a token endpoint elsewhere': external(
      'security: { sasl: { mechanism: oauthbearer, tokenEndpoint: "http://169.254.169.254/", clientId: a, clientSecret: "${env:A}" } }',
    ),
    'a fault that runs a command': 'faults: [ { use: command, at: 1s, inject: [id] } ]',
    'rates from a file': 'load: { rate: { replay: { file: /etc/passwd } } }',
    'a file of the client': 'producers: { clientConfig: { node-rdkafka: { ssl.ca.location: /etc/passwd } } }',
    'brokers elsewhere': 'cluster: { provider: external, bootstrap: ["127.0.0.1:9092", "example.com:9092"] }',
    'metrics elsewhere': external('metrics: { prometheus: ["10.0.0.1:9100"] }'),
    'brokers elsewhere, by the client':
      'producers: { clientConfig: { node-rdkafka: { metadata.broker.list: "a.example:1" } } }',
  }
  for (const [name, line] of Object.entries(cases)) {
    test(`refuses ${name}`, () => {
      const problems = problemsOf(line, { untrusted: true })
      assert.ok(
        problems.some((problem) => problem.includes('--untrusted refuses')),
        problems.join('\n'),
      )
      assert.ok(!problemsOf(line).join().includes('--untrusted'))
    })
  }
  test('takes what stays on this machine', () => {
    assert.deepEqual(problemsOf(external('metrics: { prometheus: ["[::1]:9100"] }'), { untrusted: true }), [])
    assert.deepEqual(problemsOf('faults: [ { use: kill-broker, at: 1s } ]', { untrusted: true }), [])
  })
})
