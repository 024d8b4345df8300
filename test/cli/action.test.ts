import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { parse } from 'yaml'
import { exitCodes, mostImportant } from '../../src/base/errors.ts'
import { packageRoot } from '../../src/base/root.ts'
import { cleanEnvironment, kbench } from './_kbench.ts'

// The steps of action.yml, run by bash as GitHub runs them: inputs and outputs become variables, then `bash -eo pipefail` gets the script.

interface Step {
  id: string
  shell: string
  env?: Record<string, string>
  run: string
}

interface Action {
  inputs: Record<string, { description: string; default?: string; required?: boolean }>
  outputs: Record<string, { value: string }>
  runs: { using: string; steps: Step[] }
}

const action = parse(readFileSync(join(packageRoot, 'action.yml'), 'utf8')) as Action
const work = mkdtempSync(join(tmpdir(), 'kbench-action-'))
after(() => rmSync(work, { recursive: true, force: true }))

const installed = join(work, 'bin')
mkdirSync(installed)
symlinkSync(join(packageRoot, 'bin/kbench.js'), join(installed, 'kbench'))
// The Node.js of this test, and no kbench or npm of the machine.
symlinkSync(process.execPath, join(installed, 'node'))
const profile = `name: act
cluster: { provider: fake }
workload: produce
clients: [fake]
topic: { partitions: 2, replicationFactor: 1 }
load: { rate: 100 }
phases: { clusterWarmup: 0s, warmup: 0s, measure: 1s, drain: 1s }
`
const example = join(packageRoot, 'results/examples', readdirSync(join(packageRoot, 'results/examples'))[0]!)

interface Job {
  code: number
  log: string
  outputs: Record<string, string>
  summary: string
}

let jobs = 0

/** The whole action with these inputs; `path` instead of the folder that has kbench. */
async function job(inputs: Record<string, string>, path = installed): Promise<Job> {
  const folder = join(work, `job-${++jobs}`)
  mkdirSync(join(folder, 'temp'), { recursive: true })
  writeFileSync(join(folder, 'act.yaml'), profile)
  const given = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: usual = '' }]) => [name, inputs[name] ?? usual]),
  )
  const outputs: Record<string, Record<string, string>> = {}
  const filled = (text: string) =>
    text.replace(/\$\{\{ (?:inputs\.([\w-]+)|steps\.(\w+)\.outputs\.([\w-]+)) \}\}/g, (_, input, step, output) =>
      input === undefined ? (outputs[step]?.[output] ?? '') : given[input]!,
    )
  const summary = join(folder, 'summary')
  writeFileSync(summary, '')
  let log = ''
  let code = 0
  for (const { id, env = {}, run } of action.runs.steps) {
    const script = join(folder, `${id}.sh`)
    const output = join(folder, `${id}.out`)
    writeFileSync(script, run)
    writeFileSync(output, '')
    const variables = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)]))
    const ended = await bash(script, folder, {
      ...{ ...cleanEnvironment(), PATH: `${path}:/usr/bin:/bin`, CI: 'true' },
      ...{ GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, RUNNER_TEMP: join(folder, 'temp') },
      ...variables,
    })
    log += ended.log
    code = ended.code
    const lines = readFileSync(output, 'utf8').split('\n').filter(Boolean)
    outputs[id] = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
    // A step that fails ends the job.
    if (code !== 0) break
  }
  const results = Object.entries(action.outputs).map(([name, { value }]) => [name, filled(value)])
  return { code, log, outputs: Object.fromEntries(results), summary: readFileSync(summary, 'utf8') }
}

