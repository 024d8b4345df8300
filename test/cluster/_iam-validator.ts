import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/base/root.ts'
import { copyFromMaven } from '../../src/clusters/local/jars.ts'
import { findOnPath } from '../../src/clusters/shared/path.ts'
import { jarsFolder } from './_kafka-tools.ts'

/** The user of AWS whom brokers with the validator know. */
export const awsUser = { region: 'eu-central-1', accessKey: 'AKIDKBENCH', secretKey: 'wJalr/XUtn+FEMI' }

/** Compiles iam/IamValidator.java; returns the folder of its classes, for the class path of a broker. */
export async function compileValidator(folder: string): Promise<string> {
  const classes = join(folder, 'classes')
  mkdirSync(classes, { recursive: true })
  const source = join(packageRoot, 'test/cluster/iam/IamValidator.java')
  const args = ['-cp', join(jarsFolder, 'kafka-clients-4.1.0.jar'), '-d', classes, source]
  execFileSync(...(await compiler(folder, args)), { stdio: ['ignore', 'pipe', 'inherit'] })
  return classes
}

/** A runtime of Java alone has no javac: then the compiler of Eclipse, from Maven. */
async function compiler(folder: string, args: string[]): Promise<[file: string, args: string[]]> {
  if (findOnPath('javac') !== null) return ['javac', ['-J-XX:TieredStopAtLevel=1', '--release', '17', ...args]]
  const signal = new AbortController().signal
  const jars = await copyFromMaven('a Java compiler', [['org.eclipse.jdt', 'ecj', '3.37.0']], folder, signal)
  const main = 'org.eclipse.jdt.internal.compiler.batch.Main'
  return ['java', ['-cp', `${jars}/*`, main, '--release', '17', '-proc:none', ...args]]
}
