import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'

// A kbench beside whose packages the optional clients are missing, as after a plain install.

const optional = ['@confluentinc', '@platformatic']
const root = mkdtempSync(join(tmpdir(), 'kbench-clients-'))
after(() => rmSync(root, { recursive: true, force: true }))

mkdirSync(join(root, 'node_modules'))
for (const name of readdirSync(join(packageRoot, 'node_modules'))) {
  if (!optional.includes(name)) symlinkSync(join(packageRoot, 'node_modules', name), join(root, 'node_modules', name))
}
for (const name of ['bin', 'compose', 'profiles', 'package.json'])
  symlinkSync(join(packageRoot, name), join(root, name))
cpSync(join(packageRoot, 'dist', 'src'), join(root, 'dist', 'src'), { recursive: true })

function kbench(...args: string[]): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const main = join(root, 'dist', 'src', 'cli', 'main.js')
  return new Promise((resolve) =>
    execFile(process.execPath, [main, ...args], { cwd: root }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, exitCode: error ? Number(error.code) : 0 }),
    ),
  )
}

function profile(clients: readonly string[]): string {
  const file = join(root, `${clients.join('-')}.yaml`)
  writeFileSync(
    file,
    `name: absent
cluster: { provider: fake }
topic: { partitions: 1, replicationFactor: 1 }
clients: [${clients.join(', ')}]
workload: produce
load: { rate: 100 }
phases: { clusterWarmup: 0s, warmup: 500ms, measure: 1s, drain: 5s }
`,
  )
  return file
}

describe('a client that was not built', () => {
  const unbuilt = join(root, 'node_modules', 'node-rdkafka')
  before(() => {
    rmSync(unbuilt)
    for (const part of ['package.json', 'lib', 'librdkafka.js', 'util'])
      cpSync(join(packageRoot, 'node_modules', 'node-rdkafka', part), join(unbuilt, part), { recursive: true })
  })
  after(() => {
    rmSync(unbuilt, { recursive: true })
    symlinkSync(join(packageRoot, 'node_modules', 'node-rdkafka'), unbuilt)
  })

  test('run says how to build it before anything starts, exit 3', async () => {
    const { stderr, exitCode } = await kbench('run', profile(['node-rdkafka']), '--results', join(root, 'results'))
    assert.equal(exitCode, 3)
    assert.match(
      stderr,
      /client node-rdkafka: the package node-rdkafka is there but cannot be loaded\n +npm run install --prefix \S+\/node_modules\/node-rdkafka; it is compiled/,
    )
    assert.ok(!stderr.includes('cluster'), stderr)
  })

  test('beside one that is, its variant fails and the other is measured; doctor says it, too', async () => {
    const results = join(root, 'results-unbuilt')
    const [run, doctor] = await Promise.all([
      kbench('run', profile(['fake', 'node-rdkafka']), '--results', results),
      kbench('doctor'),
    ])
    assert.equal(run.exitCode, 3)
    assert.match(run.stdout, /^acknowledged \/ scheduled +150 \/ 150 +0 \/ 0$/m)
    assert.match(
      run.stdout.replace(/\s+/g, ' '),
      /node-rdkafka: failed: client node-rdkafka: the package node-rdkafka is/,
    )
    assert.match(
      doctor.stdout,
      /is there but cannot be loaded: npm run install --prefix \S+\/node_modules\/node-rdkafka; it is compiled/,
    )
  })
})

describe('a client that is not installed', () => {
  for (const [client, name] of [
    ['confluent-kafka', '@confluentinc/kafka-javascript'],
    ['platformatic-kafka', '@platformatic/kafka'],
  ] as const) {
    test(`${client}: run says what to install before anything starts, exit 3`, async () => {
      const { stdout, stderr, exitCode } = await kbench('run', profile([client]), '--results', join(root, 'results'))
      assert.equal(exitCode, 3)
      assert.equal(stdout, '')
      assert.match(
        stderr,
        new RegExp(
          `client ${client}: the package ${name} is not installed\n +npm install --no-save --prefix \\S+ '${name}@`,
        ),
      )
      assert.ok(!stderr.includes('cluster'), stderr)
    })

    test(`${client}: list and doctor say so too`, async () => {
      const [list, doctor] = await Promise.all([kbench('list', 'drivers'), kbench('doctor')])
      assert.match(
        list.stdout,
        new RegExp(`^${client} .*\\(not installed: npm install --no-save --prefix \\S+ '${name}@`, 'm'),
      )
      assert.match(list.stdout, /^kafkajs [^(]*$/m)
      assert.match(
        doctor.stdout,
        new RegExp(`^client ${name} +not found\n +-> npm install --no-save --prefix \\S+ '${name}@`, 'm'),
      )
    })
  }

  test('beside one that is: its variant fails with what to install, the other is measured, exit 3', async () => {
    const results = join(root, 'results-two')
    const { stdout, exitCode } = await kbench('run', profile(['fake', 'confluent-kafka']), '--results', results)
    assert.equal(exitCode, 3)
    assert.match(stdout, /^status +\S+ +failed$/m)
    assert.match(stdout, /^acknowledged \/ scheduled +150 \/ 150 +0 \/ 0$/m)
    assert.match(stdout.replace(/\s+/g, ' '), /confluent-kafka: failed: client confluent-kafka: the package/)
  })
})
