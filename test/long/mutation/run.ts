import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, setPriority } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageRoot } from '../../../src/base/root.ts'
import {
  buildFile,
  type Layer,
  layers,
  leastPercent,
  optionsOf,
  partBytes,
  reportName,
  testsOf,
  versions,
} from './config.ts'
import { type MutationReport, scoreOf, survivorsOf, tableOf, tally, tallyOfRow } from './summary.ts'

// node dist/test/long/mutation/run.js [load|recording|judge …]: mutates these layers and prints which mutants no test notices.
// Parts of a layer whose sources and tests have not changed since they were last done are not done again, so that a run that was ended goes on.

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

/** Files of a layer in parts of about the same size. */
function partsOf(layer: Layer): string[][] {
  const parts: { files: string[]; bytes: number }[] = []
  for (const path of listed(`src/${layer}`)) {
    const bytes = read(path).length
    const last = parts.at(-1)
    if (last && last.bytes + bytes <= partBytes) {
      last.files.push(path)
      last.bytes += bytes
    } else parts.push({ files: [path], bytes })
  }
  return parts.map(({ files }) => files)
}

/** Ends with the report of these files; `null` where StrykerJS failed. */
function mutate(layer: Layer, files: readonly string[]): MutationReport | null {
  writeFileSync(join(work, 'mutation-tests.json'), JSON.stringify(testsOfLayer(layer)))
  // Copied: what is built here meanwhile does not change the run.
  const plugin = join(work, 'plugin/in-process-runner.js')
  cpSync(fileURLToPath(new URL('.', import.meta.url)), dirname(plugin), { recursive: true })
  writeFileSync(join(work, 'stryker.config.json'), JSON.stringify(optionsOf(files, plugin), null, 2))
  const stryker = join(cache, 'node_modules/@stryker-mutator/core/bin/stryker.js')
  const report = join(work, reportName)
  rmSync(report, { force: true })
  const { status } = spawnSync(process.execPath, [stryker, 'run', 'stryker.config.json'], {
    ...{ cwd: work, stdio: 'inherit' as const },
  })
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

/** A head, and a row for each file and for the layer. */
function blockOf(layer: Layer, report: MutationReport): string[] {
  const { files, all } = tally(`src/${layer}`, report)
  const { stdout } = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: packageRoot, encoding: 'utf8' })
  const head = `# ${new Date().toISOString().slice(0, 10)}, commit ${stdout?.trim() || 'unknown'}, StrykerJS ${versions['@stryker-mutator/core']}: npm run test:mutation -- ${layer}`
  return [head, ...tableOf([...files, all])]
}

/** Replaces the layer's block in what the last runs printed, and the sum of all blocks at its end. */
function keep(layer: Layer, block: readonly string[]): void {
  const path = 'test/long/mutation/last-output.txt'
  const blocks = new Map<Layer, string>()
  for (const text of existsSync(join(packageRoot, path)) ? read(path).split('\n\n') : []) {
    const of = layers.find((each) => text.trimEnd().split('\n')[0]!.endsWith(`-- ${each}`))
    if (of !== undefined) blocks.set(of, text.trimEnd())
  }
  blocks.set(layer, block.join('\n'))
  const there = layers.filter((each) => blocks.has(each))
  const rows = there.map((each) => tallyOfRow(blocks.get(each)!.split('\n').at(-1)!))
  const sum = there.length === layers.length ? 'all layers' : there.join(' and ')
  const total = rows.reduce((all, row) => ({
    ...{ name: sum, killed: all.killed + row.killed, timeout: all.timeout + row.timeout },
    ...{
      survived: all.survived + row.survived,
      uncovered: all.uncovered + row.uncovered,
      total: all.total + row.total,
    },
  }))
  const texts = [...there.map((each) => blocks.get(each)!), tableOf([{ ...total, name: sum }]).join('\n')]
  writeFileSync(join(packageRoot, path), `${texts.join('\n\n')}\n`)
}

const given = process.argv.slice(2)
const chosen = layers.filter((layer) => given.length === 0 || given.includes(layer))
setPriority(15)
install()
// Once, as things are now: they may change while StrykerJS is at work.
const parts = chosen.flatMap((layer) => {
  const state = fingerprint(layer)
  return partsOf(layer).map((files, at) => ({
    layer,
    files,
    done: join(cache, 'done', `${layer}-${state}-${at}.json`),
  }))
})
const missing = parts.filter(({ done }) => !existsSync(done))
if (missing.length > 0) copy()
for (const { layer, files, done } of missing) {
  const report = mutate(layer, files)
  if (report === null) throw new Error(`StrykerJS could not mutate ${files.join(', ')}`)
  mkdirSync(dirname(done), { recursive: true })
  writeFileSync(done, JSON.stringify(report))
}

for (const layer of chosen) {
  const reports = parts
    .filter((part) => part.layer === layer)
    .map(({ done }) => JSON.parse(readFileSync(done, 'utf8')) as MutationReport)
  const merged: MutationReport = { files: Object.assign({}, ...reports.map(({ files }) => files)) }
  const block = blockOf(layer, merged)
  for (const line of [...survivorsOf(merged), ...block]) console.log(line)
  keep(layer, block)
  if (scoreOf(tally(layer, merged).all) < leastPercent) process.exitCode = 1
}
