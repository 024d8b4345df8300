import { plain } from '../../reports/_text.ts'
import type { Check, Level } from '../../runners/doctor/check.ts'

const levels: readonly Level[] = ['failure', 'warning', 'unknown', 'ok']
const colours: Readonly<Record<Level, number>> = { ok: 32, warning: 33, failure: 31, unknown: 36 }
const width = Math.max(...levels.map((level) => level.length))

/** A line for each check, what to do below it, and at the end how many there are of each level. Ends with a newline. */
export function doctorText(checks: readonly Check[], { colour }: { colour: boolean }): string {
  const painted = (level: Level) => {
    const text = level.padEnd(width)
    return colour ? `\u001b[${colours[level]}m${text}\u001b[39m` : text
  }
  const lines = checks.flatMap(({ level, subject, text, remedy }) => [
    `${painted(level)}  ${plain(subject)}: ${plain(text)}`,
    ...(remedy === null ? [] : [`${' '.repeat(width)}  -> ${plain(remedy)}`]),
  ])
  const counts = levels.map((level) => ({ level, count: checks.filter((check) => check.level === level).length }))
  const summary = counts.filter(({ count }) => count > 0).map(({ level, count }) => `${count} ${nounOf(level, count)}`)
  return [...lines, summary.join(', '), ''].join('\n')
}

const nounOf = (level: Level, count: number): string =>
  (level === 'failure' || level === 'warning') && count !== 1 ? `${level}s` : level
