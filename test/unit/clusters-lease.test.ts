import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import type { KbenchError } from '../../src/base/errors.ts'
import { identify, isAlive, killIfAlive } from '../../src/base/processes.ts'
import { cleanLeases, holdLease, leasedPorts } from '../../src/clusters/shared/lease.ts'

const state = mkdtempSync(join(tmpdir(), 'kbench-lease-'))
const before = process.env.XDG_STATE_HOME
process.env.XDG_STATE_HOME = state
const leases = join(state, 'kbench', 'runs')
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(leases, { recursive: true, force: true })
})
after(() => {
  if (before === undefined) delete process.env.XDG_STATE_HOME
  else process.env.XDG_STATE_HOME = before
  rmSync(state, { recursive: true, force: true })
})

/** A process that runs until it is killed. */
async function sleeper(): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  children.push(child)
  await once(child, 'spawn')
  return { child, pid: child.pid! }
}

/** A lease whose supervisor has ended. */
function orphan(record: object): string {
  mkdirSync(leases, { recursive: true })
  const path = join(leases, 'run-1.local.json')
  const supervisor = { pid: 2 ** 22 - 1, started: 'long ago' }
  const rest = {
    version: 1,
    runId: 'run-1',
    host: hostname(),
    provider: 'local',
    children: [],
    project: null,
    directories: [],
    ports: [],
  }
  writeFileSync(path, JSON.stringify({ ...rest, supervisor, ...record }))
  return path
}

test('a process is known by pid and start time', async () => {
  const { child, pid } = await sleeper()
  const identity = identify(pid)
  assert.ok(identity && isAlive(identity))
  assert.equal(killIfAlive({ ...identity, started: 'another time' }), false)
  assert.ok(isAlive(identity), 'a process with the same pid but another start time must not be ended')
  assert.equal(killIfAlive(identity), true)
  await once(child, 'exit')
  assert.equal(isAlive(identity), false)
  assert.equal(identify(pid), null)
})

test('a lease is on disk while it is held and gone when released', async () => {
  const { pid } = await sleeper()
  const lease = holdLease('run-2', 'local', { project: null, directories: ['/x'], ports: [12345] }, () => true)
  lease.children([{ pid, name: 'kafka1' }])
  const record = JSON.parse(readFileSync(join(leases, 'run-2.local.json'), 'utf8'))
  assert.deepEqual(record.supervisor, identify(process.pid))
  assert.deepEqual(record.children, [{ ...identify(pid), name: 'kafka1' }])
  assert.ok(leasedPorts().has(12345))
  assert.deepEqual(await cleanLeases('local'), [], 'its supervisor, this process, is alive')
  lease.release()
  assert.deepEqual(readdirSync(leases), [])
  assert.equal(leasedPorts().size, 0)
})

test('what a dead supervisor left is removed, a line each, and a second time nothing', async () => {
  const { child, pid } = await sleeper()
  const directory = join(state, 'data')
  mkdirSync(join(directory, 'deep'), { recursive: true })
  orphan({ children: [{ ...identify(pid), name: 'kafka1' }], directories: [directory], ports: [23456] })
  assert.equal(leasedPorts().size, 0, 'a dead run holds no ports')
  const lines = await cleanLeases('local')
  await once(child, 'exit')
  assert.deepEqual(lines, [
    `run-1: ended kafka1 (process ${pid})`,
    `run-1: removed ${directory}`,
    'run-1: removed its lease',
  ])
  assert.equal(existsSync(directory), false)
  assert.deepEqual(await cleanLeases('local'), [])
})

test('a pid that belongs to another process by now is left alone', async () => {
  const { pid } = await sleeper()
  orphan({ children: [{ pid, started: 'long ago', name: 'kafka1' }] })
  assert.deepEqual(await cleanLeases('local'), ['run-1: removed its lease'])
  assert.ok(identify(pid), 'it still runs')
})

test('a provider cleans its own leases only', async () => {
  const path = orphan({})
  assert.deepEqual(await cleanLeases('compose'), [])
  assert.ok(existsSync(path))
})

test('a lease that could not be cleaned is kept and reported', async () => {
  const path = orphan({ provider: 'compose', project: { name: 'kbench-run-1', dockerHost: null } })
  const failing = cleanLeases('compose', () => Promise.reject(new Error('no daemon')))
  await assert.rejects(failing, (error: KbenchError) => {
    assert.equal(error.code, 'environment')
    assert.deepEqual(error.details, ['run-1: no daemon'])
    return true
  })
  assert.ok(existsSync(path))
  assert.deepEqual(await cleanLeases('compose', async ({ name }) => [`removed ${name}`]), [
    'run-1: removed kbench-run-1',
    'run-1: removed its lease',
  ])
})

test('a lease of another machine is left alone', async () => {
  const path = orphan({ host: 'another', directories: [state], ports: [1] })
  assert.deepEqual(await cleanLeases('local'), [])
  assert.ok(existsSync(path) && existsSync(state))
})

for (const [name, text, why] of [
  ['empty', '', 'it is empty'],
  ['torn', '{"version":1,"run', 'it is torn'],
  ['of something else', '{}', 'it is no lease of this kbench'],
  ['null', 'null', 'it is no lease of this kbench'],
] as const) {
  test(`R9: a lease that is ${name} is named and passed over, and all else is cleaned`, async () => {
    const path = orphan({ directories: [] })
    writeFileSync(join(leases, 'a-bad.local.json'), text)
    assert.deepEqual(await cleanLeases('local'), [
      'run-1: removed its lease',
      `${join(leases, 'a-bad.local.json')} was passed over: ${why}; delete it if you know it is old`,
    ])
    assert.ok(!existsSync(path))
    assert.ok(existsSync(join(leases, 'a-bad.local.json')))
    assert.deepEqual(leasedPorts(), new Set())
    holdLease('run-2', 'local', { project: null, directories: [], ports: [7] }, () => true).release()
  })
}

test('R17: state is for its user alone, also what an earlier version made', () => {
  mkdirSync(leases, { recursive: true, mode: 0o755 })
  const lease = holdLease('run-3', 'local', { project: null, directories: [], ports: [] }, () => true)
  assert.equal(statSync(leases).mode & 0o777, 0o700)
  assert.equal(statSync(join(leases, 'run-3.local.json')).mode & 0o777, 0o600)
  lease.release()
  rmSync(leases, { recursive: true })
  symlinkSync(tmpdir(), leases)
  assert.throws(() => holdLease('run-4', 'local', { project: null, directories: [], ports: [] }, () => true), {
    code: 'environment',
  })
  rmSync(leases)
})
