import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { addressText } from '../../src/base/address.ts'
import { accepts } from '../../src/base/tcp.ts'
import { loggingOption, writeLogging } from '../../src/clusters/local/logging.ts'
import { relevantLines } from '../../src/clusters/shared/log-tail.ts'
import { freePorts } from '../../src/clusters/shared/ports.ts'
import { newClusterId } from '../../src/kafka/cluster-id.ts'
import { registeredBrokers } from '../../src/kafka/registered-brokers.ts'
import { type Issuer, startIssuer } from '../support/issuer.ts'
import { makeCertificates, type TestCertificates } from '../support/tls.ts'
import { awsUser, compileValidator } from './_iam-validator.ts'
import { fasterStart, jarsFolder } from './_kafka-tools.ts'
import { until } from './_providers.ts'

/** One broker with a listener for each way to connect; a JVM of a second or two. */
export interface SecureBroker extends AsyncDisposable {
  /** host:port by the listener's name. */
  at: Record<ListenerName, string>
  certificates: TestCertificates
  user: { username: string; password: string }
  /** A token endpoint, whose tokens the listener SASL takes. */
  tokens: Issuer
  /** Its log so far. */
  log(): string
}

const protocols = {
  CONTROLLER: 'PLAINTEXT',
  PLAIN: 'PLAINTEXT',
  IPV6: 'PLAINTEXT',
  TLS: 'SSL',
  MTLS: 'SSL',
  SASL: 'SASL_SSL',
  SASLPLAIN: 'SASL_PLAINTEXT',
  /** Takes tokens of AWS IAM of {@link awsUser}. */
  IAM: 'SASL_SSL',
  /** Its certificate is for another name. */
  OTHERNAME: 'SSL',
  /** Tells clients a name that cannot be resolved. */
  NONAME: 'PLAINTEXT',
  /** Tells clients an address where nothing listens. */
  NOWHERE: 'PLAINTEXT',
} as const
export type ListenerName = keyof typeof protocols

