/** One test of a TAP output. */
export interface TapTest {
  /** Names of its suites and its own, with " > " between them. */
  path: string
  outcome: 'ok' | 'not ok' | 'skipped'
  /** What the reporter says of it: the error, where it failed. */
  report: string
  isSuite: boolean
}

/** The tests in the output of Node's tap reporter, in the order in which they ended. */
export function readTap(output: string): TapTest[] {
  const tests: TapTest[] = []
  /** Names of those that have begun, by depth. */
  const open: string[] = []
  let current: { test: TapTest; depth: number } | null = null
  for (const line of output.split('\n')) {
    const indent = /^ */.exec(line)![0].length
    const depth = indent / 4
    // The lines of a report stand two deeper than its test.
    if (current && (indent > current.depth * 4 || line === '')) {
      current.test.report += `${line.slice(current.depth * 4)}\n`
      continue
    }
    current = null
    const begun = /^ *# Subtest: (.*)$/.exec(line)?.[1]
    if (begun !== undefined) {
      open.length = depth
      open.push(unescaped(begun))
      continue
    }
    const ended = /^ *(not ok|ok) \d+ - (.*?)( # (?:SKIP|TODO).*)?$/.exec(line)
    if (!ended) continue
    const path = [...open.slice(0, depth), unescaped(ended[2]!)].join(' > ')
    const isSuite = tests.some((each) => each.path.startsWith(`${path} > `))
    const outcome = ended[3] === undefined ? (ended[1] as 'ok' | 'not ok') : 'skipped'
    const test: TapTest = { path, outcome, report: '', isSuite }
    tests.push(test)
    current = { test, depth }
  }
  return tests
}

const unescaped = (name: string): string => name.replace(/\\([\\#])/g, '$1')
