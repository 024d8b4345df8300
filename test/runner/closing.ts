const countLine = /^(?:# |ℹ )(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/

export type Counts = Record<string, number>

/** The runner's own closing count on this line; null = it is another line. */
export function countOn(line: string): [name: string, count: number] | null {
  const match = countLine.exec(line)
  return match ? [match[1]!, Number(match[2])] : null
}

export function addCounts(into: Counts, [name, count]: [string, number]): void {
  into[name] = (into[name] ?? 0) + count
}

/** The closing lines as the runner prints them. */
export const closingLines = (counts: Counts): string[] =>
  Object.entries(counts).map(([name, count]) => `ℹ ${name} ${Number(count.toFixed(3))}`)

/**
 * Compiled files of the failures that the runner lists at its end: a line "test at <file>:<line>:<column>", then one with the name.
 * A file that could not be loaded, or did not end in time, is known in a group by its name alone.
 */
export function failedFiles(listed: readonly string[]): string[] {
  const files = listed.flatMap((line, at) => {
    const file = /^test at (.+):\d+:\d+$/.exec(line)?.[1]
    if (!file) return []
    if (!/\/(groups|runner)\//.test(file)) return [file]
    const source = /^✖ (test\/\S+)\.ts /.exec(listed[at + 1] ?? '')?.[1]
    return [source ? `dist/${source}.js` : file]
  })
  return [...new Set(files)].sort()
}
