import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { describe, mock, test } from 'node:test'
import type { WorkerPlan } from '../../../../src/contracts/api.ts'
import { shortPauses } from '../../../../src/runners/hosts/children.ts'
import { createLocalSite } from '../../../../src/runners/hosts/hosts.ts'

/** A process that takes messages, and does what the test says. */
class Child extends EventEmitter {
  readonly sent: unknown[] = []
  readonly signals: string[] = []
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  pid: number | undefined = 1
  connected = true
  exitCode: number | null = null
  signalCode: string | null = null
  send(message: unknown): boolean {
    this.sent.push(message)
    return true
  }
  disconnect(): void {
    this.connected = false
    this.emit('disconnect')
  }
  kill(signal: string): boolean {
    this.signals.push(signal)
    return true
  }
  end(code: number | null, signal: string | null = null): void {
    Object.assign(this, { connected: false, exitCode: code, signalCode: signal })
    this.emit('exit', code, signal)
  }
}

const plans = (...workers: number[]) => workers.map((worker) => ({ worker }) as WorkerPlan)

/** Hosts of processes that the test plays. */
function open(isolation: 'thread' | 'process', paced = false) {
  const children: Child[] = []
  const forked: (readonly (readonly string[])[])[] = []
  const events: unknown[] = []
  const site = createLocalSite((_entry, args = [], options = []) => {
    const child = new Child()
    children.push(child)
    forked.push([args, options])
    return child as unknown as ChildProcess
  })
  const hosts = site.open(isolation, paced, {
    message: (worker, { type }) => void events.push(['message', worker, type]),
    usage: (host, ...rest) => void events.push(['usage', host, ...rest]),
    lost: (workers, reason) => void events.push(['lost', workers, reason]),
    log: (line) => void events.push(['log', line]),
  })
  return { hosts, children, forked, events }
}

describe('load hosts', () => {
  test('one for all workers of a driver that is safe in threads, one each otherwise; none for nobody', () => {
    for (const [isolation, first, both] of [
      ['thread', 1, 2],
      ['process', 3, 4],
    ] as const) {
      const { hosts, children, forked } = open(isolation)
      hosts.add([])
      assert.equal(children.length, 0)
      hosts.add(plans(0, 1, 2))
      assert.equal(children.length, first)
      hosts.add(plans(3))
      assert.equal(children.length, both)
      assert.deepEqual(forked[0], [[isolation], []])
      hosts.send(3, { type: 'start', startNs: 7 })
      assert.deepEqual(children.at(-1)!.sent, [{ worker: 3, message: { type: 'start', startNs: 7 } }])
    }
  })

  test('a client in threads at a given rate gets short pauses of the collector; one at rate max, or native, does not', () => {
    const options = (isolation: 'thread' | 'process', paced: boolean) => {
      const { hosts, forked } = open(isolation, paced)
      hosts.add(plans(0))
      return forked[0]![1]
    }
    assert.deepEqual(options('thread', true), shortPauses)
    assert.deepEqual([options('thread', false), options('process', true)], [[], []])
  })

  test('a process is handled by signals, a thread by a message to its host', () => {
    const byProcess = open('process')
    byProcess.hosts.add(plans(0, 1))
    const byThread = open('thread')
    byThread.hosts.add(plans(0, 1))
    for (const what of ['pause', 'resume', 'kill'] as const) {
      byProcess.hosts.handle(1, what)
      byThread.hosts.handle(1, what)
    }
    assert.deepEqual(
      byProcess.children.map(({ signals, sent }) => [signals, sent]),
      [
        [[], []],
        [['SIGSTOP', 'SIGCONT', 'SIGKILL'], []],
      ],
    )
    const [host] = byThread.children
    assert.deepEqual(host!.signals, [])
    assert.deepEqual(
      host!.sent,
      ['pause', 'resume', 'kill'].map((type) => ({ worker: 1, message: { type } })),
    )
  })

  test('nothing happens to a worker that is not there', () => {
    const { hosts, events } = open('process')
    hosts.send(9, { type: 'start', startNs: 1 })
    hosts.handle(9, 'kill')
    assert.deepEqual(events, [])
  })

  test('what they say comes with its worker, what they use with their number, what they print line by line', async () => {
    const { hosts, children, events } = open('process')
    hosts.add(plans(5, 6))
    children[1]!.emit('message', { worker: 6, message: { type: 'ready' } })
    children[1]!.emit('message', { type: 'usage', atNs: 1, cpuMs: 2, rssBytes: 3 })
    children[0]!.stderr.write('one\n\n  \ntwo\n')
    await new Promise(setImmediate)
    assert.deepEqual(events, [
      ['message', 6, 'ready'],
      ['usage', 1, 1, 2, 3],
      ['log', 'one'],
      ['log', 'two'],
    ])
  })
})