const bash = (script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<{ code: number; log: string }> =>
  new Promise((resolve) =>
    execFile('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, log: stdout + stderr }),
    ),
  )

describe('action.yml', () => {
  test('is composite, of run steps alone, and no input is part of a script', () => {
    assert.equal(action.runs.using, 'composite')
    for (const step of action.runs.steps) {
      assert.deepEqual(
        Object.keys(step).filter((key) => !['id', 'shell', 'env', 'run'].includes(key)),
        [],
        step.id,
      )
      assert.equal(step.shell, 'bash')
      assert.ok(!step.run.includes('${{'), `${step.id} has an expression in its script`)
    }
  })

  test('has its exit codes in the order of kbench', () => {
    const codes = /for each in ([\d ]+); do/.exec(action.runs.steps.at(-1)!.run)![1]!.split(' ').map(Number)
    assert.deepEqual([...codes].sort(), [...new Set(Object.values(exitCodes))].filter((code) => code !== 0).sort())
    for (const [at, code] of codes.entries()) assert.equal(mostImportant(codes.slice(at)), code)
  })
})

describe('a job', () => {
  test('runs the profile with the options, and writes its summary', async () => {
    const options = '--set load.rate=50\n\n--set\nphases.drain=2s\n--quiet\n'.replace(
      '--set load.rate=50',
      '--set\nload.rate=50',
    )
    const { code, log, outputs, summary } = await job({ profile: 'act.yaml', options })
    // 4: a machine that is busy makes a run invalid.
    assert.ok(code === 0 || code === 4, log)
    assert.equal(outputs['exit-code'], String(code))
    const result = JSON.parse(readFileSync(join(outputs.run!, 'result.json'), 'utf8'))
    assert.equal(result.profile.load.rate, 50)
    assert.equal(result.exitCode, code)
    assert.ok(summary.includes(result.runId), summary)
    assert.equal(readFileSync(outputs['comment-file']!, 'utf8'), summary)
  })

  test('what an input holds is never run', async () => {
    const trap = join(work, 'trapped')
    const evil = `$(touch ${trap})\`touch ${trap}\`"; touch ${trap}; #`
    const { code, outputs, summary } = await job({
      profile: evil,
      options: evil,
      gate: evil,
      baseline: evil,
      version: '',
    })
    assert.equal(code, 2)
    assert.equal(outputs['exit-code'], '2')
    assert.match(summary, /exit code 2, nothing was measured/)
    assert.ok(!existsSync(trap))
  })

  test('a profile that is an option is none', async () => {
    const { code } = await job({ profile: '--help' })
    assert.equal(code, 2)
  })

  test('compares with a baseline: a metric that is worse fails it with 98', async () => {
    // The run that is compared was valid, whatever this machine is busy with: a kbench that "runs" by copying it, slower.
    const { path, baseline } = await fakeRun((perSec) => perSec * 0.5)
    const { code, log, outputs, summary } = await job(
      { profile: 'act.yaml', baseline, gate: 'produce.ackedPerSec', 'compare-options': '--allow-environment' },
      path,
    )
    assert.deepEqual([code, outputs['exit-code']], [98, '98'], log)
    assert.match(log, /::error::kbench ended with exit code 98/)
    const comparison = readFileSync(join(outputs.run!, 'comparison.md'), 'utf8')
    assert.match(comparison, /worse/)
    assert.ok(summary.includes(comparison.trim()))
  })

  test('and one that is as before passes', async () => {
    const { path, baseline } = await fakeRun((perSec) => perSec)
    const { code, log } = await job({ profile: 'act.yaml', baseline, gate: 'produce.ackedPerSec' }, path)
    assert.equal(code, 0, log)
  })

  test('without a kbench on the path it installs the version that is asked for', async () => {
    const path = join(work, 'npm-bin')
    mkdirSync(path)
    symlinkSync(process.execPath, join(path, 'node'))
    // In place of npm: notes how it was called, and puts kbench there.
    writeFileSync(
      join(path, 'npm'),
      `#!/bin/bash\necho "$@" >${work}/npm-args\nln -s ${join(packageRoot, 'bin/kbench.js')} ${path}/kbench\n`,
      { mode: 0o755 },
    )
    const { code, log } = await job({ profile: 'act.yaml', version: '1.2.3' }, path)
    assert.ok(code === 0 || code === 4, log)
    assert.match(readFileSync(join(work, 'npm-args'), 'utf8'), /^install --global .* kbench@1\.2\.3$/m)
  })
})

/** Repetitions enough to decide, of a stored run; and a kbench whose `run` leaves it with another rate. */
async function fakeRun(change: (perSec: number) => number): Promise<{ path: string; baseline: string }> {
  const folder = mkdtempSync(join(work, 'fake-'))
  const stored = JSON.parse(readFileSync(join(example, 'result.json'), 'utf8'))
  const [first] = stored.variants
  const runOf = (perSec: (each: number) => number) => ({
    ...stored,
    exitCode: 0,
    variants: [1, 2, 3, 4, 5, 6].map((repeat) => ({
      ...first,
      ...{ id: `${first.id.replace(/#\d+$/, '')}#${repeat}`, repeat, status: 'ok', findings: [] },
      produce: { ...first.produce, ackedPerSec: perSec(first.produce.ackedPerSec + repeat) },
    })),
  })
  const [before, next] = [join(folder, 'before'), join(folder, 'next')]
  for (const [where, result] of [
    [before, runOf((each) => each)],
    [next, runOf(change)],
  ] as const) {
    cpSync(example, where, { recursive: true })
    writeFileSync(join(where, 'result.json'), JSON.stringify(result))
  }
  const baseline = join(folder, 'baseline.json')
  const saved = await kbench(['compare', before, '--save-baseline', baseline])
  assert.equal(saved.exitCode, 0, saved.stderr)
  const path = join(folder, 'bin')
  mkdirSync(path)
  symlinkSync(process.execPath, join(path, 'node'))
  const main = join(packageRoot, 'bin/kbench.js')
  const script = `#!/bin/bash\nif [ "$1" = run ]; then cp -r ${next} "$3/20261121-100000-act-1234"; echo '# act' >"$3/20261121-100000-act-1234/summary.md"; else exec node ${main} "$@"; fi\n`
  writeFileSync(join(path, 'kbench'), script, { mode: 0o755 })
  assert.ok(existsSync(dirname(path)))
  return { path, baseline }
}
