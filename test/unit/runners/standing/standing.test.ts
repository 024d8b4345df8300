import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { identify, killIfAlive } from '../../../../src/base/processes.ts'
import {
  ask,
  busy,
  dataFolder,
  forgetStanding,
  logFolder,
  noteKept,
  readState,
  type StandingReply,
  type StandingState,
  socketPath,
  standingFolder,
  standingNames,
  standingPhase,
  startStanding,
  writeState,
} from '../../../../src/runners/standing/standing.ts'

const home = mkdtempSync(join(tmpdir(), 'kbench-standing-'))
process.env.XDG_STATE_HOME = home
after(() => rmSync(home, { recursive: true }))
beforeEach(() => {
  for (const name of standingNames()) forgetStanding(name)
})

const state = (name: string, change: Partial<StandingState> = {}): StandingState => ({
  version: 1,
  ...{
    name,
    layout: 'kraft-3',
    provider: 'fake',
    clusterId: 'an-id',
    kafkaVersion: '4.1.0',
    bootstrap: ['h:1', 'h:2'],
  },
  nodes: [{ id: 1, address: 'h:1' }],
  ...{ pid: process.pid, startedAt: '2026-11-29T12:00:00.000Z', kept: false },
  ...change,
})

/** As a supervisor writes itself down. */
function hold(name: string, identity: unknown): void {
  mkdirSync(logFolder(name), { recursive: true })
  writeFileSync(join(standingFolder(name), 'supervisor.json'), JSON.stringify(identity))
}

/** A supervisor in this process, which answers a request as the test says. */
async function supervise(
  t: TestContext,
  name: string,
  answer: (socket: Socket, request: string) => void,
): Promise<void> {
  hold(name, identify(process.pid))
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('data', (line) => answer(socket, line.toString()))
  })
  server.listen(socketPath(name))
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
}
const replies =
  (...lines: StandingReply[]) =>
  (socket: Socket) =>
    void socket.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))

describe('the phase of a cluster', () => {
  test('down, where nobody holds it: never started, unreadable, or a process that is gone or another one by now', async () => {
    assert.deepEqual(await standingPhase('none'), { phase: 'down' })
    for (const identity of [
      null,
      {},
      'x',
      { pid: 2 ** 22 + 1, started: '1' },
      { pid: process.pid, started: 'earlier' },
    ]) {
      hold('kraft-1', identity)
      assert.deepEqual(await standingPhase('kraft-1'), { phase: 'down' }, JSON.stringify(identity))
    }
    writeFileSync(join(standingFolder('kraft-1'), 'supervisor.json'), '{"pid": 1')
    assert.deepEqual(await standingPhase('kraft-1'), { phase: 'down' })
  })

  test('busy, while its supervisor lives and has no socket yet, or hangs up', async (t) => {
    hold('kraft-1', identify(process.pid))
    assert.deepEqual(await standingPhase('kraft-1'), { phase: 'busy', pid: process.pid })
    await supervise(t, 'kraft-2', (socket) => void socket.destroy())
    assert.deepEqual(await standingPhase('kraft-2'), { phase: 'busy', pid: process.pid })
    assert.match(busy('kraft-1', 7).hint!, /process 7, its log .*kraft-1\/logs\/supervisor\.log/)
  })

  test('up, once it answers', async (t) => {
    await supervise(t, 'kraft-1', replies({ ok: null }))
    assert.deepEqual(await standingPhase('kraft-1'), { phase: 'up' })
  })
})