describe('a host that ends', () => {
  test('while it starts, by itself or by a signal: its workers are lost, and why', () => {
    for (const [code, signal, reason] of [
      [134, null, 'load host ended with exit code 134'],
      [0, null, 'load host ended with exit code 0'],
      [null, 'SIGSEGV', 'load host ended with signal SIGSEGV'],
    ] as const) {
      const { hosts, children, events } = open('thread')
      hosts.add(plans(0, 1))
      children[0]!.end(code, signal)
      assert.deepEqual(events, [['lost', [0, 1], reason]])
      // A message to it would throw where its channel is closed.
      hosts.send(0, { type: 'start', startNs: 1 })
      assert.deepEqual(children[0]!.sent, [])
    }
  })

  test('loses those alone that were not done, or had told their error', () => {
    const { hosts, children, events } = open('thread')
    hosts.add(plans(0, 1, 2))
    children[0]!.emit('message', { worker: 0, message: { type: 'done', report: {} } })
    children[0]!.emit('message', { worker: 2, message: { type: 'error', message: 'no', hint: null } })
    children[0]!.end(1)
    assert.deepEqual(events.at(-1), ['lost', [1], 'load host ended with exit code 1'])
  })

  test('when all its workers are done loses nobody', () => {
    const { hosts, children, events } = open('process')
    hosts.add(plans(0))
    children[0]!.emit('message', { worker: 0, message: { type: 'done', report: {} } })
    children[0]!.end(0)
    assert.deepEqual(events, [['message', 0, 'done']])
  })

  test('before it began, for want of processes or memory: its workers are lost at once, not when their time is over', async () => {
    const { hosts, children, events } = open('process')
    hosts.add(plans(4))
    // As Node does it: no exit follows.
    Object.assign(children[0]!, { pid: undefined, connected: false, exitCode: -11 })
    children[0]!.emit('error', new Error('spawn node EAGAIN'))
    assert.deepEqual(events, [['lost', [4], 'load host could not be started: spawn node EAGAIN']])
    await hosts[Symbol.asyncDispose]()
    assert.deepEqual(children[0]!.signals, [])
  })

  test('an error of one that runs is logged; it may live on', () => {
    const { hosts, children, events } = open('process')
    hosts.add(plans(4))
    children[0]!.emit('error', new Error('kill EPERM'))
    assert.deepEqual(events, [['log', 'load host: kill EPERM']])
  })
})

describe('the end of all hosts', () => {
  test('they are told by their channel, and nobody is lost', async () => {
    const { hosts, children, events } = open('process')
    hosts.add(plans(0, 1))
    for (const child of children) child.once('disconnect', () => child.end(1))
    await hosts[Symbol.asyncDispose]()
    assert.deepEqual(
      children.map(({ signals }) => signals),
      [[], []],
    )
    assert.deepEqual(events, [])
    // Once more is nothing more.
    await hosts[Symbol.asyncDispose]()
  })

  test('one that does not heed it is killed a second later', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const { hosts, children } = open('process')
    hosts.add(plans(0))
    const closing = hosts[Symbol.asyncDispose]()
    mock.timers.tick(999)
    assert.deepEqual(children[0]!.signals, [])
    mock.timers.tick(1)
    assert.deepEqual(children[0]!.signals, ['SIGKILL'])
    children[0]!.end(null, 'SIGKILL')
    await closing
    mock.timers.reset()
  })
})
