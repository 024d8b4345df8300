import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { type ErrorCode, KbenchError } from '../../base/errors.ts'
import { identify, isAlive, type ProcessIdentity } from '../../base/processes.ts'
import { makeStateFolder, stateFolder } from '../../base/state-folder.ts'
import type { Security } from '../../contracts/api.ts'
import { clientPropertiesText } from '../../kafka/client-config.ts'
import { newClusterId } from '../../kafka/cluster-id.ts'

// Clusters that people work with: `kbench cluster up` leaves a supervisor behind, a process that holds the cluster and takes requests on a
// socket of this machine. What is known of it is in a folder of its own.

const nodeSchema = z.object({ id: z.int(), address: z.string() })
const stateSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  layout: z.string(),
  provider: z.string(),
  clusterId: z.string(),
  kafkaVersion: z.string().nullable(),
  bootstrap: z.array(z.string()),
  /** A client.properties that says how to log in; absent = no encryption and no login. */
  config: z.string().optional(),
  nodes: z.array(nodeSchema),
  /** Of the supervisor. */
  pid: z.int(),
  startedAt: z.string(),
  /** It was taken down, and its data kept. */
  kept: z.boolean().default(false),
})

/** What is written down of a cluster once it is up. */
export type StandingState = z.infer<typeof stateSchema>

export interface StandingJob {
  name: string
  layout: string
  provider: string
  startTimeoutMs: number
  clusterId: string
  /** There is data of an earlier time: it stays also when the start fails. */
  hasData: boolean
}

/** What a supervisor is asked. */
export type StandingRequest =
  | { op: 'ping' }
  | { op: 'down'; keep: boolean }
  | { op: 'stop'; broker: number; signal: NodeJS.Signals }
  | { op: 'start'; broker: number }
  | { op: 'log-command'; tail: number; follow: boolean; services: string[] }

/** A line of progress, and at last a value or an error. */
export type StandingReply =
  | { say: string }
  | { ok: unknown }
  | { error: { code: ErrorCode; message: string; details: readonly string[]; hint: string | null } }

const root = () => stateFolder('clusters')

/** Folder of a cluster: state.json, data, logs. */
export const standingFolder = (name: string): string => join(root(), name)
export const dataFolder = (name: string): string => join(standingFolder(name), 'data')
export const logFolder = (name: string): string => join(standingFolder(name), 'logs')
const stateFile = (name: string): string => join(standingFolder(name), 'state.json')
const supervisorFile = (name: string): string => join(standingFolder(name), 'supervisor.json')

/**
 * A path of a socket has 107 characters at most. So it is not in the cluster's own folder, which may be deep, but in a
 * folder of this user in /tmp, whatever TMPDIR is now and was then. Throws `environment` where somebody else made that
 * folder: who answers there could make us run anything.
 */
export function socketPath(name: string): string {
  const { uid } = userInfo()
  const folder = `/tmp/kbench-${uid}`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new KbenchError('environment', `${folder} is not a folder of this user alone`, { hint: 'remove it' })
  }
  const digest = createHash('sha256').update(standingFolder(name)).digest('hex')
  return join(folder, `${digest.slice(0, 20)}.sock`)
}

/** The process that holds a cluster, or brings it up; null = there is none. */
function supervisorOf(name: string): ProcessIdentity | null {
  try {
    const identity = JSON.parse(readFileSync(supervisorFile(name), 'utf8')) as ProcessIdentity
    return isAlive(identity) ? identity : null
  } catch {
    return null // none was ever started
  }
}

/** up; or a process holds it that does not answer, because it is starting or hangs; or down. */
export async function standingPhase(name: string): Promise<{ phase: 'up' | 'down' } | { phase: 'busy'; pid: number }> {
  const supervisor = supervisorOf(name)
  if (supervisor === null) return { phase: 'down' }
  try {
    await ask(name, { op: 'ping' })
    return { phase: 'up' }
  } catch {
    return { phase: 'busy', pid: supervisor.pid }
  }
}

