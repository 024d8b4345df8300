import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, setPriority } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageRoot } from '../../../src/base/root.ts'
import { buildFile, type Layer, layers, leastPercent, optionsOf, testsOf, versions } from './config.ts'
import { type MutationReport, scoreOf, survivorsOf, tableOf, tally } from './summary.ts'

// node dist/test/long/mutation/run.js [load|recording|judge …]: mutates these layers and prints which mutants no test notices.
// A layer whose sources and tests have not changed since it was last done is not done again, so that a run that was ended goes on.

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kbench', 'mutation')
const work = join(cache, 'work')
const shim = 'test/long/mutation/node-test-shim.ts'

const listed = (folder: string) =>
  readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => path.endsWith('.ts'))
    .sort()
const read = (path: string) => readFileSync(join(packageRoot, path), 'utf8')

const testsOfLayer = (layer: Layer) =>
  listed('test/unit').filter(
    (path) => path.endsWith('.test.ts') && testsOf[layer].some((start) => path.startsWith(start)),
  )

/** Installs StrykerJS in the cache, unless these versions are there. */
function install(): void {
  const wanted = `${JSON.stringify({ name: 'kbench-mutation', private: true, dependencies: versions }, null, 2)}\n`
  const manifest = join(cache, 'package.json')
  const complete = join(cache, 'node_modules/.package-lock.json')
  if (existsSync(manifest) && readFileSync(manifest, 'utf8') === wanted && existsSync(complete)) return
  mkdirSync(cache, { recursive: true })
  rmSync(join(cache, 'node_modules'), { recursive: true, force: true })
  writeFileSync(manifest, wanted)
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: cache, stdio: 'inherit' })
  if (status !== 0) throw new Error(`npm could not install ${Object.keys(versions).join(', ')} in ${cache}`)
}

/** A copy of what the tests need, in which they import the shim instead of node:test. */
function copy(): void {
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  const needed = ['package.json', 'src', 'test', 'docs', 'profiles', 'schema', 'compose']
  for (const each of needed) {
    const filter = (from: string) => !/\.(png|svg|html)$/.test(from)
    cpSync(join(packageRoot, each), join(work, each), { recursive: true, filter })
  }
  cpSync(join(packageRoot, 'tsconfig.json'), join(work, buildFile))
  symlinkSync(join(packageRoot, 'node_modules'), join(work, 'node_modules'))
  for (const path of [...listed('test/unit'), ...listed('test/support'), ...listed('test/fixtures')]) {
    const source = read(path)
    const to = relative(dirname(path), shim)
    if (source.includes("'node:test'"))
      writeFileSync(join(work, path), source.replaceAll("from 'node:test'", `from '${to}'`))
  }
}

/** Ends with the report of one layer; `null` where StrykerJS failed. */
function mutate(layer: Layer): MutationReport | null {
  writeFileSync(join(work, 'mutation-tests.json'), JSON.stringify(testsOfLayer(layer)))
  // Copied: what is built here meanwhile does not change the run.
  const plugin = join(work, 'plugin/in-process-runner.js')
  cpSync(fileURLToPath(new URL('.', import.meta.url)), dirname(plugin), { recursive: true })
  writeFileSync(join(work, 'stryker.config.json'), JSON.stringify(optionsOf(layer, plugin), null, 2))
  const stryker = join(cache, 'node_modules/@stryker-mutator/core/bin/stryker.js')
  const { status } = spawnSync(process.execPath, [stryker, 'run', 'stryker.config.json'], {
    ...{ cwd: work, stdio: 'inherit' as const },
  })
  const report = join(work, 'reports', `${layer}.json`)
  return status === 0 && existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as MutationReport) : null
}

const runnerFiles = ['config', 'in-process-runner', 'run-one', 'node-test-shim'].map(
  (name) => `test/long/mutation/${name}.ts`,
)

/** Of everything that a layer's report depends on. */
function fingerprint(layer: Layer): string {
  const hash = createHash('sha256')
  const helpers = listed('test/unit').filter((path) => !path.endsWith('.test.ts'))
  const others = ['src', 'test/support', 'test/fixtures'].flatMap(listed)
  for (const path of [...runnerFiles, ...testsOfLayer(layer), ...helpers, ...others])
    hash.update(`${path}\0`).update(read(path))
  return hash.digest('hex').slice(0, 16)
}

/** A head, and a row for each file, each layer and all of them. */
function outputOf(reports: readonly { layer: Layer; report: MutationReport }[]): { lines: string[]; score: number } {
  const merged: MutationReport = { files: Object.assign({}, ...reports.map(({ report }) => report.files)) }
  const { files, all } = tally('all', merged)
  const folders = reports.map(({ layer, report }) => tally(`src/${layer}`, report).all)
  const commit = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: packageRoot, encoding: 'utf8' })
  const lines = [
    `# ${new Date().toISOString().slice(0, 10)}, commit ${commit.stdout?.trim() || 'unknown'}, StrykerJS ${versions['@stryker-mutator/core']}`,
    `# npm run test:mutation`,
    ...['', ...tableOf([...files, ...folders, all])],
  ]
  return { lines, score: scoreOf(all) }
}

const given = process.argv.slice(2)
const chosen = layers.filter((layer) => given.length === 0 || given.includes(layer))
setPriority(15)
install()
// Once, as things are now: they may change while StrykerJS is at work.
const states = new Map(layers.map((layer) => [layer, fingerprint(layer)]))
const reportFile = (layer: Layer) => join(cache, 'done', `${layer}-${states.get(layer)}.json`)
const missing = chosen.filter((layer) => !existsSync(reportFile(layer)))
if (missing.length > 0) copy()
for (const layer of missing) {
  const report = mutate(layer)
  if (report === null) throw new Error(`StrykerJS could not mutate src/${layer}`)
  mkdirSync(dirname(reportFile(layer)), { recursive: true })
  writeFileSync(reportFile(layer), JSON.stringify(report))
}

const reportsOf = (of: readonly Layer[]) =>
  of.map((layer) => ({ layer, report: JSON.parse(readFileSync(reportFile(layer), 'utf8')) as MutationReport }))
const shown = outputOf(reportsOf(chosen))
for (const line of [...reportsOf(chosen).flatMap(({ report }) => survivorsOf(report)), ...shown.lines])
  console.log(line)
// Layers may have been done one by one; the table is of one state of the code.
if (layers.every((layer) => existsSync(reportFile(layer))))
  writeFileSync(
    join(packageRoot, 'test/long/mutation/last-output.txt'),
    `${outputOf(reportsOf(layers)).lines.join('\n')}\n`,
  )
if (shown.score < leastPercent) process.exitCode = 1
