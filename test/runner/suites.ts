import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files with clusters that measure how long something takes, or count what the whole machine has: nothing else runs beside them. */
const sensitive: readonly string[] = ['failover', 'faults-network', 'providers-mock'].map(
  (name) => `test/cluster/${name}.test.ts`,
)

/** Whole lists: every version, every login, kinds of cluster that few have, every page in both themes. `npm run test:more`. */
const lists: readonly string[] = [
  ...['faults-zookeeper', 'large-cluster', 'rebalance', 'secure-layouts', 'unclean', 'versions'],
].map((name) => `test/cluster/${name}.test.ts`)
const pages: readonly string[] = ['accessibility', 'screenshots'].map((name) => `test/browser/${name}.test.ts`)

/** Test files of one phase; `atOnce` of them run at the same time. */
export interface Phase {
  name: string
  files: readonly string[]
  atOnce: number
  timeoutMs: number
  /** Several of its files share a process. */
  grouped: boolean
}

const minute = 60_000

/** The phases of `check` (no cluster, no command line), `all`, `more` (lists beside them) and `long`; paths are from the package's root: test/unit/docs.test.ts. */
export function phasesOf(suite: string, files: readonly string[], processors: number): Phase[] {
  const under = (...folders: string[]) =>
    files.filter((file) => folders.some((each) => file.startsWith(`test/${each}/`)))
  const minutes = { timeoutMs: 15 * minute, grouped: false }
  const unit: Phase = {
    // One more than processors: some tests wait for a time-out.
    ...{
      name: 'unit',
      files: under('unit'),
      atOnce: Math.max(2, processors) + 1,
      timeoutMs: 5 * minute,
      grouped: true,
    },
  }
  // Apart from the clusters: they tell by times that a Ctrl-C is heeded, and brokers that start take all processors for seconds. Three, for
  // most of them wait for a load of next to nothing.
  const light: Phase = {
    name: 'command line and browser',
    files: under('cli', 'browser').filter((file) => !pages.includes(file)),
    atOnce: 3,
    ...minutes,
  }
  const inCluster = (is: (file: string) => boolean) => under('cluster').filter(is)
  const name = 'clusters, two at a time'
  const isOther = (file: string) => !sensitive.includes(file) && !lists.includes(file)
  const clusters: Phase = { name, files: inCluster(isOther), atOnce: 2, ...minutes }
  const timed = inCluster((file) => sensitive.includes(file))
  const alone: Phase = { name: 'clusters, one at a time', files: timed, atOnce: 1, ...minutes }
  const more: Phase = { name, files: inCluster((file) => lists.includes(file)), atOnce: 2, ...minutes }
  const allPages: Phase = {
    name: 'pages',
    files: under('browser').filter((file) => pages.includes(file)),
    atOnce: 2,
    ...minutes,
  }
  const phases: Record<string, Phase[]> = {
    check: [unit],
    all: [unit, light, clusters, alone],
    more: [more, allPages],
    long: [{ name: 'long', files: under('long'), atOnce: 1, timeoutMs: Number.POSITIVE_INFINITY, grouped: false }],
  }
  const found = phases[suite]
  if (!found) throw new Error(`there is no suite "${suite}", one of: ${Object.keys(phases).join(', ')}`)
  return found.filter((phase) => phase.files.length > 0)
}

/** Every test file that there is, in order. From the sources: what was compiled before may be of a file that is gone. */
export function testFiles(root: string): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => `test/${path}`)
    .sort()
}

/** What a test file does to its whole process, so that it shares it with no other: variables, clocks, the current folder. */
const changesProcess =
  /process\.env(\.\w+|\[[^\]]+\])? ?=[^=]|Object\.assign\(process\.env|process\.chdir\(|mock\.timers/

export const needsOwnProcess = (source: string): boolean => changesProcess.test(source)

/** Divides files into `count` groups of about the same size, those that need a process of their own apart. */
export function groupsOf(
  root: string,
  files: readonly string[],
  count: number,
): { groups: string[][]; alone: string[] } {
  const alone = files.filter((file) => needsOwnProcess(readFileSync(join(root, file), 'utf8')))
  const groups: string[][] = Array.from({ length: count }, () => [])
  for (const [at, file] of files.filter((each) => !alone.includes(each)).entries()) groups[at % count]!.push(file)
  return { groups: groups.filter((group) => group.length > 0), alone }
}
