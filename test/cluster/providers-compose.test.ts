import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { KbenchError } from '../../src/base/errors.ts'
import { run } from '../../src/clusters/compose/docker.ts'
import type { Cluster } from '../../src/contracts/api.ts'
import { loadPlugin } from '../../src/registry.ts'
import {
  holdElsewhere,
  idsFrom,
  isRunning,
  listeningAddresses,
  loopback,
  sandbox,
  skipReason,
  start,
  until,
} from './_providers.ts'

const unavailable = await skipReason('compose')
const box = sandbox('compose')
after(box.remove)

/** What Docker has of the runs of this test process, or of the process `pid`. */
async function leftOf(pid = process.pid): Promise<string> {
  const lists = [
    ['ps', '--all', '--format', '{{.Names}}'],
    ['network', 'ls', '--format', '{{.Name}}'],
  ].map((args) => run(['docker', ...args]))
  const names = (await Promise.all(lists)).flatMap(({ stdout }) => stdout.split('\n'))
  return names.filter((name) => name.includes(`kbench-test-${pid}-`)).join(' ')
}

async function volumes(): Promise<string[]> {
  return (await run(['docker', 'volume', 'ls', '--quiet'])).stdout.split('\n')
}

/** Volumes, named or not, of the containers of this test process: other files have theirs at the same time. */
async function ownVolumes(): Promise<string[]> {
  const filter = `name=kbench-test-${process.pid}-`
  const containers = (await run(['docker', 'ps', '--all', '--quiet', '--filter', filter])).stdout.split('\n')
  const mounts = ['--format', '{{range .Mounts}}{{println .Name}}{{end}}', ...containers]
  return (await run(['docker', 'inspect', ...mounts])).stdout.split('\n').filter((name) => name !== '')
}

for (const command of ['docker compose', 'docker-compose']) {
  const there = (await run([...command.split(' '), 'version', '--short'])).ok
  const skip = unavailable ?? (there ? undefined : `${command} is not installed`)

  describe(`three brokers by ${command}`, { ...(skip && { skip }) }, () => {
    const directory = skip ? '' : box.directory()
    let cluster: Cluster

    before(async () => {
      process.env.KBENCH_COMPOSE = command
      cluster = await start('compose', { layout: 'kraft-3', directory })
    })
    after(async () => {
      delete process.env.KBENCH_COMPOSE
      await cluster?.[Symbol.asyncDispose]()
    })

    test('all brokers list all brokers, on the loopback only, each with a process and its usage', async () => {
      for (const node of cluster.nodes) {
        assert.deepEqual(await idsFrom(node), [1, 2, 3])
        const addresses = listeningAddresses(node.port)
        assert.ok(addresses.length > 0, `nobody listens on ${node.port}`)
        for (const address of addresses) assert.ok(loopback.includes(address), address)
        const usage = await node.usage!()
        assert.ok(usage.cpuMs! > 500 && usage.rssBytes! > 100 * 2 ** 20, JSON.stringify(usage))
        assert.ok(usage.networkInBytes! > 0 && usage.networkOutBytes! > 0, 'a container has a network of its own')
      }
      assert.equal((await cluster.describe()).layout, 'kraft-3')
    })

    test('a broker can be paused, killed and started again', async () => {
      const node = cluster.nodes[1]!
      const pid = node.pid!
      await node.signal!('SIGSTOP')
      await node.signal!('SIGSTOP')
      assert.deepEqual(await idsFrom(node), [], 'no answer while it is paused')
      assert.equal(node.pid, pid, 'it is still there')
      await node.signal!('SIGCONT')
      await node.signal!('SIGCONT')
      await until('it answers again', async () => (await idsFrom(node)).includes(2))
      await node.signal!('SIGKILL')
      await until('its pid is gone', () => node.pid === undefined)
      assert.equal(isRunning(pid), false)
      await node.start!()
      assert.notEqual(node.pid, pid)
      await until('broker 2 lists everybody', async () => (await idsFrom(node)).length === 3)
    })

    test('disposing leaves no container, network, volume or lease, but the logs', async () => {
      const own = await ownVolumes()
      assert.ok(own.length >= 3, own.join())
      await cluster[Symbol.asyncDispose]()
      await cluster[Symbol.asyncDispose]()
      assert.equal(await leftOf(), '')
      const left = await volumes()
      assert.deepEqual(
        own.filter((name) => left.includes(name)),
        [],
      )
      assert.deepEqual(box.leases(), [])
      assert.deepEqual(readdirSync(directory).sort(), ['kafka1.log', 'kafka2.log', 'kafka3.log'])
    })
  })
}

