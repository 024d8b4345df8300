import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { pluginVariables } from '../../registry.ts'

/** Every process that kbench forked and that has not ended. */
const alive = new Set<ChildProcess>()

/** No more helper threads of V8 than processors: on small machines its collections would wait for each other. */
export const v8Options: readonly string[] = [`--v8-pool-size=${Math.min(4, availableParallelism())}`]

/**
 * For clients in JS at a given rate. They fill memory outside of V8's heap with short-lived buffers. A small young
 * generation frees those in passing; a large one leaves them to full collections, whose pauses come out as latency. It
 * costs throughput. With few processors a collection is over sooner without helper threads, which wait for a processor
 * while the client waits for them (ADR 9).
 */
export const shortPauses: readonly string[] = [
  '--max-semi-space-size=1',
  ...(availableParallelism() < 4 ? ['--single-threaded-gc'] : []),
]

/** kafkajs adds a listener per request that waits for a connection, and Node takes that for a leak. */
const quiet = ['--disable-warning=MaxListenersExceededWarning']

/** Forks an entry of this folder, with typed arrays in its messages and its output piped. */
export function forkChild(
  entry: 'host' | 'audit-host' | 'canary-host',
  args: readonly string[] = [],
  options: readonly string[] = [],
): ChildProcess {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const child = fork(new URL(`./${entry}.${extension}`, import.meta.url), args, {
    execArgv: [...process.execArgv, ...v8Options, ...quiet, ...options],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Blocking calls of librdkafka each hold a thread of libuv's pool (FACTS 8).
    env: { ...process.env, ...pluginVariables(), UV_THREADPOOL_SIZE: '16', KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  })
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  return child
}

/** Immediately: for a second SIGINT, and for the supervisor's own last breath. */
export function killChildren(): void {
  for (const child of alive) child.kill('SIGKILL')
}
