/** What the mutation run installs, outside this package: `npm ci` stays small. */
export const versions = { '@stryker-mutator/core': '9.6.1' } as const

/** The share of mutants that the tests must notice, over all layers. */
export const leastPercent = 75

/** Layers whose code is mutated, each a part of its own. */
export const layers = ['load', 'recording', 'judge'] as const
export type Layer = (typeof layers)[number]

const engine = 'test/unit/runners/engine/'
/** The tests that run against the mutants of a layer, those that reach them: its own, and the engine in virtual time, by how paths begin. */
export const testsOf: Record<Layer, readonly string[]> = {
  load: ['test/unit/load/'],
  recording: ['test/unit/recording/', engine],
  judge: ['test/unit/judge/', 'test/unit/store/rebuild.test.ts', engine],
}

/** Source that is mutated in one go, bytes: about ten minutes of two processors. What is done is kept when a run is ended. */
export const partBytes = 45_000

/** Where StrykerJS leaves the report of a part, in the copy. */
export const reportName = 'reports/part.json'

/** The copy's tsconfig.json, under a name that StrykerJS does not look for: it would rewrite it with a TypeScript package of its own. */
export const buildFile = 'build.json'

/** Options of StrykerJS for some files of a layer; paths are of the copy in which it runs. */
export const optionsOf = (files: readonly string[], plugin: string) => ({
  testRunner: 'in-process',
  plugins: [plugin],
  mutate: files,
  coverageAnalysis: 'perTest',
  buildCommand: `tsc --noCheck -p ${buildFile}`,
  concurrency: 2,
  // The first run of all tests, uninstrumented machine or not: a busy one takes longer than StrykerJS's five minutes.
  dryRunTimeoutMinutes: 30,
  // A mutant that no longer ends is mostly noticed by its number of hits; the time is for loops without a mutant in them. The runner
  // bounds the processor time by itself, whatever the tests that reach a mutant take together.
  ...{ timeoutMS: 15_000, timeoutFactor: 0.02 },
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: reportName },
  ...{ tempDirName: '.stryker', cleanTempDir: 'always', allowConsoleColors: false },
  disableTypeChecks: 'src/**/*.ts',
  thresholds: { high: 90, low: leastPercent, break: null },
})
