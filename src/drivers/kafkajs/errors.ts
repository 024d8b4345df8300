import { refusals } from '../_refusals.ts'

/** A rejected send of kafkajs: the code to show, and what became of its records. */
export interface SendFailure {
  code: string
  kind: 'failed' | 'unknown'
}

/**
 * A send over several partitions rejects as a whole although some brokers may have appended their part, and earlier
 * attempts of a retried one may have got through. So only a definite refusal of one partition's only batch is `failed`.
 */
export function classifySend(error: unknown, partitions: number, acks: 0 | 1 | 'all'): SendFailure {
  const root = rootCause(error)
  const code = codeOf(root)
  const definite = refusals.has(code) || code === 'KbenchNeverSent'
  return { code, kind: definite && partitions === 1 && acks !== 0 ? 'failed' : 'unknown' }
}

/** KafkaJSNumberOfRetriesExceeded and friends carry what really happened as their cause. */
function rootCause(error: unknown): unknown {
  let current = error
  for (let depth = 0; depth < 5; depth++) {
    const cause = (current as { cause?: unknown } | null)?.cause
    if (!(cause instanceof Error)) break
    current = cause
  }
  return current
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const type = (error as { type?: unknown }).type
  return typeof type === 'string' ? type : error.name
}
