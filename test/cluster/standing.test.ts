import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { run as docker } from '../../src/clusters/compose/docker.ts'
import { freePorts } from '../../src/clusters/shared/ports.ts'
import type { ClusterStatus } from '../../src/operations/cluster-status.ts'
import { type StandingState, socketPath, standingFolder } from '../../src/runners/standing/standing.ts'
import { kbench } from '../cli/_kbench.ts'
import { filesIn, isRunning, processesNaming, sandbox, skipReason, until } from './_providers.ts'

// `kbench cluster`: clusters that stay. What is started here is ended here, also when a test fails: nothing else would.

// Tests begin while later suites are still being declared: one folder for all.
const box = sandbox('local')
after(box.remove)

for (const provider of ['local', 'compose']) {
  const skip = await skipReason(provider)
  describe(`kbench cluster on ${provider}`, { skip }, () => {
    const name = `test-${provider}-${process.pid}`
    const env: Record<string, string> = {}
    for (const variable of ['KBENCH_KAFKA_IMAGE', 'KBENCH_COMPOSE']) {
      if (process.env[variable]) env[variable] = process.env[variable]
    }
    const run = (...args: string[]) => kbench(['cluster', ...args], { env })
    const ok = async (...args: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await kbench(args, { env })
      assert.equal(exitCode, 0, stderr)
      return stdout
    }
    const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await ok(...args, '--json')) as T
    after(async () => {
      await run('down', name)
    })

    test('up: it stays, on the port that was asked for, and every command finds it by its name', async () => {
      const [port] = await freePorts(1, new Set())
      env.KBENCH_PORT_KAFKA1 = String(port)
      const state = await json<StandingState>('cluster', 'up', 'kraft-1', '--provider', provider, '--name', name)
      assert.deepEqual(state.bootstrap, [`127.0.0.1:${port}`])
      assert.equal(state.provider, provider)
      assert.ok(isRunning(state.pid), 'its supervisor runs on')
      assert.equal(await ok('topics', 'create', 'kept', '--partitions', '2', '--cluster', name), 'created kept\n')
      assert.equal(await ok('topics', 'list', '--cluster', name, '--exclude-internal'), 'kept\n')

      const status = await json<ClusterStatus & { down: unknown[] }>('cluster', 'status', name)
      assert.deepEqual(
        status.brokers.map(({ id, address, isController }) => ({ id, address, isController })),
        [{ id: 1, address: `127.0.0.1:${port}`, isController: true }],
      )
      assert.deepEqual([status.partitions, status.underReplicated, status.offline, status.down], [2, [], [], []])
      assert.equal(status.clusterId, state.clusterId)
      const text = await ok('cluster', 'status', name)
      assert.match(text, /BROKER +ADDRESS +RACK +LEADER/)
      assert.ok(text.split('\n').every((line) => line.length <= 80 || line.startsWith(name)))
      assert.match(await ok('cluster', 'logs', name, 'kafka1', '-n', '50'), /Kafka/)
    })

    test('refused: a second of that name, a broker and a service that are not there', async () => {
      const cases: [string[], number, RegExp][] = [
        [['up', 'kraft-1', '--name', name], 3, /is up already: 127\.0\.0\.1:\d+\n.*kbench cluster down/],
        [['stop', name, '7'], 2, /there is no broker 7\n.*one of: 1/],
        [['start', name, '1'], 3, /broker 1 runs already/],
        [['up', 'kraft-1', '--name', 'No Such'], 2, /small letters, digits and dashes/],
        [['up', 'kraft1', '--name', `${name}-x`], 2, /there is no layout "kraft1"[\s\S]*kraft-1/],
        [['status', 'nobody'], 3, /there is no cluster nobody/],
        [['down', 'nobody'], 3, /there is no cluster nobody/],
        ...(provider === 'local'
          ? [[['logs', name, 'kafka9'], 2, /there is no service kafka9/] as [string[], number, RegExp]]
          : []),
      ]
      for (const [args, code, message] of cases) {
        const result = await run(...args)
        assert.equal(result.exitCode, code, `${args.join(' ')}: ${result.stderr}`)
        assert.match(result.stderr, message)
      }
      await run('down', `${name}-x`)
    })

    test('stop and start a broker; status says that it is down', async () => {
      assert.match(await ok('cluster', 'stop', name, '1'), /broker 1 has ended/)
      const { exitCode, stderr } = await run('status', name)
      assert.deepEqual([exitCode, /no broker answers/.test(stderr)], [3, true], stderr)
      const held = createServer().listen(Number(env.KBENCH_PORT_KAFKA1), '127.0.0.1')
      await once(held, 'listening')
      const refused = await run('start', name, '1')
      held.close()
      assert.equal(refused.exitCode, 3, refused.stderr)
      assert.match(refused.stderr, /address already in use/i, 'the end of its log, or what Docker said')
      assert.match(await ok('cluster', 'start', name, '1'), /broker 1 answers/)
      await until('the partitions are led', async () => {
        const { offline, partitions } = await json<ClusterStatus>('cluster', 'status', name)
        return partitions === 2 && offline.length === 0
      })
    })

    test('down --keep and up: the same cluster with its topics; down: nothing is left', async () => {
      const before = await json<{ cluster: StandingState }>('cluster', 'status', name)
      assert.match(await ok('cluster', 'down', name, '--keep'), /its data is kept/)
      await until('the supervisor ends', () => !isRunning(before.cluster.pid))
      assert.match(
        (await run('status', name)).stderr,
        /is not up: its data is kept\n.*kbench cluster up kraft-1 --name/,
      )
      assert.match((await run('up', 'kraft-3', '--name', name)).stderr, /holds data that was kept of layout kraft-1/)
      await ok('cluster', 'up', 'kraft-1', '--provider', provider, '--name', name)
      const again = await json<ClusterStatus & { cluster: StandingState }>('cluster', 'status', name)
      assert.equal(again.clusterId, before.cluster.clusterId)
      assert.equal(await ok('topics', 'list', '--cluster', name, '--exclude-internal'), 'kept\n')
      await ok('cluster', 'down', name, '--keep')
      await until('the supervisor ends', () => !isRunning(again.cluster.pid))
      assert.match(await ok('cluster', 'down', name), /was not up; its data is removed/)
      if (provider === 'compose') {
        for (const what of [
          ['ps', '--all'],
          ['volume', 'ls'],
          ['network', 'ls'],
        ]) {
          const filter = `label=com.docker.compose.project=kbench-${name}`
          assert.equal((await docker(['docker', ...what, '--quiet', '--filter', filter])).stdout, '')
        }
      }
      assert.equal(existsSync(standingFolder(name)), false)
      assert.equal(existsSync(socketPath(name)), false)
      assert.deepEqual(box.leases(), [])
      assert.deepEqual(processesNaming(standingFolder(name)), [])
    })
  })
}

