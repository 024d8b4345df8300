// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as a profile has them
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { kbench, scratch } from './_kbench.ts'
import { startRun } from './_live.ts'

// R10: a canary in every place that can hold a secret, and whatever kbench leaves or shows is searched for it.

const canary = (place: string) => `Canary7-${place}-S3cret`
const isCanary = /Canary7-\w+-S3cret/
/** Base64 of a secret is the secret. */
const encoded = (text: string) => Buffer.from(canary(text)).toString('base64').slice(0, 20)

function* filesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesUnder(path)
    else if (entry.isFile()) yield path
  }
}

const textOf = (path: string): string => {
  const bytes = readFileSync(path)
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
}

function assertSilent(name: string, text: string): void {
  const at = text.search(isCanary)
  assert.equal(at, -1, `${name}: ${text.slice(Math.max(0, at - 80), at + 80)}`)
  for (const place of ['key', 'sasl', 'client', 'command']) assert.ok(!text.includes(encoded(place)), `${name}: base64`)
}

/** Command lines of all processes; that of the fault's own command aside, which is given its argument. */
function commandLines(): string {
  const lines = readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')]
    } catch {
      return []
    }
  })
  return lines.filter((line) => !line.includes('the-fault-itself')).join('\n')
}

function workspace(folder: string): { profile: string; results: string; env: Record<string, string> } {
  const file = join(folder, 'sasl-secret')
  writeFileSync(file, `${canary('sasl')}\n`, { mode: 0o600 })
  const profile = join(folder, 'profile.yaml')
  const echo =
    "console.log(process.argv[2]); console.error('' + process.argv[2]); process.exit(Number(process.argv[3]))"
  const lines = [
    'name: canary',
    'workload: produce-consume',
    'cluster: { provider: mock }',
    'topic: { partitions: 2, replicationFactor: 1 }',
    'clients: [node-rdkafka]',
    'load: { rate: 200 }',
    `producers: { clientConfig: { node-rdkafka: { ssl.key.password: "\${env:CANARY_KEY}", sasl.password: "\${file:${file}}" } } }`,
    'consumers: [ { group: g1, clientConfig: { node-rdkafka: { ssl.keystore.password: "${env:CANARY_KEY}" } } } ]',
    'phases: { clusterWarmup: 0s, warmup: 1s, measure: 4s, drain: 2s }',
    'faults:',
    `  - { use: command, at: 1s, inject: ["${process.execPath}", -e, ${JSON.stringify(echo)}, the-fault-itself, "\${env:CANARY_COMMAND}", "1"] }`,
  ]
  writeFileSync(profile, `${lines.join('\n')}\n`)
  const env = { CANARY_KEY: canary('key'), CANARY_COMMAND: canary('command') }
  return { profile, results: join(folder, 'results'), env }
}

