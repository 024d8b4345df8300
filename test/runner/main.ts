import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { packageRoot } from '../../src/base/root.ts'
import { addCounts, type Counts, closingLines, countOn, failedFiles } from './closing.ts'
import { slowestFiles } from './durations.ts'
import { groupsOf, type Phase, phasesOf, testFiles } from './suites.ts'

// node dist/test/runner/main.js check|all|more|long [part of a file's name …]: Node's test runner once a phase, and one closing for all of them.

const compiled = (file: string) => `dist/${file.replace(/\.ts$/, '.js')}`
const groupFolder = 'dist/test/groups'
const scratch = mkdtempSync(join(tmpdir(), 'kbench-tests-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
const durationsFile = join(scratch, 'durations')

/** Paths for the runner. Of a phase whose files share processes these are entries written here, one for each process. */
function compiledFiles({ files, grouped, atOnce }: Phase): string[] {
  if (!grouped || files.length <= atOnce) return files.map(compiled)
  const { groups, alone } = groupsOf(packageRoot, files, 2 * atOnce)
  rmSync(join(packageRoot, groupFolder), { recursive: true, force: true })
  mkdirSync(join(packageRoot, groupFolder), { recursive: true })
  const entries = groups.map((group, at) => {
    const entry = `${groupFolder}/${at + 1}.js`
    const suites = group.map((file) => {
      const from = compiled(file).replace('dist/test/', '../')
      return `group(${JSON.stringify(file)}, () => import(${JSON.stringify(from)}))\n`
    })
    writeFileSync(join(packageRoot, entry), `import { group } from '../runner/group.js'\n${suites.join('')}`)
    return entry
  })
  return [...entries, ...alone.map(compiled)]
}

/** Prints what the runner prints, but its counts and its list of failures: those come once, at the end. */
async function runPhase(phase: Phase, counts: Counts, failures: string[]): Promise<boolean> {
  const timeout = Number.isFinite(phase.timeoutMs) ? [`--test-timeout=${phase.timeoutMs}`] : []
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=./dist/test/runner/durations.js', `--test-reporter-destination=${durationsFile}`],
  ]
  const args = ['--test', ...reporters, ...timeout, `--test-concurrency=${phase.atOnce}`]
  const child = spawn(process.execPath, [...args, ...compiledFiles(phase)], {
    cwd: packageRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pass = (signal: NodeJS.Signals) => void child.kill(signal)
  process.on('SIGTERM', pass).on('SIGINT', pass)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let listing = false
  for await (const line of createInterface({ input: child.stdout })) {
    const count = countOn(line)
    listing ||= line === '✖ failing tests:'
    if (count) addCounts(counts, count)
    else if (listing) failures.push(line)
    else console.log(line)
  }
  const code = await ended
  durations.push(...readFileSync(durationsFile, 'utf8').split('\n'))
  process.off('SIGTERM', pass).off('SIGINT', pass)
  if (code !== 0 && !listing) failures.push(`phase "${phase.name}" ended with ${code ?? child.signalCode}`)
  return code === 0
}

const [suite = 'all', ...parts] = process.argv.slice(2)
const files = testFiles(packageRoot).filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
const counts: Counts = {}
const failures: string[] = []
const durations: string[] = []
let good = true
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (interrupted = true))
for (const phase of phasesOf(suite, files, availableParallelism())) {
  if (interrupted) break
  const beganMs = performance.now()
  console.log(`▷ ${phase.name}: ${phase.files.length} files`)
  good = (await runPhase(phase, counts, failures)) && good
  console.log(`◁ ${phase.name}: ${((performance.now() - beganMs) / 1000).toFixed(0)} s`)
}
if (suite !== 'check') {
  console.log('\nwhat took longest, its own tests added up:')
  for (const line of slowestFiles(durations, packageRoot, 40)) console.log(line)
}
for (const line of failures) console.log(line)
for (const file of failedFiles(failures)) console.log(`failed: ${file}`)
for (const line of closingLines(counts)) console.log(line)
process.exitCode = interrupted ? 130 : good && counts.tests ? 0 : 1
