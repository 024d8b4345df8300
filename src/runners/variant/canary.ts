import { messageOf } from '../../base/errors.ts'
import type { CanaryJob, FromCanary, ToCanary } from '../hosts/canary-host.ts'
import { forkChild } from '../hosts/children.ts'

/** The canary as the supervisor sees it: acknowledgements by partition, in the order in which they came. */
export interface Canary extends AsyncDisposable {
  /** By partition, ns of CLOCK_MONOTONIC. */
  acks: number[][]
  /** Offsets of its records by partition, ascending. */
  offsets: number[][]
  /** Ends it; resolves when its last acknowledgements are in. */
  stop(): Promise<void>
  /** Why it does not sing (any more); null = it does. */
  problem(): string | null
}

/** Starts the canary's process; resolves when it is connected, or with a problem: a run goes on without it. */
export async function startCanary(job: CanaryJob, signal: AbortSignal): Promise<Canary> {
  const acks: number[][] = Array.from({ length: job.partitions }, () => [])
  const offsets: number[][] = Array.from({ length: job.partitions }, () => [])
  let problem: string | null = null
  let stopping = false
  const child = forkChild('canary-host')
  child.stdout?.resume()
  child.stderr?.resume()
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, why) => {
      if (!stopping) problem ??= `the canary ended with ${why ?? `exit code ${code}`}`
      resolve()
    })
    child.once('error', (error) => {
      problem ??= messageOf(error)
      resolve()
    })
  })
  let connected = () => {}
  const ready = new Promise<void>((resolve) => {
    connected = resolve
  })
  child.on('message', (message: FromCanary) => {
    if (message.type === 'ready') connected()
    else if (message.type === 'error') {
      problem ??= `no canary: ${message.message}`
      connected()
    } else if (message.type === 'acks') {
      for (let at = 0; at < message.acks.length; at += 3) {
        const partition = message.acks[at]!
        acks[partition]!.push(message.acks[at + 2]!)
        insert(offsets[partition]!, message.acks[at + 1]!)
      }
    }
  })
  const post = (message: ToCanary) => {
    if (child.connected) child.send(message)
  }
  const stop = async () => {
    stopping = true
    post({ type: 'stop' })
    const timer = setTimeout(() => child.kill('SIGKILL'), 6000)
    await exited
    clearTimeout(timer)
  }
  post({ type: 'init', job })
  const timer = setTimeout(() => {
    problem ??= 'no canary: not connected after 30 s'
    connected()
  }, 30_000)
  signal.addEventListener('abort', connected, { once: true })
  await Promise.race([ready, exited])
  clearTimeout(timer)
  return { acks, offsets, stop, problem: () => problem, [Symbol.asyncDispose]: stop }
}

/** Almost always at the end: a retry may be acknowledged after its successors. */
function insert(sorted: number[], offset: number): void {
  if (offset < 0) return
  let at = sorted.length
  while (at > 0 && sorted[at - 1]! > offset) at--
  sorted.splice(at, 0, offset)
}
