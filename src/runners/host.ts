import { Worker } from 'node:worker_threads'
import { nowNs } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { FromHost, FromWorker, ToHost, ToWorker } from './protocol.ts'
import { serveWorker } from './worker.ts'

/**
 * Entry of a load host, a forked process. Workers whose driver is safe in threads get a thread each; others run here, alone.
 * A host whose supervisor is gone ends at once.
 */
const isolation = process.argv[2]
const threads = new Map<number, Worker>()
let inline: ((message: ToWorker) => void) | null = null

const send = (message: FromHost) => {
  if (process.connected) process.send?.(message)
}

process.on('disconnect', () => process.exit(1))
// Ctrl-C reaches the whole process group; the supervisor says when a host has to end.
process.on('SIGINT', () => {})

process.on('message', ({ worker, message }: ToHost) => {
  if (message.type === 'init') begin(worker)
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
