import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunResult } from '../../src/contracts/result.ts'
import { resultSchema } from '../../src/store/result-schema.ts'
import { kbench, scratch } from './_kbench.ts'
import { descendants, isClosed, type LiveRun, onlyResult, startRun } from './_live.ts'

// The process that runs a benchmark is killed, and "kbench report" makes the result of what it left.

const ratePerSec = 500
const sets = ['phases.warmup=2s', 'phases.measure=4s', 'phases.drain=5s'].flatMap((set) => ['--set', set])

interface StoredFact {
  fact?: string
  worker?: number
  is?: string
  atNs: number
  startNs: number
}

/** What is there of the run, as it is written. */
function left(results: string) {
  const folder = () => join(results, readdirSync(results)[0]!)
  const read = (name: string) => {
    try {
      return readFileSync(join(folder(), name), 'utf8')
    } catch {
      return ''
    }
  }
  return {
    folder,
    journal: () => read('journal.ndjson'),
    /** Of the first variant: whole lines. */
    facts: (): StoredFact[] =>
      read('recordings/0.ndjson')
        .split('\n')
        .slice(1, -1)
        .map((line) => JSON.parse(line)),
  }
}
type Left = ReturnType<typeof left>

/** Seconds from the start that every worker has reported in full. */
function knownS(facts: readonly StoredFact[]): number {
  const startNs = facts.find(({ fact }) => fact === 'started')?.startNs
  const workers = new Set(facts.flatMap(({ is, worker }) => (is === 'joined' ? [worker] : [])))
  if (startNs === undefined) return 0
  const lasts = [...workers].map((worker) =>
    Math.max(
      0,
      ...facts.filter((each) => each.fact === 'frame' && each.worker === worker).map(({ atNs }) => atNs - startNs),
    ),
  )
  return Math.max(0, Math.floor(Math.min(...lasts) / 1e9))
}

const has = (facts: readonly StoredFact[], name: string) => facts.some(({ fact }) => fact === name)

async function until(run: LiveRun, holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (run.child.exitCode !== null) throw new Error(`ended with ${run.child.exitCode}:\n${run.stderr()}`)
    await sleep(10)
  }
}

