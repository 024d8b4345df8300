import { createRequire } from 'node:module'
import { KbenchError, messageOf } from '../base/errors.ts'

const require = createRequire(import.meta.url)

/**
 * Loads an optional client package. The package is required by a computed name, so that kbench compiles and runs where
 * it could not be installed. `T` is the part of its interface that the driver uses.
 */
export function requireClient<T>(name: string, hint: string): T {
  try {
    return require(name) as T
  } catch (cause) {
    throw notLoaded(name, hint, cause)
  }
}

/** The same for a package that is an ES module. */
export async function importClient<T>(name: string, hint: string): Promise<T> {
  try {
    return (await import(name)) as T
  } catch (cause) {
    throw notLoaded(name, hint, cause)
  }
}

function notLoaded(name: string, hint: string, cause: unknown): KbenchError {
  const message = `the client package ${name} cannot be loaded: ${firstLine(messageOf(cause))}`
  return new KbenchError('environment', message, { cause, hint })
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!
}
