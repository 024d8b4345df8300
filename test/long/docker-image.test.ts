import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { packageRoot } from '../../src/base/root.ts'
import { kbench } from '../cli/_kbench.ts'

// The Dockerfile on a base of this machine's Node.js: built, and run against a broker of this machine. Minutes: node-rdkafka is compiled.

const base = 'kbench/node-stand-in:host'
const image = 'kbench/kbench:test'
const work = mkdtempSync(join(tmpdir(), 'kbench-docker-'))
after(() => rmSync(work, { recursive: true, force: true }))

function daemon(): string | false {
  try {
    execFileSync('docker', ['version'], { stdio: 'ignore' })
    return false
  } catch {
    return 'no Docker daemon answers'
  }
}

interface Ended {
  stdout: string
  stderr: string
  code: number
}

const call = (command: string, args: readonly string[]): Promise<Ended> =>
  promisify(execFile)(command, args, {
    cwd: packageRoot,
    // The base has this machine's authorities, which BuildKit would not pass on, and is in this daemon alone.
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
    maxBuffer: 1 << 26,
  }).then(
    ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
    ({ stdout, stderr, code }: Ended) => ({ stdout, stderr, code: Number(code) }),
  )

const inContainer = (args: readonly string[], options: readonly string[] = []) =>
  call('docker', ['run', '--rm', '--network', 'host', ...options, image, ...args])

describe('the image', { concurrency: 1, skip: daemon() }, () => {
  before(async () => {
    const based = await call('.ci/stand-in-node-image.sh', [base])
    assert.equal(based.code, 0, based.stderr)
    const built = await call('docker', ['build', '--network', 'host', '--build-arg', `BASE=${base}`, '-t', image, '.'])
    assert.equal(built.code, 0, `${built.stdout.slice(-3000)}\n${built.stderr}`)
  })

  test('has this version of kbench, and no root', async () => {
    const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
    const printed = await inContainer(['--version'])
    assert.equal(printed.stdout, `${version}\n`, printed.stderr)
    const user = await inContainer(['-u'], ['--entrypoint', 'id'])
    assert.equal(user.stdout.trim(), '10001')
    const configured = await call('docker', ['image', 'inspect', '-f', '{{.Config.User}}', image])
    assert.equal(configured.stdout.trim(), '10001')
  })

  test('has no compiler, and both clients', async () => {
    const compilers = await inContainer(['-c', 'command -v g++ make python3'], ['--entrypoint', 'sh'])
    assert.notEqual(compilers.code, 0, compilers.stdout)
    const { stdout } = await inContainer(['doctor', '--json'])
    const { clients } = JSON.parse(stdout) as { clients: { what: string; found: string | null }[] }
    for (const client of ['client kafkajs', 'client node-rdkafka'])
      assert.ok(clients.find(({ what }) => what === client)?.found, stdout)
  })

  test('runs on the mock, and draws', async () => {
    const { code, stdout, stderr } = await inContainer(['run', 'quickstart'])
    // 4: a machine that is busy makes it invalid.
    assert.ok(code === 0 || code === 4, `${code}\n${stdout}\n${stderr}`)
    assert.match(stdout, /^ack\S+(?: \/ scheduled)? +2\s?500 \/ 2\s?500/m)
    assert.ok(!/could not be rendered|not written/.test(stderr), stderr)
  })

  test('runs against a broker of this machine, and the results are the user’s', async (t) => {
    const port = '19492'
    const cluster = `in-image-${process.pid}`
    const up = await kbench(['cluster', 'up', 'kraft-1', '--provider', 'local', '--name', cluster, '--json'], {
      env: { KBENCH_PORT_KAFKA1: port },
    })
    assert.equal(up.exitCode, 0, up.stderr)
    t.after(async () => {
      const down = await kbench(['cluster', 'down', cluster])
      assert.equal(down.exitCode, 0, down.stderr)
    })
    mkdirSync(join(work, 'results'))
    writeFileSync(
      join(work, 'my.yaml'),
      `name: contained
topic: { partitions: 3, replicationFactor: 1 }
clients: [kafkajs, node-rdkafka]
load: { rate: 200 }
consumers: [ { group: g1, members: 1 } ]
phases: { clusterWarmup: 0s, warmup: 1s, measure: 3s, drain: 10s }
`,
    )
    const user = `${process.getuid!()}:${process.getgid!()}`
    const options = ['-v', `${work}:/work`, '--user', user]
    const { code, stdout, stderr } = await inContainer(['run', 'my.yaml', '-b', `127.0.0.1:${port}`], options)
    assert.ok(code === 0 || code === 4, `${code}\n${stdout}\n${stderr}`)
    assert.match(stdout, /^ack\S+(?: \/ scheduled)? +800 \/ 800 +800 \/ 800/m)
    assert.match(stdout, /^integrity +ok, .+ ok, /m)
    const [run] = readdirSync(join(work, 'results'))
    assert.ok(readdirSync(join(work, 'results', run!, 'charts')).length > 3)
  })
})
