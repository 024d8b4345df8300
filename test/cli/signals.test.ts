import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageRoot } from '../../src/base/root.ts'
import { cleanEnvironment, kbench, scratch } from './_kbench.ts'
import { descendants, isClosed, onlyResult, startRun } from './_live.ts'

// Signals and streams: docs/reliability.md, "Signals and streams". The fake cluster and driver: everything but Kafka.

const bin = join(packageRoot, 'bin', 'kbench.js')

async function workspace(t: TestContext, measure = '60s') {
  const folder = await scratch(t)
  const profile = join(folder, 'profile.yaml')
  const lines = [
    'name: signals',
    'workload: produce',
    'consumers: []',
    'cluster: { provider: fake }',
    'clients: [fake]',
    'load: { rate: 100 }',
    'producers: { count: 1 }',
    `phases: { clusterWarmup: 0s, warmup: 0s, measure: ${measure}, drain: 2s }`,
  ]
  writeFileSync(profile, `${lines.join('\n')}\n`)
  return { folder, profile, results: join(folder, 'results') }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const lateMs = performance.now() + 60_000
  while (!holds()) {
    assert.ok(performance.now() < lateMs, `in vain waited until ${what}`)
    await sleep(20)
  }
}

const isThere = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

/** What is in the recording so far, as a reader of the file sees it. */
const recordingIn = (results: string): string => {
  const [run] = existsSync(results) ? readdirSync(results) : []
  const file = run && join(results, run, 'recordings/0.ndjson')
  return file && existsSync(file) ? readFileSync(file, 'utf8') : ''
}
const isMeasuring = (results: string) => recordingIn(results).split('"fact":"frame"').length > 3

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`R3: ${signal}: an orderly end, a result that says so, exit 130, no process`, async (t) => {
    const { profile, results } = await workspace(t)
    const run = startRun([profile, '--results', results])
    await until('it measures', () => isMeasuring(results) || run.child.exitCode !== null)
    const children = descendants(run.child.pid!)
    run.child.kill(signal)
    assert.equal((await run.ended).exitCode, 130, run.stderr())
    const { result, directory } = onlyResult(results)
    assert.deepEqual([result.status, isClosed(result)], ['interrupted', true])
    assert.ok(existsSync(join(directory, 'report.html')))
    assert.ok(children.length > 0)
    await until('no host is left', () => children.every((pid) => !isThere(pid)))
  })

  test(`R3: ${signal} to every process at once, as a terminal or a service manager sends it`, async (t) => {
    const { profile, results } = await workspace(t)
    const run = startRun([profile, '--results', results])
    await until('it measures', () => isMeasuring(results) || run.child.exitCode !== null)
    for (const pid of descendants(run.child.pid!)) process.kill(pid, signal)
    run.child.kill(signal)
    assert.equal((await run.ended).exitCode, 130, run.stderr())
    const { result } = onlyResult(results)
    assert.equal(result.status, 'interrupted')
    assert.ok(
      !result.variants[0]!.findings!.some(({ code }) => code === 'worker-lost'),
      JSON.stringify(result.variants[0]!.reasons),
    )
  })
}

test('R1: a second signal ends everything within a second; the recording is whole, and the line that is printed makes the result', async (t) => {
  const { folder, profile, results } = await workspace(t)
  const run = startRun([profile, '--results', results], { KBENCH_PHASES__DRAIN: '60s' })
  await until('it measures', () => isMeasuring(results) || run.child.exitCode !== null)
  const children = descendants(run.child.pid!)
  // A host that hangs would hold up the orderly end.
  for (const pid of children) process.kill(pid, 'SIGSTOP')
  run.child.kill('SIGINT')
  await until('it is stopping', () => run.stderr().includes('press Ctrl-C again to quit immediately'))
  run.interrupt()
  const { exitCode, afterMs } = await run.ended
  assert.equal(exitCode, 130)
  assert.ok(afterMs < 1000, `${afterMs} ms`)
  assert.ok(recordingIn(results).endsWith('}\n'))
  const [, directory] = /kbench report (\S+) makes its result/.exec(run.stderr()) ?? []
  assert.ok(directory, run.stderr())
  await until('no host is left', () => children.every((pid) => !isThere(pid)))
  const report = await kbench(['report', directory], { cwd: packageRoot })
  assert.equal(report.exitCode, 0, report.stderr)
  const { result } = onlyResult(results)
  assert.deepEqual(
    [result.status, isClosed(result), result.variants[0]!.integrity.verdict],
    ['interrupted', true, 'not-audited'],
  )
  assert.ok(result.variants[0]!.ledger.acked > 0)
  assert.ok(folder)
})

