import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import type { Cluster } from '../../src/contracts/api.ts'
import { sandbox, skipReason, start, until } from '../cluster/_providers.ts'
import { withAdmin } from '../support/admin.ts'
import {
  boundS,
  type Happening,
  type Kind,
  type Outcome,
  play,
  type Running,
  stages,
  writeProfile,
} from './_reliability.ts'

// The table of docs/reliability.md: what happens to a run, at each stage; each cell three times, the likeliest races ten times. A cell that was
// done at this commit is not done again: a run of it that was ended goes on.

const skip = await skipReason('local')
const box = skip ? null : sandbox('local')
const folder = mkdtempSync(join(tmpdir(), 'kbench-reliability-'))
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: packageRoot, encoding: 'utf8' }).stdout.trim()
const cache = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'kbench',
  'reliability',
  `${commit || 'none'}.json`,
)
const done: Record<string, Outcome[]> = existsSync(cache) ? JSON.parse(readFileSync(cache, 'utf8')) : {}
let cluster: Cluster
let profile: string
let runs = 0

/** What is gone already needs no signal. */
const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
const signalled =
  (name: NodeJS.Signals, kind?: Kind) =>
  ({ live, pids }: Running) => {
    for (const pid of kind === undefined ? [live.child.pid!] : pids(kind).slice(0, 1)) signal(pid, name)
  }
const frozen = (kind: Kind) => signalled('SIGSTOP', kind)
/** One of three brokers; the topic stays writable. */
const broker = (signal: 'SIGSTOP' | 'SIGKILL') => async (running: Running) => {
  const node = running.cluster.nodes[2]!
  await node.signal!(signal)
  return async () => {
    if (signal === 'SIGSTOP') await node.signal!('SIGCONT')
    else await node.start!()
    await until('all brokers are back', async () => {
      const { brokers } = await withAdmin(running.cluster.network, (admin) => admin.describeCluster())
      return brokers.length === 3
    })
  }
}

const interrupted = { codes: [130], statuses: ['interrupted'] as const }
/** Nothing of it is lost, but it may be over already, or be late on a busy machine. */
const survives = { codes: [0, 4], statuses: ['ok', 'invalid'] as const }
/** Of all of kbench's processes, by libfaketime; monotonic time goes on as it does. */
const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'
const clockFile = join(folder, 'clock')
const faked = {
  ...{ LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: clockFile, FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: '1' },
}
const stepped = (step: string) => () => {
  writeFileSync(clockFile, step)
  return async () => writeFileSync(clockFile, '+0')
}
const twice = async (running: Running) => {
  running.live.child.kill('SIGINT')
  await until(
    'it is stopping',
    () => running.live.stderr().includes('once more') || running.live.child.exitCode !== null,
  )
  running.live.child.kill('SIGINT')
}