describe('a request', () => {
  test('gets lines of progress, and a value in the end', async (t) => {
    const asked: string[] = []
    await supervise(t, 'kraft-1', (socket, request) => {
      asked.push(request)
      replies({ say: 'broker 1 ends' }, { say: 'still' }, { ok: { command: ['x'] } })(socket)
    })
    const said: string[] = []
    assert.deepEqual(await ask('kraft-1', { op: 'stop', broker: 1, signal: 'SIGTERM' }, (line) => said.push(line)), {
      command: ['x'],
    })
    assert.deepEqual(said, ['broker 1 ends', 'still'])
    assert.deepEqual(asked, ['{"op":"stop","broker":1,"signal":"SIGTERM"}\n'])
  })

  test('or the error that was answered, as it was', async (t) => {
    const error = { code: 'usage', message: 'there is no broker 9', details: ['a', 'b'], hint: 'one of: 1' } as const
    await supervise(t, 'kraft-1', replies({ error }))
    await assert.rejects(ask('kraft-1', { op: 'ping' }), error)
    await supervise(t, 'kraft-2', replies({ error: { ...error, hint: null } }))
    await assert.rejects(ask('kraft-2', { op: 'ping' }), { ...error, hint: undefined })
  })

  test('to nobody, to one that hangs up, dies in the midst of a line or talks nonsense: it is not up', async (t) => {
    const notUp = (name: string) => ({
      code: 'environment',
      message: `cluster ${name} is not up`,
      hint: `kbench cluster up ${name}`,
    })
    await assert.rejects(ask('none', { op: 'ping' }), notUp('none'))
    for (const [name, text] of [
      ['mute', ''],
      ['torn', '{"ok":'],
      ['nonsense', 'HTTP/1.1 400 Bad Request\n'],
    ] as const) {
      await supervise(t, name, (socket) => void socket.end(text))
      await assert.rejects(ask(name, { op: 'down', keep: true }), notUp(name))
    }
  })

  test('a ping to one that stands still is given up', async (t) => {
    await supervise(t, 'kraft-1', () => {})
    await assert.rejects(ask('kraft-1', { op: 'ping' }, undefined, 10), { message: 'cluster kraft-1 is not up' })
  })
})

describe('what is known of a cluster', () => {
  test('is null before it was up, and what was written once it is', () => {
    assert.deepEqual([readState('kraft-1'), standingNames()], [null, []])
    mkdirSync(standingFolder('kraft-1'), { recursive: true })
    writeState(state('kraft-1'))
    assert.deepEqual(readState('kraft-1'), state('kraft-1'))
    noteKept(readState('kraft-1')!)
    assert.equal(readState('kraft-1')!.kept, true)
    mkdirSync(standingFolder('b'))
    assert.deepEqual(standingNames(), ['b', 'kraft-1'])
    forgetStanding('kraft-1')
    assert.deepEqual([readState('kraft-1'), standingNames()], [null, ['b']])
  })

  test('that was written before data could be kept is of one that was not', () => {
    mkdirSync(standingFolder('kraft-1'), { recursive: true })
    const { kept: _, ...old } = state('kraft-1')
    writeState(old as StandingState)
    assert.equal(readState('kraft-1')!.kept, false)
  })

  for (const text of ['', '{"version": 1', '{"version": 2}']) {
    test(`cannot be read: ${text || 'empty'}; what removes it`, () => {
      mkdirSync(standingFolder('kraft-1'), { recursive: true })
      writeFileSync(join(standingFolder('kraft-1'), 'state.json'), text)
      assert.throws(() => readState('kraft-1'), { code: 'environment', hint: 'kbench cluster down kraft-1 removes it' })
    })
  }

  test('a socket’s path is short enough however deep the folder, and each cluster has its own', () => {
    const paths = ['a', 'b'.repeat(41)].map(socketPath)
    assert.ok(paths.every((path) => path.length < 107))
    assert.equal(new Set(paths).size, 2)
    assert.equal(socketPath('a'), paths[0])
  })
})

/** What a supervisor does with its job. */
type OnJob = (child: Child) => unknown

/** A supervisor's process that the test plays. */
class Child extends EventEmitter {
  pid = process.pid
  connected = true
  readonly sent: unknown[] = []
  killed: string | null = null
  readonly onJob: OnJob
  constructor(onJob: OnJob) {
    super()
    this.onJob = onJob
  }
  send(message: object): boolean {
    this.sent.push(message)
    if ('job' in message) setImmediate(() => this.onJob(this))
    return true
  }
  disconnect(): void {
    this.connected = false
  }
  unref(): void {}
  kill(signal: string): boolean {
    this.killed = signal
    return true
  }
}

