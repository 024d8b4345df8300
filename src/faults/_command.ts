import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { KbenchError, messageOf } from '../base/errors.ts'
import { resolveReferences } from '../base/references.ts'
import { redact } from '../base/secrets.ts'
import { within } from '../base/within.ts'

/** Of each stream so much is kept, bytes. */
const mostOutput = 1_048_576
/** Between SIGTERM and SIGKILL, ms. */
const graceMs = 2000
/** After a command has ended, so long for what it printed to arrive, ms. */
const flushMs = 100

export interface CommandEnd {
  /** null = a signal ended it. */
  exitCode: number | null
  /** Why it was ended; null = it ended by itself. */
  ended: 'deadline' | 'interrupted' | null
}

export interface CommandOptions {
  /** ms */
  timeoutMs: number
  signal?: AbortSignal
  /** Takes what the command printed, without secrets. */
  log(text: string): Promise<void>
}

/**
 * Runs a program without a shell, in a process group of its own, which is ended as a whole after its deadline. References in the arguments are
 * resolved for this call only. Throws `environment` where the program cannot be started.
 */
export async function runCommand(
  name: string,
  argv: readonly string[],
  { timeoutMs, signal, log }: CommandOptions,
): Promise<CommandEnd> {
  const resolved = await Promise.all(argv.map(resolveReferences))
  const secrets = resolved.flatMap((each) => each.secrets)
  const [file, ...args] = resolved.map(({ text }) => text)
  const startedMs = performance.now()
  const child = spawn(file!, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const output: Record<'stdout' | 'stderr', { chunks: Buffer[]; bytes: number }> = {
    stdout: { chunks: [], bytes: 0 },
    stderr: { chunks: [], bytes: 0 },
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk: Buffer) => {
      const kept = output[stream]
      if (kept.bytes < mostOutput) kept.chunks.push(chunk.subarray(0, mostOutput - kept.bytes))
      kept.bytes += chunk.length
    })
  }
  const kill = (how: NodeJS.Signals) => {
    try {
      // The group: what the command has started ends with it.
      if (child.pid !== undefined) process.kill(-child.pid, how)
    } catch {
      // It is over.
    }
  }
  const onExit = () => kill('SIGKILL')
  process.once('exit', onExit)
  const over = new AbortController()
  let ended: CommandEnd['ended'] = null
  const watch = async () => {
    const stop = AbortSignal.any([over.signal, ...(signal ? [signal] : [])])
    await delay(timeoutMs, undefined, { signal: stop }).catch(() => {})
    if (over.signal.aborted) return
    ended = signal?.aborted ? 'interrupted' : 'deadline'
    kill('SIGTERM')
    await delay(graceMs, undefined, { signal: over.signal }).catch(() => {})
    kill('SIGKILL')
  }
  const watching = watch()
  try {
    // Not "close": something that goes on by itself, a broker that was started, may hold the pipes.
    const exitCode = await within(timeoutMs + 2 * graceMs, name, async () => {
      const closed = once(child, 'close').catch(() => {})
      const [code] = (await once(child, 'exit')) as [number | null]
      await Promise.race([closed, delay(flushMs)])
      return code
    })
    return { exitCode, ended }
  } catch (cause) {
    throw new KbenchError('environment', `${name}: ${argv[0]} cannot be run: ${messageOf(cause)}`, { cause })
  } finally {
    over.abort()
    await watching
    process.off('exit', onExit)
    const took = ((performance.now() - startedMs) / 1000).toFixed(2)
    const text = (['stdout', 'stderr'] as const).flatMap((stream) => {
      const { chunks, bytes } = output[stream]
      if (bytes === 0) return []
      const printed = redact(Buffer.concat(chunks).toString('utf8'), secrets).trimEnd()
      const rest = bytes > mostOutput ? `\n… ${bytes - mostOutput} bytes more` : ''
      return [`${stream}: ${printed}${rest}\n`]
    })
    const how = ended ?? child.exitCode ?? child.signalCode ?? 'not started'
    const head = `${new Date().toISOString()} ${name}: ${JSON.stringify(argv)} → ${how}, ${took} s\n`
    await log(head + text.join(''))
  }
}
