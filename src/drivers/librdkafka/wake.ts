import { readSync } from 'node:fs'
import koffi from 'koffi'
import type { Address, Calls } from './calls.ts'

/** Where there is nothing to be woken by, queues are looked at so often, ms; up to as much is added to a latency. */
const pollMs = 1

/** Calls back, in this thread's event loop, when a queue that was empty has something: no other thread touches JavaScript. */
export interface Wake {
  watch(queue: Address): void
  /** The queues must still be there. */
  close(): void
}

/** eventfd(2) flags. */
const nonBlocking = 0o4000
const closeOnExec = 0o2000000

export function createWake(calls: Calls, woken: () => void): Wake {
  return process.platform === 'linux' ? byEventFd(calls, woken) : byTimer(woken)
}

/** The library writes to the descriptor once for each time that the queue is looked at and found empty. */
function byEventFd(calls: Calls, woken: () => void): Wake {
  const libc = koffi.load(null)
  const fd: number = libc.func('eventfd', 'int', ['uint', 'int'])(0, nonBlocking | closeOnExec)
  if (fd < 0) throw new Error(`eventfd: errno ${koffi.errno()}`)
  const one = Buffer.from(new BigUint64Array([1n]).buffer)
  const count = Buffer.alloc(8)
  const handle = koffi.node.poll(fd, { readable: true }, () => {
    try {
      // What is written from here on is another reason to wake up.
      readSync(fd, count)
    } catch {
      return // somebody has read it: nothing new
    }
    woken()
  })
  const watched: Address[] = []
  let isClosed = false
  return {
    watch(queue) {
      calls.notify(queue, fd, one, one.length)
      watched.push(queue)
      // What was there before was never reported, and what comes behind it gives no event either.
      setImmediate(() => {
        if (!isClosed) woken()
      })
    },
    close() {
      isClosed = true
      for (const queue of watched) calls.notify(queue, -1, null, 0)
      handle.close()
      libc.func('close', 'int', ['int'])(fd)
    },
  }
}

function byTimer(woken: () => void): Wake {
  const timer = setInterval(woken, pollMs)
  return { watch() {}, close: () => clearInterval(timer) }
}
