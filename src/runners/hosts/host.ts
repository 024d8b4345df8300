import { Worker } from 'node:worker_threads'
import { nowNs } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { FromHost, FromWorker, Handling, ToHost, ToWorker } from './protocol.ts'
import { leaveSignalsToSupervisor } from './signals.ts'
import { serveWorker } from './worker.ts'

/**
 * Entry of a load host, a forked process. Workers whose driver is safe in threads get a thread each; others run here, alone.
 * A host whose supervisor is gone ends immediately.
 */
const isolation = process.argv[2]
const threads = new Map<number, Worker>()
/** A paused thread waits on its flag. */
const paused = new Map<number, Int32Array>()
let inline: ((message: ToWorker) => void) | null = null

const send = (message: FromHost) => {
  // A supervisor that has just gone is no error of this host's: 'disconnect' ends it.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

process.on('disconnect', () => process.exit(1))
leaveSignalsToSupervisor()

process.on('message', ({ worker, message }: ToHost) => {
  if (message.type === 'init') begin(worker)
  if (message.type === 'kill' || message.type === 'pause' || message.type === 'resume') {
    handle(worker, message.type)
    return
  }
  if (isolation === 'thread') threads.get(worker)?.postMessage(message)
  else inline?.(message)
})

setInterval(() => {
  const { user, system } = process.cpuUsage()
  send({ type: 'usage', atNs: nowNs(), cpuMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() })
}, 1000).unref()

function begin(worker: number): void {
  const reply = (message: FromWorker) => send({ worker, message })
  if (isolation !== 'thread') {
    void serveWorker({
      send: reply,
      onMessage: (listener) => {
        inline = listener
      },
    })
    return
  }
  const thread = new Worker(new URL(`./thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url))
  threads.set(worker, thread)
  thread.on('message', reply)
  thread.on('error', (error) => reply({ type: 'error', message: `worker thread: ${messageOf(error)}`, hint: null }))
}

/** What happens to a thread from outside; a process of its own gets signals instead. */
function handle(worker: number, what: Handling['type']): void {
  const thread = threads.get(worker)
  if (what === 'resume') {
    const flag = paused.get(worker)
    paused.delete(worker)
    if (!flag) return
    Atomics.store(flag, 0, 1)
    Atomics.notify(flag, 0)
  } else if (what === 'pause') {
    const flag = new Int32Array(new SharedArrayBuffer(4))
    paused.set(worker, flag)
    thread?.postMessage({ type: 'pause', flag })
  } else {
    void thread?.terminate().then(() => send({ worker, message: { type: 'error', message: 'killed', hint: null } }))
  }
}
