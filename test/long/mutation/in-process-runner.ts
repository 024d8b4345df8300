import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RegisteredTest } from './node-test-shim.ts'
import { runOne } from './run-one.ts'

// A test runner for StrykerJS that keeps the unit tests loaded in its process and calls only those that reach a mutant: milliseconds each.
// Its types are those of @stryker-mutator/api, which is not among this package's dependencies.

interface Namespace {
  activeMutant?: string | undefined
  currentTestId?: string | undefined
  hitCount?: number | undefined
  hitLimit?: number | undefined
  mutantCoverage?: unknown
}
interface MutantRunOptions {
  testFilter?: readonly string[]
  hitLimit?: number
  activeMutant: { id: string }
  sandboxFileName: string
  mutantActivation: 'runtime' | 'static'
}

/** Processor time of each test in ms without a mutant, by id: written by the dry run, read by the processes that follow. */
const costsFile = 'mutation-costs.json'

/**
 * Tests of the mutated file's own test files run against a mutant until they have taken so much processor time, then the others until those
 * have. What the rest would notice is not counted: the score is never too high.
 */
const ownBudgetMs = 4000
const othersBudgetMs = 500

const compiled = (file: string) => join(process.cwd(), 'dist', file.replace(/\.ts$/, '.js'))

/** Tests of the compiled sandbox, which is Stryker's current folder. */
async function loadTests(): Promise<readonly RegisteredTest[]> {
  const files = JSON.parse(readFileSync('mutation-tests.json', 'utf8')) as string[]
  const load = (file: string) => import(pathToFileURL(compiled(file)).href)
  const { collect } = (await load('test/long/mutation/node-test-shim.ts')) as typeof import('./node-test-shim.ts')
  return collect(files, load)
}

/** `src/judge/audit.ts` has audit.test.ts, audit-groups.test.ts, … */
const isOwn = (test: RegisteredTest, mutated: string) => basename(test.file).startsWith(basename(mutated, '.ts'))

/** Far fewer than Stryker's hundred times what the tests need without the mutant: a loop without an end is noticed sooner. */
const sooner = (limit: number) => Math.min(limit, limit / 10 + 20_000)

function createRunner() {
  const globals = globalThis as unknown as { __stryker__?: Namespace }
  globals.__stryker__ ??= {}
  const stryker = globals.__stryker__
  let loading: Promise<readonly RegisteredTest[]> | null = null
  let costs: Record<string, number> | null = null
  const tests = () => {
    loading ??= loadTests()
    return loading
  }
  // Without a listener a late error of a test that has already failed would end the process.
  process.on('uncaughtException', () => {})

  async function runAgainst({ testFilter, sandboxFileName }: MutantRunOptions) {
    const all = await tests()
    costs ??= JSON.parse(readFileSync(costsFile, 'utf8')) as Record<string, number>
    const known = costs
    const filter = testFilter && new Set(testFilter)
    const wanted = filter ? all.filter(({ id }) => filter.has(id)) : all
    const cheapestFirst = [...wanted].sort((a, b) => (known[a.id] ?? 0) - (known[b.id] ?? 0))
    let nrOfTests = 0
    for (const own of [true, false]) {
      let leftMs = own ? ownBudgetMs : othersBudgetMs
      for (const test of cheapestFirst) {
        if (isOwn(test, sandboxFileName) !== own) continue
        if (leftMs <= 0) break
        const { failure, hangs, processorMs } = await runOne(test)
        leftMs -= processorMs
        nrOfTests++
        if (hangs || (stryker.hitCount ?? 0) > (stryker.hitLimit ?? Number.POSITIVE_INFINITY))
          return { status: 'timeout', reason: `${test.id} does not end` }
        if (failure !== null) return { status: 'killed', killedBy: [test.id], failureMessage: failure, nrOfTests }
      }
    }
    return { status: 'survived', nrOfTests }
  }

  return {
    capabilities: () => ({ reloadEnvironment: false }),
    async dryRun() {
      const results = []
      costs = {}
      for (const test of await tests()) {
        stryker.currentTestId = test.id
        const { failure, wallMs, processorMs } = await runOne(test)
        stryker.currentTestId = undefined
        costs[test.id] = processorMs
        const base = { id: test.id, name: test.id, fileName: join(process.cwd(), test.file), timeSpentMs: wallMs }
        results.push(failure === null ? { ...base, status: 0 } : { ...base, status: 1, failureMessage: failure })
      }
      writeFileSync(costsFile, JSON.stringify(costs))
      return { status: 'complete', tests: results, mutantCoverage: stryker.mutantCoverage }
    },
    async mutantRun(options: MutantRunOptions) {
      const { hitLimit, activeMutant, mutantActivation } = options
      if (mutantActivation === 'runtime') await tests()
      stryker.hitLimit = hitLimit === undefined ? undefined : sooner(hitLimit)
      stryker.hitCount = hitLimit === undefined ? undefined : 0
      stryker.activeMutant = activeMutant.id
      try {
        return await runAgainst(options)
      } catch (error) {
        // A module that cannot even be loaded with the mutant: every test would fail.
        return { status: 'killed', killedBy: [], failureMessage: String(error), nrOfTests: 0 }
      } finally {
        stryker.activeMutant = undefined
      }
    },
  }
}
createRunner.inject = [] as const

/** The plug-in, as StrykerJS looks for it. */
export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', factory: createRunner }]
