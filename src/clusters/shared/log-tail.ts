/** Log4j's levels, and the first lines of Java's stack traces. */
const isRelevant = (line: string): boolean =>
  /\b(ERROR|FATAL)\b/.test(line) || /^(Caused by: |Exception in thread |[\w.$]+(Exception|Error)\b)/.test(line)

/**
 * At most `count` lines that say why a broker ended: its last ones, and before them, after those that led to its end, its last errors and
 * their causes. A broker that fails shuts down in order, which fills the end of its log with anything but the reason. Pure.
 */
export function relevantLines(log: string, count = 25): string[] {
  // No further back: the same file holds earlier starts.
  const lines = log.trimEnd().split('\n').slice(-400)
  const room = Math.floor(count / 3)
  const before = lines.slice(0, -count).filter(isRelevant)
  // What it logs last of all may be an error as well, and say no more than that it ends.
  const errors = (lines.slice(-count).some(isRelevant) ? before : lines.filter(isRelevant)).slice(-room)
  return errors.length === 0 ? lines.slice(-count) : [...errors, '…', ...lines.slice(errors.length + 1 - count)]
}
