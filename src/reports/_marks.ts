import type { Status, Variant } from '../contracts/result.ts'
import { inOrder } from '../judge/finding-texts.ts'
import { findingsOf } from '../judge/upgrade.ts'
import { cut, plain } from './_text.ts'

const textAtMost = 160

/** What to write wherever numbers of a variant are drawn that are not those of a valid one; null = it is valid. */
export function variantMark(variant: Variant): string | null {
  const words = markWords(variant)
  if (words === null) return null
  const first = inOrder(findingsOf(variant)).find(({ level }) => level === variant.status)
  const isReason = first !== undefined && variant.integrity.verdict !== 'violated' && first.text !== variant.status
  return cut(plain(isReason ? `${words.toUpperCase()}: ${first.text}` : words.toUpperCase()), textAtMost)
}

/** The same in a word or two: "invalid", "integrity violated". */
export function markWords({ status, integrity }: Variant): string | null {
  if (integrity.verdict === 'violated') return status === 'ok' ? 'integrity violated' : `${status}, integrity violated`
  return status === 'ok' ? null : status
}

/** Which of several variants in one chart are not valid, in a line; null = all are. */
export function variantsMark(variants: readonly Variant[], labels: readonly string[]): string | null {
  const marked = variants.flatMap((variant, at) => {
    const words = markWords(variant)
    return words === null ? [] : [`${labels[at]} ${words}`]
  })
  return marked.length === 0 ? null : cut(plain(`NOT VALID: ${marked.join(', ')}`), textAtMost)
}

/** Repetitions in a chart of medians: those that failed are not in it, invalid ones are. */
export function repetitionsMark(variants: readonly Variant[]): string | null {
  const count = (...statuses: Status[]) => variants.filter(({ status }) => statuses.includes(status)).length
  const invalid = count('invalid')
  const absent = count('failed', 'interrupted')
  const parts = [
    ...(invalid > 0 ? [`${invalid} invalid`] : []),
    ...(absent > 0 ? [`${absent} failed or interrupted and not drawn`] : []),
  ]
  return parts.length === 0 ? null : `NOT ALL VALID: of ${variants.length} repetitions ${parts.join(', ')}`
}
