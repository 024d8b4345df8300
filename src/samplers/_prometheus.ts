/** One line of Prometheus' text format (version 0.0.4); its timestamp, where it has one, is left out. */
export interface PrometheusSample {
  name: string
  labels: Readonly<Record<string, string>>
  /** May be NaN or infinite. */
  value: number
}

/** A longer line is skipped, whatever it says. */
const longestLine = 64 * 1024

/**
 * The samples of a text whose names match `wanted`, one at a time; lines that are none are skipped. The last line counts only with its end: of an
 * answer that was cut off it may be half a number. Kept here because the parsers on npm build every family of a scrape in memory, and a broker with
 * thousands of partitions has megabytes of which a dozen lines matter.
 */
export function* prometheusSamples(text: string, wanted: RegExp): Generator<PrometheusSample> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from)
    if (end < 0) return
    const line = end - from > longestLine ? '' : text.slice(from, end)
    from = end + 1
    if (line === '' || line.startsWith('#')) continue
    const name = /^[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)/.exec(line)
    if (!name || !wanted.test(name[1]!)) continue
    const sample = sampleOf(name[1]!, line, name[0].length)
    if (sample) yield sample
  }
}

function sampleOf(name: string, line: string, after: number): PrometheusSample | null {
  const brace = /^[ \t]*\{/.exec(line.slice(after))
  const read = brace ? labelsIn(line, after + brace[0].length) : { labels: {}, next: after }
  if (read === null) return null
  const [, value] = /^[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t]*$/.exec(` ${line.slice(read.next)}`) ?? []
  const number = value === undefined ? null : numberOf(value)
  return number === null ? null : { name, labels: read.labels, value: number }
}

/** The labels from `at`, which is behind the brace; null where they are torn. */
function labelsIn(line: string, at: number): { labels: Record<string, string>; next: number } | null {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>
  const label = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,?)/y
  label.lastIndex = at
  let next = at
  for (let found = label.exec(line); found; found = label.exec(line)) {
    labels[found[1]!] = unescaped(found[2]!)
    next = label.lastIndex
    if (found[3] === '') break
  }
  const end = /^[ \t]*\}/.exec(line.slice(next))
  return end ? { labels, next: next + end[0].length } : null
}

const escapes: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' }
const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (whole, character: string) => escapes[character] ?? whole)

/** Go's numbers: 1, -1.5e3, NaN, +Inf, -Inf; null = none. */
function numberOf(text: string): number | null {
  if (text === 'NaN') return Number.NaN
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : null
}