describe('kbench cluster, when something is wrong', { skip: await skipReason('local') }, () => {
  const name = `test-wrong-${process.pid}`
  after(async () => {
    await kbench(['cluster', 'down', name])
  })

  test('a port that is taken: its variable is named, and nothing is left', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const args = ['cluster', 'up', 'kraft-1', '--provider', 'local', '--name', name]
    const { exitCode, stderr } = await kbench(args, { env: { KBENCH_PORT_KAFKA1: String(port) } })
    server.close()
    assert.equal(exitCode, 3, stderr)
    assert.match(stderr, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken \\(KBENCH_PORT_KAFKA1\\)`))
    assert.deepEqual(box.leases(), [])
    assert.deepEqual(filesIn(join(standingFolder(name), 'data')), [])
  })

  test('a supervisor that was killed: status says so, down clears away its brokers', async () => {
    const [port] = await freePorts(1, new Set())
    const env = { KBENCH_PORT_KAFKA1: String(port) }
    const up = await kbench(['cluster', 'up', 'kraft-1', '--provider', 'local', '--name', name, '--json'], { env })
    assert.equal(up.exitCode, 0, up.stderr)
    const { pid } = JSON.parse(up.stdout) as StandingState
    process.kill(pid, 'SIGKILL')
    await until('it is dead', () => !isRunning(pid))
    const brokers = processesNaming(standingFolder(name))
    assert.equal(brokers.length, 1)
    const status = await kbench(['cluster', 'status', name])
    assert.equal(status.exitCode, 3)
    assert.match(status.stderr, /its supervisor is gone[\s\S]*kbench cluster down/)
    // Its data is somebody's, and its broker still writes there.
    const again = await kbench(['cluster', 'up', 'kraft-1', '--provider', 'local', '--name', name])
    assert.equal(again.exitCode, 3)
    assert.match(again.stderr, /its supervisor has died\n.*--keep/)
    assert.ok(brokers.every(isRunning))
    assert.notDeepEqual(filesIn(join(standingFolder(name), 'data')), [])
    const kept = await kbench(['cluster', 'down', name, '--keep'])
    assert.equal(kept.exitCode, 0, kept.stderr)
    await until('its broker is dead', () => brokers.every((broker) => !isRunning(broker)))
    assert.notDeepEqual(filesIn(join(standingFolder(name), 'data')), [])
    const back = await kbench(['cluster', 'up', 'kraft-1', '--provider', 'local', '--name', name, '--json'])
    assert.equal(back.exitCode, 0, back.stderr)
    assert.equal(
      (JSON.parse(back.stdout) as StandingState).clusterId,
      (JSON.parse(up.stdout) as StandingState).clusterId,
    )
    writeFileSync(join(standingFolder(name), 'state.json'), '{')
    const unreadable = await kbench(['cluster', 'down', name, '--keep'])
    assert.equal(unreadable.exitCode, 3)
    assert.match(unreadable.stderr, /unreadable state/)
    assert.notDeepEqual(filesIn(join(standingFolder(name), 'data')), [])
    const down = await kbench(['cluster', 'down', name])
    assert.equal(down.exitCode, 0, down.stderr)
    assert.equal(existsSync(standingFolder(name)), false)
    assert.deepEqual(box.leases(), [])
  })
})
