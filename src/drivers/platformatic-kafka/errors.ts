import { messageOf } from '../../base/errors.ts'
import { refusals } from '../_refusals.ts'
import type { ProduceResult } from './types.ts'

/** A rejected send of @platformatic/kafka: the code to show, and what became of the records that no broker said yes to. */
export interface SendFailure {
  code: string
  kind: 'failed' | 'unknown'
  /** Partitions that were appended all the same: a send over several brokers reports those that succeeded. */
  offsets: NonNullable<ProduceResult['offsets']>
}

/**
 * The error holds what every attempt met, nested. `failed` only where each of them was a definite refusal of one partition's only
 * batch: a request that was cut off or timed out may have been appended.
 */
export function classifySend(error: unknown, partitions: number, acks: 0 | 1 | 'all'): SendFailure {
  const leaves = leavesOf(error)
  const codes = leaves.map(codeOf)
  const definite = codes.length > 0 && codes.every((code) => refusals.has(code))
  return {
    code: codes.at(-1) ?? codeOf(error),
    kind: definite && partitions === 1 && acks !== 0 ? 'failed' : 'unknown',
    offsets: (error as { produced?: ProduceResult } | null)?.produced?.offsets ?? [],
  }
}

/** What happened, in the order of the attempts: aggregates hold one error per attempt, broker or partition. */
function leavesOf(error: unknown): unknown[] {
  const { errors } = (error ?? {}) as { errors?: readonly unknown[] }
  if (!Array.isArray(errors)) return [error]
  // Brokers that said yes leave holes.
  return errors.filter((each) => each !== null && each !== undefined).flatMap(leavesOf)
}

/** For people: what happened in the end, and the client's own words around it. */
export function describeError(error: unknown): string {
  const last = leavesOf(error).at(-1)
  return last === error ? messageOf(error) : `${messageOf(error)}: ${codeOf(last)}, ${messageOf(last)}`
}

/** Kafka's name of a broker's error; the client's class for its own: NetworkError and TimeoutError share one code. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { apiId } = error as { apiId?: unknown }
  return typeof apiId === 'string' ? apiId : error.constructor.name
}
