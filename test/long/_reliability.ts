import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '../../src/contracts/api.ts'
import type { RunResult } from '../../src/contracts/result.ts'
import { kbench } from '../cli/_kbench.ts'
import { descendants, isClosed, type LiveRun, startRun } from '../cli/_live.ts'
import { isRunning } from '../cluster/_providers.ts'

// Runs of 8 s on one standing cluster to which something happens at a stage: test/long/reliability.test.ts.

/** Stages of a run at which something happens. */
export const stages = ['topic', 'connect', 'load', 'drain', 'audit', 'teardown'] as const
export type Stage = (typeof stages)[number]

/** kbench's own processes. */
export const processes = ['host', 'audit-host', 'canary-host'] as const
export type Kind = (typeof processes)[number]

export interface Happening {
  /** "SIGINT", "a load host frozen" … */
  what: string
  at: Stage
  times: number
  /** Brought about as soon as the run is there; gives how to take it back when the run is over. */
  act(run: Running): Promise<(() => Promise<void>) | void> | (() => Promise<void>) | void
  /** Exit codes that tell the truth. */
  codes: readonly number[]
  /** Status of the variant in the result, or in what `kbench report` makes of the recording. */
  statuses: readonly RunResult['status'][]
  env?: Record<string, string>
  /** Beyond the usual bound, s: brokers of somebody else that come back. */
  moreS?: number
}

export interface Running {
  live: LiveRun
  pids(kind: Kind): number[]
  cluster: Cluster
}

export interface Outcome {
  exitCode: number | null
  /** From what happened to the end of the process, s. */
  tookS: number
  status: string
  verdict: string
  rebuilt: boolean
  problems: string[]
}

/** Warm-up, measure and drain of every run here. */
export const phases = { warmupS: 1, measureS: 5, drainS: 2 }
const rate = 300
/** MEASURING: planned time is phases, drain, an audit at 200 000/s and 10 s; and 30 s more are allowed. */
export const boundS = phases.warmupS + phases.measureS + phases.drainS + 10 + 30

export function writeProfile(folder: string, cluster: Cluster): string {
  const file = join(folder, 'reliability.yaml')
  const brokers = cluster.network.bootstrap.map((each) => `"${each}"`).join(', ')
  const lines = [
    'name: reliability',
    `cluster: { provider: external, bootstrap: [${brokers}] }`,
    'clients: [node-rdkafka]',
    'topic: { partitions: 6, replicationFactor: 3, config: { min.insync.replicas: 2 } }',
    `load: { rate: ${rate}, record: { size: 256 } }`,
    'producers: { count: 2 }',
    'consumers: [ { group: g1, members: 2 } ]',
    'canary: { enabled: true }',
    `phases: { clusterWarmup: 0s, warmup: ${phases.warmupS}s, measure: ${phases.measureS}s, drain: ${phases.drainS}s }`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

/** Runs it once; a problem is whatever is not as it has to be. */
export async function play(happening: Happening, cluster: Cluster, profile: string, results: string): Promise<Outcome> {
  const live = startRun([profile, '--results', results], happening.env ?? {})
  const running: Running = {
    live,
    cluster,
    pids: (kind) => descendants(live.child.pid!).filter((pid) => runs(pid, `/${kind}.`)),
  }
  const problems: string[] = []
  try {
    await reaches(happening.at, live, results)
  } catch (error) {
    problems.push(String(error))
  }
  const children = descendants(live.child.pid!)
  const sinceMs = performance.now()
  const undo = await happening.act(running)
  const late = new AbortController()
  const exit = await Promise.race([
    live.ended.then(({ exitCode }) => ({ exitCode })),
    sleep((boundS + (happening.moreS ?? 0)) * 1000, null, { signal: late.signal }),
  ])
  late.abort()
  const tookS = (performance.now() - sinceMs) / 1000
  if (exit === null) {
    problems.push(`it had not ended after ${tookS.toFixed(0)} s`)
    live.child.kill('SIGKILL')
    await live.ended
  }
  await undo?.()
  const exitCode = exit?.exitCode ?? null
  const codes: readonly (number | null)[] = happening.codes
  if (!codes.includes(exitCode) && exit !== null) problems.push(`exit ${exitCode}: ${live.stderr().slice(-400)}`)
  if (/\n\s+at .*:\d+:\d+/.test(live.stderr())) problems.push(`a stack trace: ${live.stderr().slice(-400)}`)
  const left = await stillThere(children)
  if (left.length > 0) problems.push(`processes ${left.join(', ')} are left`)
  for (const pid of left) process.kill(pid, 'SIGKILL')
  return { exitCode, tookS, ...(await kept(results, happening, problems)), problems }
}

/** Of what was measured: the result, or what `kbench report` makes of the recording. */
async function kept(
  results: string,
  happening: Happening,
  problems: string[],
): Promise<Pick<Outcome, 'status' | 'verdict' | 'rebuilt'>> {
  const none = { status: 'none', verdict: 'none', rebuilt: false }
  const [run] = existsSync(results) ? readdirSync(results) : []
  if (run === undefined) return none
  const file = join(results, run, 'result.json')
  const rebuilt = !existsSync(file)
  if (rebuilt) {
    const report = await kbench(['report', join(results, run)])
    // Killed before anything of the variant was on the disk.
    if (report.exitCode === 2 && ['topic', 'connect'].includes(happening.at)) return none
    if (report.exitCode !== 0) problems.push(`kbench report: exit ${report.exitCode} ${report.stderr}`)
    if (!existsSync(file)) return none
  }
  const result = JSON.parse(readFileSync(file, 'utf8')) as RunResult
  if (!isClosed(result))
    problems.push(`the ledger is open: ${JSON.stringify(result.variants.map(({ ledger }) => ledger))}`)
  if (!happening.statuses.includes(result.status))
    problems.push(`status ${result.status}: ${result.variants[0]?.reasons.join('; ')}`)
  return { status: result.status, verdict: result.variants[0]?.integrity.verdict ?? 'none', rebuilt }
}

const runs = (pid: number, part: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(part)
  } catch {
    return false
  }
}

async function stillThere(pids: readonly number[]): Promise<number[]> {
  for (let n = 0; n < 50; n++) {
    if (!pids.some(isRunning)) return []
    await sleep(100)
  }
  return pids.filter(isRunning)
}

/** Resolves as soon as the run is there. */
async function reaches(stage: Stage, live: LiveRun, results: string): Promise<void> {
  const shows: Record<Stage, () => boolean> = {
    topic: () => /\btopic {4}/.test(live.stderr()),
    connect: () => /\bconnect {2}/.test(live.stderr()),
    load: () => recording(results).split('"fact":"frame"').length > 8,
    drain: () => recording(results).includes('"fact":"load-ended"'),
    audit: () => /\baudit {4}/.test(live.stderr()),
    teardown: () => /\bteardown/.test(live.stderr()),
  }
  while (!shows[stage]()) {
    if (live.child.exitCode !== null)
      throw new Error(`it ended with ${live.child.exitCode} before ${stage}: ${live.stderr().slice(-400)}`)
    await sleep(10)
  }
}

function recording(results: string): string {
  const [run] = existsSync(results) ? readdirSync(results) : []
  const file = run && join(results, run, 'recordings/0.ndjson')
  return file && existsSync(file) ? readFileSync(file, 'utf8') : ''
}
