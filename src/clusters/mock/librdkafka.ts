import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export const librdkafkaHint =
  'install python3, make, g++ and libssl-dev (Debian names), then: npm install node-rdkafka (or npm rebuild node-rdkafka)'

/** The shared library that the npm package node-rdkafka built for itself; null when it is not built. */
export function findLibrdkafka(): string | null {
  const packageFile = resolvePackage('node-rdkafka/package.json')
  if (!packageFile) return null
  const name = process.platform === 'darwin' ? 'librdkafka.1.dylib' : 'librdkafka.so.1'
  const path = join(dirname(packageFile), 'build', 'deps', name)
  return existsSync(path) ? path : null
}

function resolvePackage(name: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    return null // an optional dependency that npm could not install
  }
}
