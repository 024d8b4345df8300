import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { packageRoot } from '../../src/base/root.ts'
import type { Cluster, ClusterFeature, ClusterProvider } from '../../src/contracts/api.ts'
import { registeredBrokers } from '../../src/kafka/registered-brokers.ts'
import { loadPlugin } from '../../src/registry.ts'
import type { Availability } from '../../src/runners/run/choose-cluster.ts'

/** A folder for everything a test file writes, leases included. `remove` also ends what a failed test left running. */
export function sandbox(providerName: string) {
  const root = mkdtempSync(join(tmpdir(), 'kbench-providers-'))
  process.env.XDG_STATE_HOME = join(root, 'state')
  const leases = () => filesIn(join(root, 'state', 'kbench', 'runs'))
  // For files that do not remove it; what failed is left to be looked at.
  process.once('exit', (code) => {
    if (leases().length > 0) cleanLater()
    else if (code === 0) rmSync(root, { recursive: true, force: true })
  })
  return {
    root,
    leases,
    directory: () => mkdtempSync(join(root, 'run-')),
    async remove() {
      for (const holder of holders) holder.kill('SIGKILL')
      await until('all holders are dead', () => holders.every(({ pid }) => pid === undefined || !isRunning(pid)))
      await (await loadPlugin('clusters', providerName)).clean?.(new AbortController().signal)
      rmSync(root, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** Tests that were interrupted leave brokers: they are ended as soon as this process, whose they are, is gone. */
function cleanLater(): void {
  const command = `while kill -0 ${process.pid}; do sleep 0.2; done; exec "$@"`
  const args = ['-c', command, 'sh', process.execPath, join(packageRoot, 'bin/kbench.js'), 'clean']
  spawn('sh', args, { detached: true, stdio: 'ignore' }).unref()
}

export function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

export interface Start {
  layout?: string
  startTimeout?: number
  directory: string
  signal?: AbortSignal
  said?: string[]
  paced?: boolean
  features?: readonly ClusterFeature[]
}

/** Brokers started from here on are given up after 3 s of silence, not 9: for tests in which they fall silent on purpose. */
export const sessionMs = 3000
export function shortenSessions(): void {
  Object.assign(process.env, {
    KBENCH_BROKER_SESSION_TIMEOUT_MS: String(sessionMs),
    KBENCH_BROKER_HEARTBEAT_INTERVAL_MS: '500',
  })
}

let runs = 0

/** Provisions as the pipeline would. */
export async function start(
  name: string,
  { layout = 'kraft-1', startTimeout = 120_000, ...rest }: Start,
): Promise<Cluster> {
  const provider = await loadPlugin('clusters', name)
  return provider.provision(provider.options.parse({ provider: name, layout, startTimeout }), {
    runId: `test-${process.pid}-${runs++}`,
    directory: rest.directory,
    signal: rest.signal ?? new AbortController().signal,
    say: (line) => rest.said?.push(line),
    ...(rest.paced === undefined ? {} : { paced: rest.paced }),
    ...(rest.features ? { features: new Set(rest.features) } : {}),
  })
}

/** Why this provider cannot run here; undefined = it can. For node:test's `skip`. */
export async function skipReason(name: string): Promise<string | undefined> {
  const provider: ClusterProvider<unknown> = await loadPlugin('clusters', name)
  const options = provider.options.parse({ provider: name, layout: 'kraft-3', startTimeout: 60_000 })
  const available: Availability = await provider.available(options, new AbortController().signal)
  return available.ok ? undefined : `provider ${name}: ${available.reason}`
}

/** Waits for a condition, 90 s at most: the machine may be busy with three JVMs. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 90_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited 90 s in vain until ${what}`)
    await sleep(100)
  }
}

/** The ids that a broker lists; none when it does not answer. */
export async function idsFrom(node: { host: string; port: number }): Promise<number[]> {
  const brokers = await registeredBrokers({ bootstrap: [`${node.host}:${node.port}`] }).catch(() => [])
  return brokers.map(({ id }) => id)
}

/** Runs? A zombie does not. */
export function isRunning(pid: number): boolean {
  return (stateOf(pid) ?? 'Z') !== 'Z'
}

/** State letter of a process: R, S, T (stopped), Z; null = there is none. */
export function stateOf(pid: number): string | null {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? null
  } catch {
    return null
  }
}

/** Processes whose command line names this text. */
export function processesNaming(text: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)
      } catch {
        return false
      }
    })
}

/** Addresses that this machine listens on at a port, hexadecimal as in /proc/net/tcp. */
export function listeningAddresses(port: number): string[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && Number.parseInt(fields[1]?.split(':')[1] ?? '', 16) === port)
      .map((fields) => fields[1]!.split(':')[0]!),
  )
}

/** 127.0.0.1 as an IPv4 address, and mapped into IPv6. */
export const loopback = ['0100007F', '0000000000000000FFFF00000100007F']

const holders: ChildProcess[] = []

/** A process of its own that holds a cluster until it is killed; resolves when the cluster is ready. */
export async function holdElsewhere(
  name: string,
  directory: string,
  features: readonly ClusterFeature[] = [],
): Promise<{ holder: ChildProcess; pids: number[] }> {
  const script = fileURLToPath(new URL('./_hold-cluster.js', import.meta.url))
  const holder = spawn(process.execPath, [script, name, directory, ...features], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  holders.push(holder)
  const exit = once(holder, 'exit').then(([code]) => Promise.reject(new Error(`the holder ended with code ${code}`)))
  const [line] = await Promise.race([once(holder.stdout!, 'data'), exit])
  exit.catch(() => undefined)
  return { holder, pids: JSON.parse(String(line)) }
}
