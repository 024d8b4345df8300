import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KbenchError } from '../../base/errors.ts'

/** Path of an executable on PATH; null when there is none. */
export function findOnPath(name: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    if (folder && existsSync(join(folder, name))) return join(folder, name)
  }
  return null
}

/** Throws `environment` unless this process is root on Linux and has these tools. `what` needs them: "isolating brokers". */
export function requireRoot(what: string, tools: Readonly<Record<string, string>>): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new KbenchError('environment', `${what} needs root on Linux`, { hint: 'run kbench as root (sudo)' })
  }
  const missing = Object.keys(tools).filter((tool) => findOnPath(tool) === null)
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((tool) => tools[tool]))].join(' ')
  throw new KbenchError('environment', `${what} needs ${missing.join(', ')}`, { hint: `install ${packages}` })
}
