import { execa } from 'execa'
import { KbenchError } from '../../base/errors.ts'
import { relevantLines } from '../shared/log-tail.ts'

export interface RunOptions {
  timeoutMs?: number
  /** Ends it early; without one it runs to its end, also when kbench is interrupted. */
  signal?: AbortSignal
  /** Added to this process's own. */
  env?: Readonly<Record<string, string>>
}

export interface RunOutcome {
  ok: boolean
  stdout: string
  /** stdout and stderr in order; where the command could not even be run, why. */
  output: string
}

/** Runs a command with its output collected; a missing executable is `ok: false` too. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<RunOutcome> {
  const [file = '', ...args] = command
  const result = await execa(file, args, {
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: options.timeoutMs ?? 60_000,
    // What must not be cut short gets a process group of its own: Ctrl-C in a terminal goes to every process of kbench's.
    detached: options.signal === undefined,
    ...(options.signal ? { cancelSignal: options.signal } : {}),
    ...(options.env ? { env: options.env } : {}),
  })
  const output = (result.all ?? '').trim() || (result.shortMessage ?? '')
  return { ok: !result.failed, stdout: (result.stdout ?? '').trim(), output }
}

/** Runs docker and returns what it printed; throws `environment` with its last lines when it fails. */
export async function docker(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(['docker', ...args], options)
  if (result.ok) return result.stdout
  throw new KbenchError('environment', `docker ${args[0]} failed`, { details: lastLines(result.output) })
}

export const logsOf = async ({ id }: Pick<Container, 'id'>): Promise<string> =>
  (await run(['docker', 'logs', id])).output

export const logTail = async (container: Pick<Container, 'id'>): Promise<string[]> =>
  relevantLines(await logsOf(container))

export const lastLines = (text: string, count = 15): string[] => text.trimEnd().split('\n').slice(-count)

/** Version of the daemon that answers within 5 s; null = none does. */
export async function daemonVersion(signal?: AbortSignal): Promise<string | null> {
  const options = { timeoutMs: 5000, ...(signal ? { signal } : {}) }
  const result = await run(['docker', 'version', '--format', '{{.Server.Version}}'], options)
  return result.ok ? result.stdout : null
}

export interface Compose {
  command: readonly string[]
  version: string
}

/** The Compose plugin (v2), else docker-compose (v1); KBENCH_COMPOSE names another command. Null = there is none. */
export async function findCompose(chosen = process.env.KBENCH_COMPOSE): Promise<Compose | null> {
  for (const command of chosen ? [chosen.split(' ')] : [['docker', 'compose'], ['docker-compose']]) {
    // podman-compose 1.0 refuses --short, and prints other versions too.
    for (const short of [['--short'], []]) {
      const result = await run([...command, 'version', ...short], { timeoutMs: 10_000 })
      const version =
        short.length > 0 ? result.stdout.trim() : /^\S*compose\S*.*?(\d+\.\d\S*)/im.exec(result.stdout)?.[1]
      if (result.ok && version) return { command, version }
    }
  }
  return null
}

/** Is the image here; if not, does a registry have it? Asks for a few seconds at most. */
export async function findImage(image: string, signal: AbortSignal): Promise<'here' | 'in its registry' | null> {
  if ((await run(['docker', 'image', 'inspect', '--format', '{{.Id}}', image], { signal })).ok) return 'here'
  return (await run(['docker', 'manifest', 'inspect', image], { signal, timeoutMs: 8000 })).ok
    ? 'in its registry'
    : null
}

/** Pulls the image if it is not here; throws `environment` that names it when it cannot be had. */
export async function ensureImage(
  image: string,
  context: { signal: AbortSignal; say(line: string): void },
): Promise<void> {
  if ((await run(['docker', 'image', 'inspect', '--format', '{{.Id}}', image], { signal: context.signal })).ok) return
  context.say(`pulling ${image}`)
  const result = await run(['docker', 'pull', '--quiet', image], { signal: context.signal, timeoutMs: 900_000 })
  if (!result.ok && !context.signal.aborted) {
    throw new KbenchError('environment', `the image ${image} is not here and cannot be pulled`, {
      details: lastLines(result.output, 3),
      hint: 'set KBENCH_KAFKA_IMAGE (or the variable that its layout names) to an image with the same contract, or use provider: local',
    })
  }
}

export interface Container {
  id: string
  service: string
  /** null while it does not run */
  pid: number | null
  exitCode: number
}

/** The containers of a Compose project. */
export async function containersOf(project: string, options: RunOptions = {}): Promise<Container[]> {
  const ids = await idsOf(['ps', '--all', '--no-trunc'], project, options)
  if (ids.length === 0) return []
  const format = '{{.Id}} {{index .Config.Labels "com.docker.compose.service"}} {{.State.Pid}} {{.State.ExitCode}}'
  const text = await docker(['inspect', '--format', format, ...ids], options)
  return text.split('\n').map((line) => {
    const [id = '', service = '', pid, exitCode] = line.split(' ')
    return { id, service, pid: Number(pid) || null, exitCode: Number(exitCode) }
  })
}

/**
 * Removes containers, volumes and networks of a Compose project; returns a line per thing removed. Needs no compose file.
 * `keepVolumes`: those with a name.
 */
export async function removeProject(
  project: string,
  { keepVolumes = false, ...options }: RunOptions & { keepVolumes?: boolean } = {},
): Promise<string[]> {
  const removed: string[] = []
  const kinds = [
    { name: 'container', list: ['ps', '--all'], remove: ['rm', '--force', '--volumes'] },
    { name: 'volume', list: ['volume', 'ls'], remove: ['volume', 'rm', '--force'] },
    { name: 'network', list: ['network', 'ls'], remove: ['network', 'rm'] },
  ]
  for (const { name, list, remove } of kinds) {
    if (keepVolumes && name === 'volume') continue
    const ids = await idsOf(list, project, options)
    if (ids.length > 0) await docker([...remove, ...ids], options)
    removed.push(...ids.map((id) => `removed ${name} ${id}`))
  }
  return removed
}

async function idsOf(list: readonly string[], project: string, options: RunOptions): Promise<string[]> {
  const label = `label=com.docker.compose.project=${project}`
  return (await docker([...list, '--quiet', '--filter', label], options)).split('\n').filter(Boolean)
}
