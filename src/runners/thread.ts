import { parentPort } from 'node:worker_threads'
import type { ToWorker } from './protocol.ts'
import { serveWorker } from './worker.ts'

/** Entry of a worker thread: one worker behind the parent port. */
const port = parentPort
if (!port) throw new Error('not a worker thread')
await serveWorker({
  send: (message) => port.postMessage(message),
  onMessage: (listener) => port.on('message', (message: ToWorker) => listener(message)),
})
port.close()
