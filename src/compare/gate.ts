import { KbenchError } from '../base/errors.ts'
import { directionOf } from './metric.ts'
import type { Subject } from './subjects.ts'
import { acksOf, needsAcks } from './used-settings.ts'

/**
 * Throws a usage error for a gate that the user named and that cannot fail. That is a number that is neither good nor
 * bad, or one that acks 0 does not have.
 */
export function assertGate(pairs: readonly (readonly [Subject, Subject])[], gate: readonly string[] | null): void {
  for (const metric of gate ?? []) {
    if (directionOf(metric) === 'neither') {
      throw new KbenchError('usage', `--gate ${metric}: more of it is neither better nor worse, so it cannot fail`, {
        hint: 'show it with --metrics, and gate on a rate, a latency or a lag',
      })
    }
    if (needsAcks(metric) && pairs.every((pair) => pair.some(isUnacked))) {
      throw new KbenchError('usage', `--gate ${metric}: with acks 0 nothing is acknowledged, so it is not measured`, {
        hint: 'gate on what is measured: --gate produce.sentPerSec,consume.receivedPerSec,consume.endToEndUs.p99',
      })
    }
  }
}

/** Whether the producers of a subject waited for nothing. */
export const isUnacked = ({ settings, params, repetitions }: Subject): boolean =>
  acksOf({ params, effectiveConfig: repetitions[0]?.full?.effectiveConfig ?? notReported }, settings) === '0'

const notReported = { producer: null, consumer: null }
