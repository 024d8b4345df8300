import type { Integrity } from '../contracts/result.ts'

/** What the generator's own health is judged by; µs, records/s, shares. */
export interface GeneratorFacts {
  offeredPerSec: number | null
  sentPerSec: number
  ackedPerSec: number
  /** acked/s in the last third of the warm-up; null = no warm-up, or nothing is acknowledged. */
  warmupAckedPerSec: number | null
  scheduleLagP99Us: number | null
  responseP99Us: number | null
  utilisation: number | null
  /** Workers that ended by themselves, faults that did not happen. */
  lostWorkers: readonly string[]
  negativeLatencies: number
}

export interface GeneratorVerdict {
  /** Reasons why the measurement must not be trusted. */
  invalid: string[]
  /** Results worth a sentence, not faults of the generator. */
  findings: string[]
}

/** How the reason begins when the load before the measure phase was not taken at its rate. */
export const warmupNotSteady = 'warm-up not steady'

const lateWords = 'the generator could not keep to its schedule'
const busyWords = "the client's event loop was the limit"

/** Does this reason say that the generator was the limit (and not that it was lost, or that clocks disagree)? */
export const isClientLimit = (reason: string): boolean => reason.endsWith(lateWords) || reason.endsWith(busyWords)

/** The rules of MEASURING, "When a run is not to be trusted". */
export function judgeGenerator(facts: GeneratorFacts): GeneratorVerdict {
  const invalid = [...facts.lostWorkers]
  const findings: string[] = []
  const { offeredPerSec, sentPerSec, ackedPerSec, warmupAckedPerSec, scheduleLagP99Us } = facts
  const limitUs = Math.max(5000, 0.1 * (facts.responseP99Us ?? 0))
  if (scheduleLagP99Us !== null && scheduleLagP99Us > limitUs) {
    invalid.push(`schedule lag p99 is ${ms(scheduleLagP99Us)}, above ${ms(limitUs)}: ${lateWords}`)
  }
  if (facts.negativeLatencies > 0) invalid.push(`${facts.negativeLatencies} negative latencies: the clocks disagree`)
  const saturated = offeredPerSec !== null && sentPerSec < 0.98 * offeredPerSec
  if (saturated) {
    const text = `sent ${Math.round(sentPerSec)} of ${Math.round(offeredPerSec)} records/s offered`
    if ((facts.utilisation ?? 0) >= 0.9) invalid.push(`${text}: ${busyWords}`)
    else findings.push(`saturated: ${text}`)
  }
  if (offeredPerSec !== null && warmupAckedPerSec !== null) {
    const near = (target: number) => Math.abs(warmupAckedPerSec - target) <= 0.05 * target
    if (!near(offeredPerSec) && !(saturated && near(ackedPerSec))) {
      invalid.push(
        `${warmupNotSteady}: ${Math.round(warmupAckedPerSec)} records/s acknowledged in its last third, ${Math.round(offeredPerSec)} offered`,
      )
    }
  }
  return { invalid, findings }
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(1)} ms`
}

/** violated = lost, corrupt or failed-but-read records; with idempotence also duplicates and reordering. */
export function judgeIntegrity(
  counts: Omit<Integrity, 'verdict' | 'reasons'>,
  idempotence: boolean,
): Integrity['verdict'] {
  const wrong = counts.lost + counts.corrupt + counts.failedButRead
  const twisted = idempotence ? counts.duplicated + counts.reordered : 0
  return wrong + twisted > 0 ? 'violated' : 'ok'
}
