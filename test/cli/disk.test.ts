import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Ended, kbench, scratch } from './_kbench.ts'
import { isClosed, startRun } from './_live.ts'

// R5, R7: links and full disks. The fake cluster and driver: everything but Kafka.

async function workspace(t: TestContext, measure = '3s') {
  const folder = await scratch(t)
  const profile = join(folder, 'profile.yaml')
  const lines = [
    'name: disk',
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

/** A disk of so many KiB, unmounted after the test; null = this user may not mount. */
function smallDisk(t: TestContext, kib: number): string | null {
  const path = mkdtempSync(join(tmpdir(), 'kbench-disk-'))
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', path]).status !== 0) return null
  t.after(() => {
    spawnSync('umount', ['-l', path])
    rmdirSync(path)
  })
  return path
}

/** Late load on a busy machine is exit code 4. */
const assertMeasured = ({ exitCode, stderr }: Ended) => assert.ok([0, 4].includes(exitCode), stderr)

const onlyRun = (results: string) => join(results, readdirSync(results)[0]!)
const resultIn = (directory: string) => JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8'))
/** Nothing is left to write. */
const fill = (disk: string) => spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=1k'])

describe('R5: no file is written through a symbolic link', () => {
  test('reports replace a link, and refuse a folder that is one', async (t) => {
    const { folder, profile, results } = await workspace(t)
    assertMeasured(await kbench(['run', profile, '--results', results, '--quiet']))
    const directory = onlyRun(results)
    const victim = join(folder, 'victim')
    writeFileSync(victim, 'mine')
    for (const name of ['summary.txt', 'report.html', 'result.json']) {
      const path = join(directory, name)
      const text = readFileSync(path)
      symlinkSync(victim, `${path}.link`)
      spawnSync('mv', ['-f', `${path}.link`, path])
      if (name === 'result.json') writeFileSync(victim, text)
    }
    const again = await kbench(['report', directory])
    assert.equal(again.exitCode, 0, again.stderr)
    assert.equal(readFileSync(victim, 'utf8').slice(0, 1), '{', 'what result.json points to is read, not written')
    assert.ok(statSync(join(directory, 'summary.txt')).size > 4)
    assert.throws(() => readlinkSync(join(directory, 'summary.txt')), { code: 'EINVAL' })
    const elsewhere = join(folder, 'elsewhere')
    mkdirSync(elsewhere)
    spawnSync('rm', ['-rf', join(directory, 'charts')])
    symlinkSync(elsewhere, join(directory, 'charts'))
    const refused = await kbench(['report', directory])
    assert.equal(refused.exitCode, 3)
    assert.match(refused.stderr, /charts is a symbolic link/)
    assert.deepEqual(readdirSync(elsewhere), [])
    assert.doesNotMatch(refused.stderr, /\n\s+at /)
  })

  test('a file that an option names: a link is replaced, a device is not', async (t) => {
    const { folder } = await workspace(t)
    const victim = join(folder, 'victim')
    writeFileSync(victim, 'mine')
    const out = join(folder, 'out.yaml')
    symlinkSync(victim, out)
    const made = await kbench(['init', out, '--force'])
    assert.equal(made.exitCode, 0, made.stderr)
    assert.equal(readFileSync(victim, 'utf8'), 'mine')
    assert.ok(statSync(out).size > 100)
  })
})

describe('R7: the disk is full', () => {
  test('before the run begins: one line, exit 3', async (t) => {
    const { profile } = await workspace(t)
    const disk = smallDisk(t, 64)
    if (disk === null) return t.skip('no right to mount a small disk')
    fill(disk)
    const { stderr, exitCode } = await kbench(['run', profile, '--results', join(disk, 'results')])
    assert.equal(exitCode, 3, stderr)
    assert.match(stderr, /ENOSPC|has .* left/)
    assert.doesNotMatch(stderr, /\n\s+at /)
  })

  test('while it measures: the summary is printed, what is missing is named, exit 3, and what is there can be read', async (t) => {
    const { profile } = await workspace(t, '8s')
    const disk = smallDisk(t, 4096)
    if (disk === null) return t.skip('no right to mount a small disk')
    const results = join(disk, 'results')
    const run = startRun([profile, '--results', results])
    const recording = () => (existsSync(results) ? join(onlyRun(results), 'recordings/0.ndjson') : '')
    while (!(existsSync(recording()) && readFileSync(recording(), 'utf8').split('"fact":"frame"').length > 3))
      await sleep(20)
    fill(disk)
    const { exitCode } = await run.ended
    assert.equal(exitCode, 3, run.stderr())
    assert.match(run.stderr(), /kbench: not written: .*(recordings\/0\.ndjson|result\.json).*ENOSPC/)
    assert.match(run.stderr(), /kbench report \S+ makes it/)
    assert.doesNotMatch(run.stderr(), /\n\s+at /)
    assert.match(run.stdout(), /fake/, 'what was measured is told')
    spawnSync('rm', [join(disk, 'filler')])
    const report = await kbench(['report', onlyRun(results)])
    assert.equal(report.exitCode, 0, report.stderr)
    const result = resultIn(onlyRun(results))
    assert.ok(isClosed(result) && result.variants[0].ledger.acked > 0)
  })

  test('when the reports are written: the result is kept, they are named, exit 3', async (t) => {
    const { profile } = await workspace(t)
    const disk = smallDisk(t, 4096)
    if (disk === null) return t.skip('no right to mount a small disk')
    const results = join(disk, 'results')
    assertMeasured(await kbench(['run', profile, '--results', results, '--no-reports']))
    fill(disk)
    const { stderr, stdout, exitCode } = await kbench(['report', onlyRun(results)])
    assert.equal(exitCode, 3)
    assert.match(stderr, /report\.html: .*ENOSPC/)
    assert.doesNotMatch(stderr, /\n\s+at /)
    assert.match(stdout, /fake/)
    assert.equal(resultIn(onlyRun(results)).variants.length, 1)
    assert.deepEqual(
      readdirSync(onlyRun(results)).filter((name) => /report\.html\./.test(name)),
      [],
    )
  })
})

test('a load that cannot fit on the disk is refused before anything starts', async (t) => {
  const { profile, results } = await workspace(t)
  const sets = ['cluster.provider=local', 'clients=[kafkajs]', 'load.rate=100000000', 'phases.measure=24h'].flatMap(
    (set) => ['--set', set],
  )
  const { stderr, exitCode } = await kbench(['run', profile, '--results', results, ...sets])
  assert.equal(exitCode, 3, stderr)
  assert.match(stderr, /the run writes about .*B, and .* has .* left/)
  assert.ok(!existsSync(results))
})
