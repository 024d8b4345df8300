import { messageOf } from '../../base/errors.ts'
import type { CanaryFact, CanaryStoppedFact } from '../../contracts/facts.ts'
import { type CanaryAcks, createCanaryAcks } from '../../recording/canary-acks.ts'
import type { CanaryJob, FromCanary, ToCanary } from '../hosts/canary-serve.ts'
import { forkChild } from '../hosts/children.ts'

/** The canary as the supervisor sees it: what it has reported so far, and its end. */
export interface Canary extends AsyncDisposable, Pick<CanaryAcks, 'acks' | 'offsets' | 'firstSentNs' | 'stoppedNs'> {
  /** Ends it; resolves when its last acknowledgements are in. */
  stop(): Promise<void>
  /** Why it does not sing (any more); null = it does. */
  problem(): string | null
}

/** The canary's process, as far as it is needed here; a fake one in tests. */
export interface CanaryProcess {
  post(message: ToCanary): void
  onMessage(listener: (message: FromCanary) => void): void
  /** Resolves with how it ended: "SIGKILL", "exit code 1". */
  ended: Promise<string>
  kill(): void
}

export interface CanaryOptions {
  signal: AbortSignal
  /** Every fact in the order in which it came: for the recording. */
  report?: (fact: CanaryFact | CanaryStoppedFact) => void
  nowNs: () => number
  open?: () => CanaryProcess
}

const connectMs = 30_000
const endMs = 6000

/** Starts the canary's process; resolves when it is connected, or with a problem: a run goes on without it. */
export async function startCanary(job: CanaryJob, options: CanaryOptions): Promise<Canary> {
  const { signal, nowNs, report = () => {}, open = forkCanary } = options
  const record = createCanaryAcks(job.partitions)
  let problem: string | null = null
  let stopping = false
  const add = (fact: CanaryFact | CanaryStoppedFact) => {
    record.add(fact)
    report(fact)
  }
  /** Once: what follows changes nothing. */
  const over = (atNs: number, why: string | null) => {
    problem ??= why
    if (record.stoppedNs() === null) add({ fact: 'canary-stopped', atNs, problem: why })
  }
  const child = open()
  // It may have died long before this is noticed, with acknowledgements that were not reported any more.
  const died = (why: string) => over(record.knownUntilNs() ?? nowNs(), stopping ? null : why)
  const exited = child.ended.then((how) => died(`the canary ended with ${how}`))
  let connected = () => {}
  const ready = new Promise<void>((resolve) => {
    connected = resolve
  })
  child.onMessage((message) => {
    if (message.type === 'ready') connected()
    else if (message.type === 'acks') add({ fact: 'canary', atNs: message.atNs, acks: message.acks })
    else if (message.type === 'ended') over(message.stoppedNs, stopping ? null : 'the canary stopped by itself')
    else {
      died(`no canary: ${message.message}`)
      connected()
    }
  })
  const stop = async () => {
    stopping = true
    child.post({ type: 'stop' })
    const timer = setTimeout(() => child.kill(), endMs)
    await exited
    clearTimeout(timer)
  }
  child.post({ type: 'init', job })
  const timer = setTimeout(() => {
    problem ??= `no canary: not connected after ${connectMs / 1000} s`
    connected()
  }, connectMs)
  signal.addEventListener('abort', connected, { once: true })
  await Promise.race([ready, exited])
  clearTimeout(timer)
  const { acks, offsets, firstSentNs, stoppedNs } = record
  return { acks, offsets, firstSentNs, stoppedNs, stop, problem: () => problem, [Symbol.asyncDispose]: stop }
}

function forkCanary(): CanaryProcess {
  const child = forkChild('canary-host')
  child.stdout?.resume()
  child.stderr?.resume()
  return {
    post(message) {
      if (child.connected) child.send(message)
    },
    onMessage: (listener) => void child.on('message', listener),
    ended: new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
      child.once('error', (error) => resolve(messageOf(error)))
    }),
    kill: () => void child.kill('SIGKILL'),
  }
}