const wanted = { name: 'kraft-1', layout: 'kraft-3', provider: 'auto', startTimeoutMs: 1, composeProfiles: undefined }

function start(onJob: OnJob, signal = new AbortController().signal) {
  const said: string[] = []
  const children: Child[] = []
  const starting = startStanding({ ...wanted }, { signal, say: (line) => void said.push(line) }, () => {
    const child = new Child(onJob)
    children.push(child)
    return child as unknown as ChildProcess
  })
  return { starting, said, children }
}
const comesUp = (child: Child) => {
  child.emit('message', { say: 'starting' })
  child.emit('message', { ok: state('kraft-1') })
}

describe('the start of a cluster', () => {
  test('waits until it is up, writes down who holds it, and lets go of the process', async () => {
    const { starting, said, children } = start(comesUp)
    assert.deepEqual([await starting, said], [state('kraft-1'), ['starting']])
    const [child] = children
    assert.equal(child!.connected, false)
    assert.deepEqual(
      JSON.parse(readFileSync(join(standingFolder('kraft-1'), 'supervisor.json'), 'utf8')),
      identify(process.pid),
    )
    const [{ job }] = child!.sent as [{ job: Record<string, unknown> }]
    assert.deepEqual([job.provider, job.hasData], ['auto', false])
    assert.match(String(job.clusterId), /^[\w-]{22}$/)
  })

  test('with data that was kept: the same id, and the provider that has kept it', async () => {
    mkdirSync(standingFolder('kraft-1'), { recursive: true })
    writeState(state('kraft-1', { kept: true, provider: 'compose' }))
    const { starting, children } = start(comesUp)
    await starting
    const [{ job }] = children[0]!.sent as [{ job: Record<string, unknown> }]
    assert.deepEqual([job.provider, job.hasData, job.clusterId], ['compose', true, 'an-id'])
  })

  test('with data of another layout, or whose supervisor was killed, starts nothing and says what to do', async () => {
    mkdirSync(standingFolder('kraft-1'), { recursive: true })
    for (const [change, message, hint] of [
      [{ kept: true, layout: 'zk-3' }, /holds data that was kept of layout zk-3/, /another --name/],
      [{ kept: false }, /was up, and its supervisor has died/, /down kraft-1 --keep/],
    ] as const) {
      writeState(state('kraft-1', change))
      const { starting, children } = start(comesUp)
      await assert.rejects(starting, { code: 'environment', message, hint })
      assert.equal(children.length, 0)
    }
  })

  test('of one that is up, or starting: where it is, or who starts it', async (t) => {
    hold('kraft-1', identify(process.pid))
    await assert.rejects(start(comesUp).starting, /is starting or ending, or does not answer/)
    await supervise(t, 'kraft-1', replies({ ok: null }))
    await assert.rejects(start(comesUp).starting, { message: 'cluster kraft-1 is up already: not known yet' })
    writeState(state('kraft-1'))
    await assert.rejects(start(comesUp).starting, { message: 'cluster kraft-1 is up already: h:1,h:2' })
  })

  test('that fails: its error, and no data; what was kept before stays', async () => {
    const error = { code: 'environment', message: 'no Java', details: ['compose: no Docker'], hint: null } as const
    const fails = (child: Child) => {
      mkdirSync(dataFolder('kraft-1'), { recursive: true })
      child.emit('message', { error })
    }
    await assert.rejects(start(fails).starting, { code: 'environment', message: 'no Java', details: error.details })
    assert.equal(existsSync(dataFolder('kraft-1')), false)
    rmSync(join(standingFolder('kraft-1'), 'supervisor.json'))
    writeState(state('kraft-1', { kept: true }))
    await assert.rejects(start(fails).starting, /no Java/)
    assert.equal(existsSync(dataFolder('kraft-1')), true)
  })

  test('whose supervisor dies, or cannot be started: how, and where its log is', async () => {
    const log = /supervisor\.log/
    const died = (...how: unknown[]) => start((child) => child.emit('exit', ...how)).starting
    await assert.rejects(died(null, 'SIGKILL'), { message: 'the supervisor of kraft-1 ended with SIGKILL', hint: log })
    rmSync(join(standingFolder('kraft-1'), 'supervisor.json'))
    await assert.rejects(died(7, null), { message: 'the supervisor of kraft-1 ended with code 7' })
    rmSync(join(standingFolder('kraft-1'), 'supervisor.json'))
    await assert.rejects(start((child) => child.emit('error', new Error('spawn EAGAIN'))).starting, /EAGAIN/)
  })

  test('of two at once: the second gives up, and its process goes; the first one’s data stays', async () => {
    const first = start(comesUp)
    // It was not there yet when the second one looked.
    const second = start(comesUp)
    const outcomes = await Promise.allSettled([first.starting, second.starting])
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const reason = outcomes.find((each) => each.status === 'rejected')!.reason as Error
    assert.match(reason.message, /is being started by another process|is starting or ending/)
    const children = [...first.children, ...second.children]
    assert.deepEqual(children.map(({ killed }) => killed).sort(), children.length === 1 ? [null] : ['SIGKILL', null])
  })

  test('that is interrupted asks its supervisor to end, and waits for what it says', async () => {
    const user = new AbortController()
    const { starting, children } = start((child) => {
      user.abort()
      const [, second] = child.sent
      assert.deepEqual(second, { abort: true })
      child.emit('message', { error: { code: 'interrupted', message: 'interrupted', details: [], hint: null } })
    }, user.signal)
    await assert.rejects(starting, { code: 'interrupted' })
    assert.equal(children.length, 1)
  })

  test('that is interrupted before it begins starts nothing', async () => {
    const { starting, children } = start(comesUp, AbortSignal.abort())
    await assert.rejects(starting, { code: 'interrupted' })
    assert.equal(children.length, 0)
  })
})