describe('R10: secrets are nowhere but where they are used', () => {
  test('a run: no file, no output, no command line holds one', async (t) => {
    const folder = await scratch(t)
    const { profile, results, env } = workspace(folder)
    const run = startRun([profile, '--results', results], env)
    let seen = ''
    const watch = setInterval(() => {
      seen += commandLines()
    }, 100)
    const { exitCode } = await run.ended
    clearInterval(watch)
    // The fault's command fails, which makes the variant invalid: its output and its error are in the run's files.
    assert.equal(exitCode, 4, run.stderr())
    assertSilent('stdout', run.stdout())
    assertSilent('stderr', run.stderr())
    assert.ok(seen.length > 0)
    assertSilent('process list', seen)
    const files = [...filesUnder(results)]
    const names = files.map((path) => path.slice(results.length)).join()
    for (const expected of [
      'result.json',
      'journal.ndjson',
      'recordings/',
      'report.html',
      'kbench.log',
      'fault-command.log',
    ]) {
      assert.ok(names.includes(expected), names)
    }
    for (const path of files) assertSilent(path, textOf(path))
    const log = files.find((path) => path.endsWith('fault-command.log'))!
    assert.match(textOf(log), /\*\*\*/)
  })

  test('an error that repeats one: of a token endpoint', async (t) => {
    const folder = await scratch(t)
    const url = await echoing(t)
    const profile = join(folder, 'profile.yaml')
    const sasl = `{ mechanism: oauthbearer, tokenEndpoint: "${url}", clientId: me, clientSecret: "\${env:CANARY_CLIENT}" }`
    const cluster = `{ provider: external, bootstrap: ["127.0.0.1:1"], security: { sasl: ${sasl} } }`
    writeFileSync(profile, `name: x\nworkload: produce\ncluster: ${cluster}\n`)
    const env = { CANARY_CLIENT: canary('client') }
    for (const args of [
      ['topics', 'list', '--profile', profile],
      ['doctor', profile],
      ['validate', '--explain', profile],
      ['run', '--dry-run', profile],
    ]) {
      const { stdout, stderr } = await kbench(args, { cwd: folder, env })
      assertSilent(args.join(' '), stdout + stderr)
    }
  })

  test('client.properties that are wrong', async (t) => {
    const folder = await scratch(t)
    const file = join(folder, 'client.properties')
    for (const [index, rest] of ['', 'sasl.mechanism=NONE\n', 'ssl.keystore.location=/none\n'].entries()) {
      const secrets = `sasl.jaas.config=x.PlainLoginModule required username="u" password="${canary('sasl')}";\nssl.key.password=${canary('key')}\n`
      writeFileSync(
        file,
        `bootstrap.servers=127.0.0.1:1\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n${secrets}${rest}`,
      )
      const { stdout, stderr, exitCode } = await kbench(['topics', 'list', '--config', file], { cwd: folder })
      assert.notEqual(exitCode, 0, String(index))
      assertSilent('topics', stdout + stderr)
    }
  })
})

describe('R11: on the command line', () => {
  test('settings that load code, in a profile and in --config, need --allow-native-plugins', async (t) => {
    const folder = await scratch(t)
    mkdirSync(folder, { recursive: true })
    const profile = join(folder, 'p.yaml')
    writeFileSync(
      profile,
      'name: x\nworkload: produce\nproducers: { clientConfig: { node-rdkafka: { plugin.library.paths: /tmp/evil.so } } }\n',
    )
    const config = join(folder, 'client.properties')
    writeFileSync(config, 'bootstrap.servers=127.0.0.1:1\nplugin.library.paths=/tmp/evil.so\n')
    for (const args of [
      ['validate', profile],
      ['run', '--dry-run', profile],
      ['find-max', profile],
      ['doctor', profile],
    ]) {
      const refused = await kbench(args, { cwd: folder })
      assert.equal(refused.exitCode, 2, args.join(' '))
      assert.match(refused.stderr, /p\.yaml:3:\d+ .*plugin\.library\.paths: loads code/)
    }
    assert.equal((await kbench(['validate', profile, '--allow-native-plugins'], { cwd: folder })).exitCode, 0)
    for (const args of [['topics', 'list'], ['groups', 'list'], ['lag'], ['clean']]) {
      const refused = await kbench([...args, '--config', config], { cwd: folder })
      assert.equal(refused.exitCode, 2, args.join(' '))
      assert.match(refused.stderr, /plugin\.library\.paths loads code/)
      const untrusted = await kbench([...args, '--config', config, '--untrusted'], { cwd: folder })
      assert.match(untrusted.stderr, /--untrusted refuses/)
    }
  })
})

/** A token endpoint that refuses, and repeats what it was sent. */
async function echoing(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    const sent = Buffer.from(String(request.headers.authorization).slice(6), 'base64').toString('utf8')
    response.statusCode = 401
    response.end(JSON.stringify({ error: 'invalid_client', error_description: `no such client: ${sent}` }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
}