/** Writes how clients log in to a cluster, for its owner alone; returns the path of the file. */
export function keepClientConfig(name: string, security: Security): string {
  const path = join(standingFolder(name), 'client.properties')
  rmSync(path, { force: true })
  writeFileSync(path, clientPropertiesText(security), { mode: 0o600 })
  return path
}

export function writeState(state: StandingState): void {
  writeFileSync(stateFile(state.name), `${JSON.stringify(state, null, 2)}\n`)
}

/** Null = it is not up, or not yet. Throws `environment` where the file cannot be read. */
export function readState(name: string): StandingState | null {
  if (!existsSync(stateFile(name))) return null
  try {
    return stateSchema.parse(JSON.parse(readFileSync(stateFile(name), 'utf8')))
  } catch (cause) {
    throw new KbenchError('environment', `unreadable state ${stateFile(name)}`, {
      cause,
      hint: `kbench cluster down ${name} removes it`,
    })
  }
}

/** Names of the clusters that have a folder, up or not. */
export function standingNames(): string[] {
  return existsSync(root()) ? readdirSync(root()).sort() : []
}

const pingMs = 5000

/** Sends a request to a cluster's supervisor; throws what it answers, or `environment` when there is none. */
export function ask(
  name: string,
  request: StandingRequest,
  say: (line: string) => void = () => {},
  patienceMs = pingMs,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath(name))
    // Whatever takes longer is reported line by line.
    if (request.op === 'ping') socket.setTimeout(patienceMs, () => socket.destroy())
    let answered = false
    const fail = (cause?: unknown) => {
      if (answered) return
      answered = true
      reject(new KbenchError('environment', `cluster ${name} is not up`, { cause, hint: `kbench cluster up ${name}` }))
    }
    socket.once('error', fail)
    socket.once('close', () => fail())
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    const lines = createInterface({ input: socket })
    lines.on('error', () => undefined) // it repeats the socket's
    lines.on('line', (line) => {
      let reply: StandingReply
      try {
        reply = JSON.parse(line) as StandingReply
      } catch (error) {
        // It died in the midst of a line, or is none of kbench's.
        socket.destroy()
        return fail(error)
      }
      if ('say' in reply) return say(reply.say)
      answered = true
      socket.end()
      if ('ok' in reply) resolve(reply.ok)
      else reject(errorOf(reply))
    })
  })
}

export function errorOf({ error }: Extract<StandingReply, { error: unknown }>): KbenchError {
  const { code, message, details, hint } = error
  return new KbenchError(code, message, { details, ...(hint === null ? {} : { hint }) })
}

/**
 * Starts a supervisor and waits until its cluster is up; throws what kept it from that, nothing being left then but logs, and data of an
 * earlier time. `fork` for tests.
 */
export async function startStanding(
  wanted: Omit<StandingJob, 'clusterId' | 'hasData'> & { composeProfiles: string | undefined },
  context: { signal: AbortSignal; say(line: string): void },
  fork = forkSupervisor,
): Promise<StandingState> {
  const { composeProfiles, ...job } = wanted
  const { name } = job
  await refuseWhereThere(name)
  if (context.signal.aborted) throw new KbenchError('interrupted', `interrupted before cluster ${name} was started`)
  const earlier = readState(name)
  // Its supervisor was killed, or this machine went down: brokers may live on, and the data is somebody's.
  if (earlier && !earlier.kept) {
    throw new KbenchError('environment', `${name} was up, and its supervisor has died`, {
      hint: `kbench cluster down ${name} --keep ends what is left of it and keeps its data; without --keep the data goes too`,
    })
  }
  const kept = earlier
  if (kept && kept.layout !== job.layout) {
    throw new KbenchError('environment', `${name} holds data that was kept of layout ${kept.layout}`, {
      hint: `kbench cluster down ${name} removes it; or use another --name`,
    })
  }
  // What one provider has kept another would not find.
  if (kept && job.provider === 'auto') job.provider = kept.provider
  const clusterId = kept?.clusterId ?? newClusterId()
  makeStateFolder('clusters')
  mkdirSync(logFolder(name), { recursive: true })
  const child = fork(name, composeProfiles)
  // Outside: what is there belongs to whoever holds it.
  hold(name, child)
  try {
    return await bringUp(child, { ...job, clusterId, hasData: kept !== null }, context)
  } catch (error) {
    if (!kept) rmSync(dataFolder(name), { recursive: true, force: true, maxRetries: 6, retryDelay: 50 })
    throw error
  } finally {
    if (child.connected) child.disconnect()
    child.unref()
  }
}

