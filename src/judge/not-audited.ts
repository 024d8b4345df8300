import type { Integrity } from '../contracts/result.ts'

/** The verdict on a log that nobody read, and why. */
export function notAudited(reason: string): Integrity {
  return {
    audited: 0,
    auditedMeasure: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    redelivered: 0,
    corrupt: 0,
    failedButRead: 0,
    unknownRead: 0,
    logRecords: 0,
    verdict: 'not-audited',
    reasons: [reason],
  }
}