const happenings: Happening[] = [
  ...(['SIGINT', 'SIGTERM', 'SIGHUP'] as const).flatMap((signal) =>
    stages.map((at): Happening => {
      const times = signal === 'SIGINT' ? 10 : 3
      const isOver = at === 'teardown' || at === 'audit'
      // At the very end it may come too late to change anything.
      const codes = isOver ? [130, 0, 4] : [130]
      const statuses = isOver ? (['interrupted', 'ok', 'invalid'] as const) : interrupted.statuses
      return { what: signal, at, times, act: signalled(signal), codes, statuses }
    }),
  ),
  ...(['connect', 'load', 'drain', 'audit'] as const).map(
    (at): Happening => ({
      ...{
        what: 'SIGINT twice',
        at,
        times: at === 'load' ? 10 : 3,
        act: twice,
        codes: [130, ...(at === 'audit' ? [0, 4] : [])],
      },
      statuses: ['interrupted', ...(at === 'audit' ? (['ok', 'invalid'] as const) : [])],
    }),
  ),
  ...(['topic', 'connect', 'load', 'drain', 'audit'] as const).map(
    (at): Happening => ({
      // "null": ended by a signal.
      ...{
        what: 'kill -9 of the supervisor',
        at,
        times: at === 'load' || at === 'drain' ? 10 : 3,
        act: signalled('SIGKILL'),
        codes: [null as never],
      },
      statuses: ['interrupted', 'ok', 'invalid'],
    }),
  ),
  ...(['connect', 'load', 'drain'] as const).flatMap((at): Happening[] => [
    {
      ...{ what: 'a load host frozen', at, times: at === 'load' ? 10 : 3, act: frozen('host') },
      ...(at === 'connect'
        ? { codes: [3, 4], statuses: ['failed', 'invalid'] as const }
        : { codes: [0, 4], statuses: ['ok', 'invalid'] as const }),
    },
    {
      ...{ what: 'a load host killed', at, times: at === 'connect' ? 3 : 10, act: signalled('SIGKILL', 'host') },
      ...(at === 'connect'
        ? { codes: [3, 4], statuses: ['failed', 'invalid'] as const }
        : { codes: [0, 4], statuses: ['ok', 'invalid'] as const }),
    },
  ]),
  ...(['load', 'audit'] as const).flatMap((at): Happening[] => [
    { ...{ what: 'the audit’s process frozen', at, times: 3, act: frozen('audit-host') }, ...survives },
    { ...{ what: 'the audit’s process killed', at, times: 3, act: signalled('SIGKILL', 'audit-host') }, ...survives },
  ]),
  ...(['+1h', '-1h'] as const).flatMap((step) =>
    (['load', 'drain'] as const).map(
      (at): Happening => ({
        ...{ what: `the wall clock steps by ${step}`, at, times: 3, act: stepped(step), env: faked },
        ...survives,
      }),
    ),
  ),
  { ...{ what: 'the canary frozen', at: 'load', times: 3, act: frozen('canary-host') }, ...survives },
  { ...{ what: 'the canary killed', at: 'load', times: 3, act: signalled('SIGKILL', 'canary-host') }, ...survives },
  ...(['topic', 'connect', 'load', 'drain', 'audit', 'teardown'] as const).flatMap((at): Happening[] => [
    {
      ...{ what: 'a broker of three silent', at, times: 3, act: broker('SIGSTOP') },
      codes: [0, 3, 4],
      statuses: ['ok', 'invalid', 'failed'],
    },
    {
      ...{ what: 'a broker of three killed', at, times: 3, act: broker('SIGKILL') },
      codes: [0, 3, 4],
      statuses: ['ok', 'invalid', 'failed'],
    },
  ]),
]

before(async () => {
  if (!box) return
  cluster = await start('local', { layout: 'kraft-3', directory: box.directory() })
  profile = writeProfile(folder, cluster)
  writeFileSync(clockFile, '+0')
})
after(async () => {
  await cluster?.[Symbol.asyncDispose]()
  await box?.remove()
  rmSync(folder, { recursive: true, force: true })
  for (const line of table()) console.log(line)
})

for (const happening of happenings) {
  const { what, at, times, env } = happening
  const noClock = env === faked && !existsSync(library) ? 'libfaketime is not installed' : undefined
  describe(`${what}, at ${at}`, { skip: skip ?? noClock }, () => {
    for (let n = 0; n < times; n++) {
      test(`#${n + 1}`, async (t) => {
        const key = `${what} | ${at}`
        done[key] ??= []
        const known = done[key]
        if (known[n]) return t.diagnostic('done at this commit already')
        const outcome = await play(happening, cluster, profile, join(folder, `results-${++runs}`))
        assert.deepEqual(outcome.problems, [])
        known.push(outcome)
        mkdirSync(dirname(cache), { recursive: true })
        writeFileSync(cache, JSON.stringify(done))
        t.diagnostic(`${outcome.tookS.toFixed(1)} s, exit ${outcome.exitCode}, ${outcome.status}, ${outcome.verdict}`)
      })
    }
  })
}

/** As docs/reliability.md has it. */
function table(): string[] {
  const values = <T>(all: readonly T[]) => [...new Set(all)].sort().join(' or ')
  return [
    '| what happens | stage | times | exit code | result | integrity | longest time to the end |',
    '|---|---|---|---|---|---|---|',
    ...happenings.map(({ what, at }) => {
      const outcomes = done[`${what} | ${at}`] ?? []
      const codes = values(outcomes.map(({ exitCode }) => exitCode ?? 'by the signal'))
      const results = values(
        outcomes.map(({ status, rebuilt }) => (rebuilt && status !== 'none' ? `${status} (kbench report)` : status)),
      )
      const verdicts = values(outcomes.map(({ verdict }) => verdict))
      const longest =
        outcomes.length === 0 ? 'not done' : `${Math.max(...outcomes.map(({ tookS }) => tookS)).toFixed(1)} s`
      return `| ${what} | ${at} | ${outcomes.length} | ${codes} | ${results} | ${verdicts} | ${longest} |`
    }),
    '',
    `Longest time that is allowed: ${boundS} s.`,
  ]
}