async function refuseWhereThere(name: string): Promise<void> {
  const found = await standingPhase(name)
  if (found.phase === 'busy') throw busy(name, found.pid)
  if (found.phase === 'down') return
  const bootstrap = readState(name)?.bootstrap.join(',') ?? 'not known yet'
  throw new KbenchError('environment', `cluster ${name} is up already: ${bootstrap}`, {
    hint: `kbench cluster down ${name}, or another --name`,
  })
}

/** For a cluster whose supervisor lives and does not answer. */
export const busy = (name: string, pid: number): KbenchError =>
  new KbenchError('environment', `cluster ${name} is starting or ending, or does not answer`, {
    hint: `wait; its supervisor is process ${pid}, its log ${join(logFolder(name), 'supervisor.log')}`,
  })

function forkSupervisor(name: string, composeProfiles: string | undefined): ChildProcess {
  const log = openSync(join(logFolder(name), 'supervisor.log'), 'a')
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  try {
    return fork(new URL(`./standing-host.${extension}`, import.meta.url), [], {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
      env: { ...process.env, ...(composeProfiles === undefined ? {} : { COMPOSE_PROFILES: composeProfiles }) },
    })
  } finally {
    closeSync(log)
  }
}

/** Writes down who holds it; of two that start at the same time the second gives up before it has begun. */
function hold(name: string, child: ChildProcess): void {
  const identity = child.pid === undefined ? null : identify(child.pid)
  try {
    if (supervisorOf(name) === null) rmSync(supervisorFile(name), { force: true })
    writeFileSync(supervisorFile(name), JSON.stringify(identity), { flag: 'wx' })
  } catch (cause) {
    child.kill('SIGKILL')
    throw new KbenchError('environment', `cluster ${name} is being started by another process`, { cause })
  }
}

async function bringUp(
  child: ChildProcess,
  job: StandingJob,
  context: { signal: AbortSignal; say(line: string): void },
): Promise<StandingState> {
  const abort = () => void (child.connected && child.send({ abort: true }, () => undefined))
  context.signal.addEventListener('abort', abort, { once: true })
  try {
    return await new Promise<StandingState>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        const how = signal ?? `code ${code}`
        reject(
          new KbenchError('environment', `the supervisor of ${job.name} ended with ${how}`, {
            hint: `its log is ${join(logFolder(job.name), 'supervisor.log')}`,
          }),
        )
      })
      child.on('message', (reply: StandingReply) => {
        if ('say' in reply) context.say(reply.say)
        else if ('ok' in reply) resolve(stateSchema.parse(reply.ok))
        else reject(errorOf(reply))
      })
      child.send({ job })
    })
  } finally {
    context.signal.removeEventListener('abort', abort)
  }
}

/** Notes that a cluster is down and its data kept, for the next `up` and for the `down` that removes it. */
export function noteKept(state: StandingState): void {
  writeState({ ...state, kept: true })
}

/** Forgets a cluster that is down, its data on this machine included. */
export function forgetStanding(name: string): void {
  rmSync(socketPath(name), { force: true })
  rmSync(standingFolder(name), { recursive: true, force: true, maxRetries: 6, retryDelay: 50 })
}