/** Id of the key that tokens are signed with. */
const kid = 'k1'
const user = { username: 'ada', password: 'p+w/1' }
const module = (name: string, options = '') => `org.apache.kafka.common.security.${name} required ${options};`
const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`

/** `settings`: of the broker, over its own. */
export async function startSecureBroker(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<SecureBroker> {
  const certificates = makeCertificates()
  if (certificates === null) throw new Error('openssl is not installed')
  const names = Object.keys(protocols) as ListenerName[]
  const ports = await freePorts(names.length, new Set())
  const port = (name: ListenerName) => ports[names.indexOf(name)]!
  const address = (name: ListenerName) => addressText({ host: name === 'IPV6' ? '::1' : '127.0.0.1', port: port(name) })
  const advertised = (name: ListenerName) =>
    name === 'NONAME' ? 'kafka.invalid:29092' : name === 'NOWHERE' ? `127.0.0.1:1` : address(name)
  mkdirSync(folder, { recursive: true })
  const pem = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const { server, otherName } = certificates
  const { key, jwks } = tokenKey(folder)
  const [issuer, classes] = await Promise.all([
    startIssuer(key, kid),
    compileValidator(folder),
    writeLogging(folder, '4.1.0'),
  ])
  const list = (of: (name: ListenerName) => string, of2 = names) => of2.map((name) => `${name}://${of(name)}`).join(',')
  const bearer = 'listener.name.sasl.oauthbearer'
  const properties: Record<string, string> = {
    'node.id': '1',
    'process.roles': 'broker,controller',
    'controller.quorum.voters': `1@${address('CONTROLLER')}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    'log.dirs': join(folder, 'data'),
    listeners: list(address),
    'advertised.listeners': list(
      advertised,
      names.filter((name) => name !== 'CONTROLLER'),
    ),
    'listener.security.protocol.map': names.map((name) => `${name}:${protocols[name]}`).join(','),
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': pem('server.pem', `${server.key}${server.cert}`),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': pem('ca.pem', certificates.ca),
    'listener.name.mtls.ssl.client.auth': 'required',
    'listener.name.othername.ssl.keystore.type': 'PEM',
    'listener.name.othername.ssl.keystore.location': pem('other.pem', `${otherName.key}${otherName.cert}`),
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'listener.name.saslplain.sasl.enabled.mechanisms': 'SCRAM-SHA-256',
    'listener.name.sasl.plain.sasl.jaas.config': module('plain.PlainLoginModule', `user_ada=${quoted(user.password)}`),
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': module('scram.ScramLoginModule'),
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': module('scram.ScramLoginModule'),
    'listener.name.saslplain.scram-sha-256.sasl.jaas.config': module('scram.ScramLoginModule'),
    [`${bearer}.sasl.jaas.config`]: module('oauthbearer.OAuthBearerLoginModule'),
    [`${bearer}.sasl.server.callback.handler.class`]:
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
    'sasl.oauthbearer.jwks.endpoint.url': jwks,
    'sasl.oauthbearer.expected.audience': 'kafka',
    // Sessions end with their tokens, and those with a while more than a moment ago are over (30 s by default).
    [`${bearer}.connections.max.reauth.ms`]: '3600000',
    'sasl.oauthbearer.clock.skew.seconds': '1',
    'listener.name.iam.sasl.enabled.mechanisms': 'OAUTHBEARER',
    'listener.name.iam.oauthbearer.sasl.jaas.config': module('oauthbearer.OAuthBearerLoginModule'),
    ...Object.fromEntries(Object.entries(awsUser).map(([name, text]) => [`kbench.iam.${name}`, text])),
    'listener.name.iam.oauthbearer.sasl.server.callback.handler.class': 'kbench.IamValidator',
    'listener.name.iam.oauthbearer.connections.max.reauth.ms': '3600000',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    // Whoever does not log in may do everything, and everybody what no rule is about.
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'allow.everyone.if.no.acl.found': 'true',
    ...settings,
  }
  const config = join(folder, 'server.properties')
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`)
  writeFileSync(config, lines.join(''))
  const allowed = `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${jwks}`
  const java = [...(await fasterStart()), '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  java.push(allowed, loggingOption(folder, '4.1.0'))
  java.push('-cp', [`${jarsFolder}/*`, classes].join(delimiter))
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${user.username},password=${quoted(user.password)}]`,
  ])
  execFileSync('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', newClusterId(), '-c', config, ...scram])
  const log = openSync(join(folder, 'broker.log'), 'a')
  const broker = spawn('java', [...java, 'kafka.Kafka', config], { stdio: ['ignore', log, log] })
  closeSync(log)
  const text = () => readFileSync(join(folder, 'broker.log'), 'utf8')
  const stop = async () => {
    await end(broker)
    await issuer[Symbol.asyncDispose]()
  }
  try {
    await until('the broker answers', async () => {
      if (broker.exitCode !== null) throw new Error(relevantLines(text()).join('\n'))
      const known = await registeredBrokers({ bootstrap: [address('PLAIN')] }).catch(() => [])
      // Listeners open one after the other.
      const open = names.map((name) => accepts({ host: name === 'IPV6' ? '::1' : '127.0.0.1', port: port(name) }, 1000))
      return known.length === 1 && (await Promise.all(open)).every(Boolean)
    })
  } catch (error) {
    await stop()
    throw error
  }
  const at = Object.fromEntries(names.map((name) => [name, address(name)])) as Record<ListenerName, string>
  return { at, certificates, user, tokens: issuer, log: text, [Symbol.asyncDispose]: stop }
}

/** What its log says of logins that it refused, and of sessions that went on without one. */
export const refusedLogins = (broker: SecureBroker): string[] =>
  broker
    .log()
    .split('\n')
    .filter((line) => /Failed (re-)?authentication|token refused|expired.*session|session.*expired/i.test(line))

async function end(broker: ChildProcess): Promise<void> {
  if (broker.exitCode !== null || broker.signalCode !== null) return
  const exited = once(broker, 'exit')
  broker.kill('SIGKILL')
  await exited
}

/** A key pair of RSA in PEM, and its public half as a JSON Web Key Set in a file, which brokers verify tokens by. */
function tokenKey(folder: string): { key: string; jwks: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const path = join(folder, 'jwks.json')
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }
  writeFileSync(path, JSON.stringify({ keys: [jwk] }))
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), jwks: pathToFileURL(path).href }
}