const isRunning = (pid: number): boolean => {
  try {
    // A zombie that nobody reaps yet has ended.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Starts quickstart, kills it as soon as `holds`, and waits until the processes that it had started have ended by themselves. */
async function killed(t: TestContext, clients: string, holds: (left: Left, run: LiveRun) => boolean) {
  const results = await scratch(t)
  const run = startRun(['quickstart', '--results', results, ...sets, '--set', `clients=[${clients}]`])
  const there = left(results)
  await until(run, () => readdirSync(results).length > 0 && holds(there, run))
  const children = descendants(run.child.pid!)
  run.child.kill('SIGKILL')
  await run.ended
  for (const pid of children) while (isRunning(pid)) await sleep(20)
  assert.ok(!existsSync(join(there.folder(), 'result.json')))
  return { results, there, children }
}

async function reported(results: string, folder: string): Promise<RunResult> {
  const { exitCode, stdout, stderr } = await kbench(['report', folder])
  assert.equal(exitCode, 0, stderr)
  assert.match(stderr, /^kbench: \S+: result\.json rebuilt from the journal and the recordings: it was missing\n$/)
  assert.match(stdout, /^INTERRUPTED/)
  const { result } = onlyResult(results)
  assert.deepEqual(resultSchema.safeParse(result).error?.issues ?? [], [])
  assert.deepEqual([result.status, result.exitCode, result.exitCodes.includes(130)], ['interrupted', 130, true])
  assert.ok(isClosed(result))
  assert.match(readFileSync(join(folder, 'report.html'), 'utf8'), /^<!doctype html>/)
  return result
}

/** What --dry-run says of a variant's recording, within a factor of 3. */
async function isAbout(packedBytes: number): Promise<void> {
  const { stdout } = await kbench(['run', 'quickstart', ...sets, '--set', 'clients=[kafkajs]', '--dry-run', '--json'])
  const { recordingBytes } = JSON.parse(stdout)
  assert.ok(
    recordingBytes < packedBytes * 3 && recordingBytes > packedBytes / 3,
    `${recordingBytes} for ${packedBytes}`,
  )
  const text = await kbench(['run', 'quickstart', ...sets, '--set', 'clients=[kafkajs]', '--dry-run'])
  assert.match(text.stdout, /^recordings: about [\d.]+ KiB, and [\d.]+ KiB more while a variant runs$/m)
}

const codes = ({ variants }: RunResult) => variants.map(({ findings }) => findings![0]?.code)

describe('kill -9, then report', { skip: process.platform !== 'linux' }, () => {
  test('while the cluster starts: nothing was begun', async (t) => {
    const { results, there, children } = await killed(
      t,
      'kafkajs',
      ({ journal }, { child }) => journal().includes('"type":"run"') && descendants(child.pid!).length > 0,
    )
    t.diagnostic(`${children.length} processes ended by themselves`)
    const result = await reported(results, there.folder())
    assert.deepEqual(codes(result), ['not-begun'])
    assert.equal(result.variants[0]!.integrity.verdict, 'not-audited')
  })

  for (const { at, holds } of [
    { at: 'warm-up', holds: ({ facts }: Left) => knownS(facts()) >= 1 },
    { at: 'measure', holds: ({ facts }: Left) => knownS(facts()) >= 4 },
    { at: 'drain', holds: ({ facts }: Left) => has(facts(), 'load-ended') },
  ]) {
    test(`in ${at}: everything up to the last second that all workers reported`, async (t) => {
      const { results, there, children } = await killed(t, 'kafkajs', holds)
      assert.ok(children.length >= 2, `${children.length} children`)
      const facts = there.facts()
      const isOver = has(facts, 'over')
      const result = await reported(results, there.folder())
      const [variant] = result.variants
      assert.equal(variant!.status, 'interrupted')
      assert.equal(variant!.integrity.verdict, 'not-audited')
      if (isOver) return t.diagnostic('it was over already')
      const untilS = Math.min(6, knownS(facts))
      assert.equal(variant!.ledger.scheduled, ratePerSec * untilS)
      const found = variant!.findings!.find(({ code }) => code === 'known-until')
      assert.equal(Math.min(6, Number(found?.untilS)), untilS)
      assert.ok(variant!.ledger.acked > 0 || untilS === 0)
      assert.ok(variant!.series.tickS.length >= untilS)
      const again = readFileSync(join(there.folder(), 'result.json'), 'utf8')
      const { stderr } = await kbench(['report', there.folder(), '--rebuild', '--format', 'junit'])
      assert.match(stderr, /rebuilt, no field changed/)
      assert.equal(readFileSync(join(there.folder(), 'result.json'), 'utf8'), again)
    })
  }

  test('in the audit: all numbers, and no verdict on the log', async (t) => {
    const { results, there } = await killed(t, 'kafkajs', ({ facts }) => has(facts(), 'over'))
    if (has(there.facts(), 'audited')) return t.diagnostic('the audit was over already')
    const { variants } = await reported(results, there.folder())
    assert.equal(variants[0]!.status, 'interrupted')
    assert.deepEqual([variants[0]!.ledger.scheduled, variants[0]!.integrity.verdict], [6 * ratePerSec, 'not-audited'])
  })

  test('between variants: the first is as it was, the second not begun or cut; --resume runs it', async (t) => {
    const { results, there } = await killed(t, 'kafkajs, node-rdkafka', ({ journal }) =>
      /^\{"type":"variant".*\n/m.test(journal()),
    )
    const line = there
      .journal()
      .split('\n')
      .find((text) => text.startsWith('{"type":"variant"'))!
    const result = await reported(results, there.folder())
    const { result: whole } = JSON.parse(line)
    assert.deepEqual(result.variants[0], whole)
    assert.equal(result.variants[1]!.status, 'interrupted')
    assert.equal(result.variants[1]!.integrity.verdict, 'not-audited')
    const { exitCode, stderr } = await kbench(['run', '--resume', there.folder()])
    assert.ok([0, 4].includes(exitCode), stderr)
    const { result: resumed } = onlyResult(results)
    assert.deepEqual(resumed.variants[0], whole)
    assert.deepEqual(
      resumed.variants.map(({ session, ledger }) => [session, ledger.scheduled]),
      [
        [1, 6 * ratePerSec],
        [2, 6 * ratePerSec],
      ],
    )
    assert.ok(isClosed(resumed) && !resumed.exitCodes.includes(130))
    await isAbout(readFileSync(join(there.folder(), 'recordings/0.ndjson.gz')).length)
    const again = await kbench(['report', there.folder(), '--rebuild'])
    assert.match(again.stderr, /^kbench: \S+: rebuilt, no field changed\n$/)
  })

  test('a run that is still under way is refused', async (t) => {
    const results = await scratch(t)
    const run = startRun(['quickstart', '--results', results, '--set', 'phases.measure=60s'])
    const there = left(results)
    await until(run, () => readdirSync(results).length > 0 && there.journal().includes('"type":"run"'))
    const { exitCode, stderr } = await kbench(['report', there.folder()])
    run.interrupt()
    await run.ended
    assert.equal(exitCode, 2)
    assert.match(stderr, new RegExp(`is still running \\(pid ${run.child.pid}\\)`))
  })
})
