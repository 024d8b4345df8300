import { join, relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

/** A reporter for Node's test runner: a line "<ms> <file>" for what each file has at its top, tests and suites. */
export default async function* durations(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of source) {
    if ((type === 'test:pass' || type === 'test:fail') && data.nesting === 0 && data.file !== undefined) {
      yield `${Math.round(data.details.duration_ms)} ${data.file}\n`
    }
  }
}

/** The files that took longest, of such lines: "12.3 s  test/cluster/run.test.ts", paths from `root`. */
export function slowestFiles(lines: readonly string[], root: string, count: number): string[] {
  const ms = new Map<string, number>()
  for (const line of lines) {
    const [, took, path] = /^(\d+) (.+)$/.exec(line) ?? []
    if (took === undefined) continue
    const file = relative(join(root, 'dist'), path!).replace(/\.js$/, '.ts')
    ms.set(file, (ms.get(file) ?? 0) + Number(took))
  }
  return [...ms]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([file, took]) => `${(took / 1000).toFixed(1).padStart(6)} s  ${file}`)
}
