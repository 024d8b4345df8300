import { parentPort } from 'node:worker_threads'
import type { ToWorker } from './protocol.ts'
import { serveWorker } from './worker.ts'

/** Entry of a worker thread: one worker behind the parent port. */
const port = parentPort
if (!port) throw new Error('not a worker thread')
// A stopped process does nothing at all, and neither does this thread until its host sets the flag.
port.on('message', (message: ToWorker | { type: 'pause'; flag: Int32Array }) => {
  if (message.type === 'pause') Atomics.wait(message.flag, 0, 0)
})
await serveWorker({
  send: (message) => port.postMessage(message),
  onMessage: (listener) =>
    port.on('message', (message: ToWorker | { type: 'pause' }) => {
      if (message.type !== 'pause') listener(message)
    }),
})
port.close()
