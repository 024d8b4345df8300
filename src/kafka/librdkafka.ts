import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export const librdkafkaHint =
  'install python3, make, g++ and libssl-dev (Debian names), then: npm install node-rdkafka (or npm rebuild node-rdkafka)'

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
