import { messageOf } from '../base/errors.ts'

/** Kafka's name of a broker's refusal; null = it was none. */
export const typeOf = (error: unknown): string | null => (error as { type?: string } | null)?.type ?? null

/** Of several errors the first. */
export function rootMessage(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return messageOf(first)
}
