import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { buildCommand, installCommand } from '../base/npm-command.ts'

/** What compiles node-rdkafka here. */
export const nodeRdkafkaCommand = (): string => buildCommand('node-rdkafka') ?? installCommand('node-rdkafka')

export const librdkafkaHint = (): string =>
  `install python3, make, g++ and libssl-dev (Debian names), then: ${nodeRdkafkaCommand()}`

/** Its file name in this system: the ABI has been 1 since 0.9. */
export const librdkafkaName = process.platform === 'darwin' ? 'librdkafka.1.dylib' : 'librdkafka.so.1'

/** The shared library that the npm package node-rdkafka built for itself; null when it is not built. */
export function findLibrdkafka(): string | null {
  const packageFile = resolvePackage('node-rdkafka/package.json')
  if (!packageFile) return null
  const path = join(dirname(packageFile), 'build', 'deps', librdkafkaName)
  return existsSync(path) ? path : null
}

function resolvePackage(name: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    return null // an optional dependency that npm could not install
  }
}
