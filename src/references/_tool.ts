import { join } from 'node:path'
import { execa } from 'execa'
import { KbenchError } from '../base/errors.ts'

export interface Tool {
  /** Path of java. */
  java: string
  /** Folder of Kafka's jars. */
  jars: string
  /** Further options of the JVM. */
  options: readonly string[]
}

/** Runs one of Kafka's command line tools; resolves with what it printed, line by line. Throws `environment` when it fails. */
export async function runTool(
  { java, jars, options: further }: Tool,
  mainClass: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const options = ['-Xmx512m', '-Duser.language=en', '-Duser.country=US', ...further, '-cp', join(jars, '*')]
  const result = await execa(java, [...options, mainClass, ...args], {
    all: true,
    reject: false,
    stdin: 'ignore',
    cancelSignal: signal,
    // A JVM that gets SIGTERM waits for its client's close; what it has printed by then is of no use any more.
    forceKillAfterDelay: 1000,
    maxBuffer: 64 * 1024 * 1024,
  })
  if (signal.aborted) throw new KbenchError('interrupted', `interrupted while ${mainClass} ran`)
  const lines = (result.all ?? '').split('\n').filter((line) => line.trim() !== '')
  if (result.failed) {
    throw new KbenchError('environment', `${mainClass} ended with ${result.exitCode ?? result.signal ?? result.code}`, {
      details: lines.slice(-5),
    })
  }
  return lines
}
