import type { Clock } from '../base/clock.ts'
import type { Fact } from '../contracts/facts.ts'
import type { VariantPlan } from '../contracts/plan.ts'
import { decodeFact, encodeFact } from './codec.ts'
import type { Spill } from './history.ts'
import { createSums, type Sums } from './sums.ts'

/** A variant while it runs: facts go in, one fold of them comes out. Nothing is kept but the sums; the lines go to the journal. */
export interface Recording {
  readonly plan: VariantPlan
  readonly sums: Sums
  /** The fold sees what a reader of the journal will see: the decoded form. */
  append(fact: Fact): void
  subscribe(each: (fact: Fact, sums: Sums) => void): Disposable
  /**
   * The one way to wait for something to happen. Resolves with 'yes' as soon as the predicate holds (asked after each fact), with
   * 'deadline' at `atNs`, with 'aborted' when the signal is.
   */
  until(
    holds: (sums: Sums) => boolean,
    by: { atNs: number; signal?: AbortSignal },
  ): Promise<'yes' | 'deadline' | 'aborted'>
}

export function createRecording(
  plan: VariantPlan,
  clock: Clock,
  write: (line: string) => void,
  spill?: Spill,
): Recording {
  const sums = createSums(plan, spill)
  const listeners = new Set<(fact: Fact, sums: Sums) => void>()
  return {
    plan,
    sums,
    append(fact) {
      const line = encodeFact(fact)
      write(line)
      const decoded = decodeFact(line)
      sums.add(decoded)
      for (const listener of [...listeners]) listener(decoded, sums)
    },
    subscribe(each) {
      listeners.add(each)
      return { [Symbol.dispose]: () => void listeners.delete(each) }
    },
    async until(holds, { atNs, signal }) {
      if (holds(sums)) return 'yes'
      if (signal?.aborted) return 'aborted'
      const over = new AbortController()
      const wake = () => over.abort()
      const listener = () => {
        if (holds(sums)) over.abort()
      }
      listeners.add(listener)
      signal?.addEventListener('abort', wake, { once: true })
      try {
        await clock.sleepUntil(atNs, over.signal)
      } finally {
        listeners.delete(listener)
        signal?.removeEventListener('abort', wake)
      }
      if (holds(sums)) return 'yes'
      return signal?.aborted ? 'aborted' : 'deadline'
    },
  }
}
