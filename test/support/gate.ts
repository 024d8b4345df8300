import type { FromWorker, ToWorker } from '../../src/runners/hosts/protocol.ts'
import { type FakeClock, sleep } from './fake-clock.ts'

/**
 * A worker as its surroundings see it: it can be frozen (nothing runs in it until it thaws, then everything that was due, in order),
 * dead (nothing ever runs again) or mute (it runs, and nothing that it sends arrives).
 */
export interface Gate {
  clock: FakeClock
  freeze(): void
  thaw(): void
  kill(): void
  mute(): void
  isDead(): boolean
  /** To the worker. */
  deliver(message: ToWorker): void
  onMessage(listener: (message: ToWorker) => void): void
  /** From the worker, as a copy. */
  send(message: FromWorker): void
}

export function createGate(clock: FakeClock, arrive: (message: FromWorker) => void): Gate {
  let frozen = false
  let dead = false
  let muted = false
  let held: (() => void)[] = []
  const coming = new Set<() => void>()
  let listener: (message: ToWorker) => void = () => {}
  const run = (action: () => void) => {
    if (dead) return
    if (frozen) held.push(action)
    else action()
  }
  const own: FakeClock = {
    ...clock,
    at(atNs, action) {
      let isOff = false
      const callOff = clock.at(atNs, () => {
        coming.delete(off)
        run(() => isOff || action())
      })
      const off = () => {
        isOff = true
        coming.delete(off)
        callOff()
      }
      coming.add(off)
      return off
    },
    sleepUntil: (atNs, signal) => sleep(own, atNs, signal),
  }
  return {
    clock: own,
    freeze() {
      frozen = true
    },
    thaw() {
      if (!frozen) return
      frozen = false
      const waiting = held
      held = []
      for (const action of waiting) clock.at(clock.nowNs(), () => run(action))
    },
    kill() {
      dead = true
      held = []
      for (const off of [...coming]) off()
    },
    mute() {
      muted = true
    },
    isDead: () => dead,
    deliver: (message) => void clock.at(clock.nowNs(), () => run(() => listener(structuredClone(message)))),
    onMessage(each) {
      listener = each
    },
    send(message) {
      if (!dead && !muted) arrive(structuredClone(message))
    },
  }
}
