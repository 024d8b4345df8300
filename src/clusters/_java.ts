import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'

export interface Java {
  command: string
  major: number
}

/** The Java of JAVA_HOME, else of PATH; null when there is none that runs. */
export async function findJava(): Promise<Java | null> {
  const home = process.env.JAVA_HOME
  const command = home ? join(home, 'bin', 'java') : 'java'
  const result = await execa(command, ['-version'], { reject: false, all: true, timeout: 10_000, stdin: 'ignore' })
  const version = /version "(?:1\.)?(\d+)/.exec(result.all ?? '')
  return result.failed || !version ? null : { command, major: Number(version[1]) }
}

/** Maven's version; null when there is none. */
export async function findMaven(): Promise<string | null> {
  // Looked up by hand: `mvn -v` starts a JVM.
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const path = join(folder, 'mvn')
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  return null
}