describe('the supervisor itself, a process', () => {
  const fake = { ...wanted, provider: 'fake', startTimeoutMs: 10_000 }
  const context = { signal: new AbortController().signal, say() {} }

  async function up(t: TestContext): Promise<StandingState> {
    const started = await startStanding(fake, context)
    const identity = identify(started.pid)!
    t.after(() => void killIfAlive(identity))
    return started
  }
  const gone = async (pid: number) => {
    while (identify(pid) !== null) await delay(5)
  }

  test('holds the cluster, answers, and is gone after down, with its socket', async (t) => {
    const started = await up(t)
    assert.deepEqual([started.name, started.provider, started.bootstrap], ['kraft-1', 'fake', ['127.0.0.1:1']])
    assert.deepEqual(readState('kraft-1'), started)
    assert.deepEqual(await standingPhase('kraft-1'), { phase: 'up' })
    await assert.rejects(ask('kraft-1', { op: 'start', broker: 3 }), { code: 'usage', message: 'there is no broker 3' })
    // Of a kbench that is newer than the supervisor: not done is not "ok".
    await assert.rejects(ask('kraft-1', { op: 'restart' } as never), {
      code: 'environment',
      message: 'the supervisor does not know the request restart',
    })
    assert.equal(await ask('kraft-1', { op: 'down', keep: true }), null)
    await gone(started.pid)
    assert.equal(existsSync(socketPath('kraft-1')), false)
    assert.deepEqual(await standingPhase('kraft-1'), { phase: 'down' })
  })

  test('that is told to end by a signal keeps the data', async (t) => {
    const { pid } = await up(t)
    process.kill(pid, 'SIGTERM')
    await gone(pid)
    assert.equal(readState('kraft-1')!.kept, true)
  })
})
