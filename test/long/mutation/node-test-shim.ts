import { mock } from 'node:test'

// What the unit tests use of node:test, as a list of functions: the mutation run calls them again and again within one process.

type Run = (t: TestContext) => unknown
type Hook = () => unknown
interface Options {
  skip?: boolean | string
  todo?: boolean | string
}

export interface TestContext {
  name: string
  mock: typeof mock
  after(hook: Hook): void
  skip(): void
  diagnostic(): void
  test(name: string, run: Run): Promise<void>
}

/** A test with the hooks around it; `run` rejects where it fails. */
export interface RegisteredTest {
  id: string
  file: string
  run(): Promise<void>
}

interface Suite {
  path: readonly string[]
  before: Hook[]
  after: Hook[]
  beforeEach: Hook[]
  afterEach: Hook[]
  parent: Suite | null
}

const suiteOf = (path: readonly string[], parent: Suite | null): Suite => ({
  ...{ path, parent, before: [], after: [], beforeEach: [], afterEach: [] },
})

let suite = suiteOf([], null)
let file = ''
const tests: RegisteredTest[] = []
const ids = new Map<string, number>()

/** Every test of the files that `load` imports, in order, under names that are unique and stable. */
export async function collect(files: readonly string[], load: (file: string) => Promise<unknown>) {
  for (const each of files) {
    file = each
    suite = suiteOf([each], null)
    await load(each)
  }
  return tests
}

function uniqueId(path: readonly string[]): string {
  const name = path.join(' > ')
  const count = (ids.get(name) ?? 0) + 1
  ids.set(name, count)
  return count === 1 ? name : `${name} #${count}`
}

const lineage = (of: Suite | null): Suite[] => (of === null ? [] : [...lineage(of.parent), of])

/** Hooks for the whole suite run around each of its tests, so that a test can run without the others. */
async function runTest(name: string, within: readonly Suite[], run: Run): Promise<void> {
  const last: Hook[] = []
  try {
    for (const { before, beforeEach } of within) for (const hook of [...before, ...beforeEach]) await hook()
    await run(contextOf(name, last))
  } finally {
    const ends = [...within].reverse().flatMap(({ after, afterEach }) => [...afterEach, ...after])
    for (const hook of [...last.reverse(), ...ends]) await hook()
    mock.reset()
  }
}

const contextOf = (name: string, last: Hook[]): TestContext => ({
  name,
  mock,
  after: (hook) => void last.push(hook),
  skip: () => {},
  diagnostic: () => {},
  test: async (inner, run) => runTest(inner, [], run),
})

function argumentsOf<F>(given: readonly unknown[]): { name: string; options: Options; run: F | undefined } {
  const name = given.find((each) => typeof each === 'string')
  const options = given.find((each) => typeof each === 'object' && each !== null)
  const run = given.find((each) => typeof each === 'function')
  return { name: (name as string | undefined) ?? '', options: (options as Options | undefined) ?? {}, run: run as F }
}

export function test(...given: unknown[]): void {
  const { name, options, run } = argumentsOf<Run>(given)
  if (run === undefined || options.skip || options.todo) return
  const within = lineage(suite)
  const id = uniqueId([...suite.path, name])
  tests.push({ id, file, run: () => runTest(name, within, run) })
}

export function describe(...given: unknown[]): void {
  const { name, options, run } = argumentsOf<Hook>(given)
  if (run === undefined || options.skip || options.todo) return
  const outer = suite
  suite = suiteOf([...outer.path, name], outer)
  try {
    run()
  } finally {
    suite = outer
  }
}

export const it = test
export const before = (hook: Hook) => void suite.before.push(hook)
export const after = (hook: Hook) => void suite.after.push(hook)
export const beforeEach = (hook: Hook) => void suite.beforeEach.push(hook)
export const afterEach = (hook: Hook) => void suite.afterEach.push(hook)
export { mock }
