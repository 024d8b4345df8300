import { join } from 'node:path'
import { execa } from 'execa'
import { findOnPath } from './_path.ts'

/** Kafka 4 needs 17. */
export const oldestJava = 17

export type Java = { command: string; major: number } | { command: string; problem: string }

/** The Java of JAVA_HOME, else of PATH; `problem` = why it cannot be used. */
export async function findJava(): Promise<Java> {
  const home = process.env.JAVA_HOME
  const command = home ? join(home, 'bin', 'java') : 'java'
  const result = await execa(command, ['-version'], { reject: false, all: true, timeout: 10_000, stdin: 'ignore' })
  if (result.code === 'ENOENT')
    return { command, problem: home ? `there is no ${command} (JAVA_HOME)` : 'there is no Java' }
  const major = Number(/version "(?:1\.)?(\d+)/.exec(result.all ?? '')?.[1])
  if (result.failed || !major) return { command, problem: `${command} -version fails: ${firstLine(result.all)}` }
  return major < oldestJava ? { command, problem: `Java ${major} is too old for Kafka` } : { command, major }
}

const firstLine = (text: string | undefined): string => (text ?? '').split('\n')[0]!

/** Path of Maven; null when there is none. Looked up by hand: `mvn -v` starts a JVM. */
export const findMaven = (): string | null => findOnPath('mvn')
