import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { type ErrorCode, KbenchError } from '../core/errors.ts'

// Clusters that people work with: `kbench cluster up` leaves a supervisor behind, a process that holds the cluster and takes requests on a
// socket of this machine. What is known of it lies in a folder of its own.

const nodeSchema = z.object({ id: z.int(), address: z.string() })
const stateSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  layout: z.string(),
  provider: z.string(),
  clusterId: z.string(),
  kafkaVersion: z.string().nullable(),
  bootstrap: z.array(z.string()),
  nodes: z.array(nodeSchema),
  /** Of the supervisor. */
  pid: z.int(),
  startedAt: z.string(),
})

/** What is written down of a cluster once it is up. */
export type StandingState = z.infer<typeof stateSchema>

export interface StandingJob {
  name: string
  layout: string
  provider: string
  startTimeoutMs: number
  clusterId: string
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

const root = () => join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'kbench', 'clusters')

/** Folder of a cluster: state.json, data, logs. */
export const standingFolder = (name: string): string => join(root(), name)
export const dataFolder = (name: string): string => join(standingFolder(name), 'data')
export const logFolder = (name: string): string => join(standingFolder(name), 'logs')
const stateFile = (name: string): string => join(standingFolder(name), 'state.json')
const idFile = (name: string): string => join(standingFolder(name), 'cluster-id')

/** A path of a socket has 107 characters at most: not in the cluster's own folder, which may be deep. */
export function socketPath(name: string): string {
  const digest = createHash('sha256').update(standingFolder(name)).digest('hex')
  return join(tmpdir(), `kbench-${digest.slice(0, 20)}.sock`)
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

/** Does a supervisor answer for it? */
export async function isUp(name: string): Promise<boolean> {
  try {
    await ask(name, { op: 'ping' })
    return true
  } catch {
    return false
  }
}

/** Sends a request to a cluster's supervisor; throws what it answers, or `environment` when there is none. */
export function ask(name: string, request: StandingRequest, say: (line: string) => void = () => {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath(name))
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
      const reply = JSON.parse(line) as StandingReply
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

/** Starts a supervisor and waits until its cluster is up; throws what kept it from that, nothing being left then. */
export async function startStanding(
  job: Omit<StandingJob, 'clusterId'> & { composeProfiles: string | undefined },
  context: { signal: AbortSignal; say(line: string): void },
): Promise<StandingState> {
  const { name, composeProfiles } = job
  if (await isUp(name)) {
    const bootstrap = readState(name)?.bootstrap.join(',') ?? 'not known yet'
    throw new KbenchError('environment', `cluster ${name} is up already: ${bootstrap}`, {
      hint: `kbench cluster down ${name}, or another --name`,
    })
  }
  const isNew = !existsSync(dataFolder(name))
  mkdirSync(logFolder(name), { recursive: true })
  rmSync(stateFile(name), { force: true })
  rmSync(socketPath(name), { force: true })
  const log = openSync(join(logFolder(name), 'supervisor.log'), 'a')
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const child = fork(new URL(`./standing-host.${extension}`, import.meta.url), [], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, ...(composeProfiles === undefined ? {} : { COMPOSE_PROFILES: composeProfiles }) },
  })
  closeSync(log)
  const abort = () => void (child.connected && child.send({ abort: true }))
  context.signal.addEventListener('abort', abort, { once: true })
  try {
    return await new Promise<StandingState>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        reject(
          new KbenchError('environment', `the supervisor of ${name} ended with ${signal ?? `code ${code}`}`, {
            hint: `its log is ${join(logFolder(name), 'supervisor.log')}`,
          }),
        )
      })
      child.on('message', (reply: StandingReply) => {
        if ('say' in reply) context.say(reply.say)
        else if ('ok' in reply) resolve(stateSchema.parse(reply.ok))
        else reject(errorOf(reply))
      })
      const { composeProfiles: _, ...plain } = job
      child.send({ job: { ...plain, clusterId: clusterIdOf(name) } })
    })
  } catch (error) {
    // The logs stay, to be read. So does data that an earlier `down --keep` left.
    if (isNew) rmSync(dataFolder(name), { recursive: true, force: true })
    throw error
  } finally {
    context.signal.removeEventListener('abort', abort)
    if (child.connected) child.disconnect()
    child.unref()
  }
}

/** The id it had when its data was kept, else a new one. */
function clusterIdOf(name: string): string {
  if (existsSync(dataFolder(name)) && existsSync(idFile(name))) return readFileSync(idFile(name), 'utf8').trim()
  let id: string
  do id = randomBytes(16).toString('base64url')
  while (id.startsWith('-'))
  writeFileSync(idFile(name), `${id}\n`)
  return id
}

/** Forgets a cluster that is down; its data as well unless `keep`. */
export function forgetStanding(name: string, keep: boolean): void {
  rmSync(socketPath(name), { force: true })
  if (keep) rmSync(stateFile(name), { force: true })
  else rmSync(standingFolder(name), { recursive: true, force: true, maxRetries: 6, retryDelay: 50 })
}