describe('R2: a reader that goes ends no run', () => {
  for (const [name, pipe] of [
    ['stderr', '2>&1 >/dev/null | head -3'],
    ['both', '2>&1 | head -3'],
    ['stdout', '2>/dev/null | head -0'],
  ] as const) {
    test(name, async (t) => {
      const { folder, profile, results } = await workspace(t, '3s')
      const script = `{ "${process.execPath}" "${bin}" run "${profile}" --results "${results}"; echo $? > "${folder}/code"; } ${pipe}`
      const shell = spawn('bash', ['-c', script], { env: cleanEnvironment(), stdio: 'ignore' })
      await once(shell, 'exit')
      await until(
        'the run is over',
        () => existsSync(join(folder, 'code')) && readFileSync(join(folder, 'code'), 'utf8') !== '',
      )
      const { result } = onlyResult(results)
      assert.equal(Number(readFileSync(join(folder, 'code'), 'utf8')), result.exitCode)
      assert.equal(result.variants[0]!.ledger.acked, 300)
    })
  }

  test('a terminal that is closed: SIGHUP and nobody to write to', async (t) => {
    const { profile, results } = await workspace(t)
    const child = spawn(process.execPath, [bin, 'run', profile, '--results', results], { env: cleanEnvironment() })
    await until('it measures', () => isMeasuring(results) || child.exitCode !== null)
    child.stdout.destroy()
    child.stderr.destroy()
    child.kill('SIGHUP')
    const [code] = await once(child, 'exit')
    assert.equal(code, 130)
    assert.equal(onlyResult(results).result.status, 'interrupted')
  })

  test('a list that nobody reads to its end is no error', async () => {
    const shell = spawn('bash', ['-c', `set -o pipefail; "${process.execPath}" "${bin}" list | head -1`], {
      env: cleanEnvironment(),
    })
    let stderr = ''
    shell.stderr.on('data', (text) => {
      stderr += text
    })
    shell.stdout.resume()
    assert.deepEqual([(await once(shell, 'exit'))[0], stderr], [0, ''])
  })
})

describe('R14: an output that takes nothing', () => {
  test('a full device: one line, exit 3, and the result is there', async (t) => {
    const { profile, results } = await workspace(t, '2s')
    const child = spawn(process.execPath, [bin, 'run', profile, '--results', results], {
      env: cleanEnvironment(),
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    })
    let stderr = ''
    child.stderr!.on('data', (text) => {
      stderr += text
    })
    assert.equal((await once(child, 'exit'))[0], 3, stderr)
    assert.match(stderr, /^kbench: cannot write to stdout: .*ENOSPC/m)
    assert.doesNotMatch(stderr, /\n\s+at /)
    assert.equal(onlyResult(results).result.variants[0]!.ledger.acked, 200)
  })
})

test('a closed stdin changes nothing', async (t) => {
  const { profile, results } = await workspace(t, '2s')
  const shell = spawn(
    'bash',
    ['-c', `exec "${process.execPath}" "${bin}" run "${profile}" --results "${results}" <&-`],
    {
      env: cleanEnvironment(),
      stdio: ['ignore', 'ignore', 'ignore'],
    },
  )
  const [code] = await once(shell, 'exit')
  const { result } = onlyResult(results)
  assert.equal(code, result.exitCode)
  assert.equal(result.variants[0]!.ledger.acked, 200)
})

test('R16: an npm that is ended takes its run along: an orderly end', async (t) => {
  const { folder, profile, results } = await workspace(t)
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ scripts: { bench: `node "${bin}" run "${profile}" --results "${results}"` } }),
  )
  const npm = spawn('npm', ['run', 'bench'], { cwd: folder, env: cleanEnvironment(), stdio: 'ignore' })
  await until('it measures', () => isMeasuring(results) || npm.exitCode !== null)
  const children = descendants(npm.pid!)
  npm.kill('SIGKILL')
  await until('the result is there', () => existsSync(join(results, readdirSync(results)[0]!, 'result.json')))
  assert.equal(onlyResult(results).result.status, 'interrupted')
  await until('no process is left', () => children.every((pid) => !isThere(pid)))
})

describe('R16: colours', () => {
  const esc = String.fromCharCode(27)
  for (const [name, args, env, colours] of [
    ['none on a pipe', [], {}, false],
    ['FORCE_COLOR', [], { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, false],
    ['NO_COLOR before FORCE_COLOR', [], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    ['--no-color', ['--no-color'], { FORCE_COLOR: '1' }, false],
  ] as const) {
    test(name, async () => {
      const { stderr } = await kbench([...args, 'validate', '/nowhere.yaml'], { env })
      assert.equal(stderr.includes(esc), colours, JSON.stringify(stderr))
    })
  }

  test('TERM=dumb on a terminal', async () => {
    const shell = spawn('script', ['-qec', `"${process.execPath}" "${bin}" validate /nowhere.yaml`, '/dev/null'], {
      env: { ...cleanEnvironment(), TERM: 'dumb' },
    })
    let text = ''
    shell.stdout.on('data', (more) => {
      text += more
    })
    await once(shell, 'exit')
    assert.match(text, /nowhere/)
    assert.ok(!text.includes(esc), JSON.stringify(text))
  })
})