describe('compose, when things go wrong', { ...(unavailable && { skip: unavailable }) }, () => {
  /** The error of a start with these environment variables, after which nothing is left. */
  async function failureWith(env: Record<string, string>, startTimeout = 60_000): Promise<KbenchError> {
    const previous = Object.fromEntries(Object.keys(env).map((key) => [key, process.env[key]]))
    Object.assign(process.env, env)
    try {
      const outcome = await start('compose', { directory: box.directory(), startTimeout }).catch((e: KbenchError) => e)
      if (outcome instanceof Error) return outcome
      await outcome[Symbol.asyncDispose]()
      return assert.fail('it started')
    } finally {
      for (const [key, value] of Object.entries(previous)) {
        if (value === undefined) delete process.env[key]
        else process.env[key] = value
      }
      assert.equal(await leftOf(), '')
      assert.deepEqual(box.leases(), [])
    }
  }

  test('an image that is not here and cannot be pulled is named', async () => {
    const error = await failureWith({ KBENCH_KAFKA_IMAGE: '127.0.0.1:1/no/kafka:4.1.0' })
    assert.equal(error.code, 'environment')
    assert.match(error.message, /the image 127\.0\.0\.1:1\/no\/kafka:4\.1\.0 is not here and cannot be pulled/)
    assert.match(error.hint ?? '', /KBENCH_KAFKA_IMAGE/)
  })

  test('no daemon is an environment error', async () => {
    const error = await failureWith({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' }).catch((e: KbenchError) => e)
    assert.match(error.message, /no Docker daemon answers/)
  })

  test('a port that is taken is named', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    try {
      const error = await failureWith({ KBENCH_PORT_KAFKA1: String(port) })
      assert.equal(error.code, 'environment')
      assert.match(error.message, new RegExp(`port ${port} `))
    } finally {
      server.close()
    }
  })

  test('the deadline is kept and the log shown', async () => {
    const error = await failureWith({}, 1)
    assert.equal(error.code, 'environment')
    assert.match(error.message, /not ready within 0\.001 s: broker 1 did not answer/)
  })

  test('an abort while it starts leaves nothing', async () => {
    const controller = new AbortController()
    const starting = start('compose', { directory: box.directory(), signal: controller.signal })
    const outcome = assert.rejects(starting, (error: KbenchError) => error.code === 'interrupted')
    await until('there is a lease', () => box.leases().length === 1)
    controller.abort()
    await outcome
    assert.equal(await leftOf(), '')
    assert.deepEqual(box.leases(), [])
  })

  test('clean removes what a killed run left, and only then', async () => {
    const compose = await loadPlugin('clusters', 'compose')
    const { signal } = new AbortController()
    const { holder, pids } = await holdElsewhere('compose', box.directory())
    assert.deepEqual(await compose.clean!(signal), [], 'its run is alive')
    holder.kill('SIGKILL')
    await until('the holder is dead', () => !isRunning(holder.pid!))
    assert.ok(isRunning(pids[0]!), 'containers outlive a killed run')
    const lines = await compose.clean!(signal)
    assert.match(lines.join('\n'), /removed container .*\n.*removed network .*\n.*removed its lease$/s)
    assert.equal(await leftOf(holder.pid), '')
    assert.deepEqual(box.leases(), [])
    assert.deepEqual(await compose.clean!(signal), [])
  })

  test('a run that just exits takes its containers with it', async () => {
    const { holder } = await holdElsewhere('compose', box.directory())
    assert.notEqual(await leftOf(holder.pid), '')
    holder.kill('SIGTERM')
    await until('nothing is left', async () => (await leftOf(holder.pid)) === '')
  })
})
