import type { Clock } from '../../src/contracts/api.ts'

/** A clock that stands still until everything that could run has run, then jumps to whatever is due next. */
export interface FakeClock extends Clock {
  /** Does something at a moment, in order of time, then of asking. Returns how to call it off. */
  at(atNs: number, action: () => void): () => void
  /** From now on it is `ns` later, as after work that holds the event loop: what was due meanwhile comes late. */
  advance(ns: number): void
  /** Runs until `work` settled. Throws when nothing is due and it never will. */
  run<T>(work: Promise<T>): Promise<T>
  /** How many actions are still to come. */
  pending(): number
}

interface Entry {
  atNs: number
  order: number
  action: (() => void) | null
}

export function createFakeClock(startNs = 1e12): FakeClock {
  let nowNs = startNs
  let order = 0
  let live = 0
  const heap: Entry[] = []

  const isBefore = (a: Entry, b: Entry) => a.atNs < b.atNs || (a.atNs === b.atNs && a.order < b.order)

  function push(entry: Entry): void {
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  function pop(): Entry | undefined {
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }

  const take = (entry: Entry): (() => void) | null => {
    const { action } = entry
    entry.action = null
    if (action !== null) live--
    return action
  }

  const clock: FakeClock = {
    nowNs: () => nowNs,
    pending: () => live,
    at(atNs, action) {
      const entry: Entry = { atNs: Math.max(atNs, nowNs), order: order++, action }
      live++
      push(entry)
      return () => void take(entry)
    },
    advance(ns) {
      nowNs += ns
    },
    sleepUntil: (atNs, signal) => sleep(clock, atNs, signal),
    run(work) {
      return new Promise((resolve, reject) => {
        let settled = false
        const end = () => {
          settled = true
        }
        work.then(end, end)
        const step = () => {
          while (heap[0] && heap[0].action === null) pop()
          // What is due in the same moment still runs.
          if (settled && !(heap[0] && heap[0].atNs <= nowNs)) {
            resolve(work)
            return
          }
          const next = pop()
          if (!next) {
            reject(new Error(`at ${nowNs} nothing is due, and the work has not ended`))
            return
          }
          nowNs = Math.max(nowNs, next.atNs)
          try {
            take(next)!()
          } catch (error) {
            reject(error)
            return
          }
          setImmediate(step)
        }
        setImmediate(step)
      })
    },
  }
  return clock
}

/** As the system's clock sleeps: until a moment, or until aborted; nothing is left behind then. */
export function sleep(clock: Pick<FakeClock, 'at' | 'nowNs'>, atNs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      clock.at(clock.nowNs(), resolve)
      return
    }
    const callOff = clock.at(atNs, () => {
      signal?.removeEventListener('abort', wake)
      resolve()
    })
    const wake = () => {
      callOff()
      clock.at(clock.nowNs(), resolve)
    }
    signal?.addEventListener('abort', wake, { once: true })
  })
}
