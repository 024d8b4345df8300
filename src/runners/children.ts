import { type ChildProcess, fork } from 'node:child_process'

/** Every process that kbench forked and that has not ended. */
const alive = new Set<ChildProcess>()

/** Forks an entry of this folder, with typed arrays in its messages and its output piped. */
export function forkChild(entry: 'host' | 'audit-host', args: readonly string[] = []): ChildProcess {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const child = fork(new URL(`./${entry}.${extension}`, import.meta.url), args, {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Blocking calls of librdkafka each hold a thread of libuv's pool (FACTS 8).
    env: { ...process.env, UV_THREADPOOL_SIZE: '16', KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  })
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  return child
}

/** At once: for a second SIGINT, and for the supervisor's own last breath. */
export function killChildren(): void {
  for (const child of alive) child.kill('SIGKILL')
}
