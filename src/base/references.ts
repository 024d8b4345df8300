import { KbenchError } from './errors.ts'
import { readBounded } from './read-bounded.ts'
import { keepSecret } from './secrets.ts'

const reference = /\$\{(env|file):([^}]+)\}/g

/** Text with its references replaced, and the values that they stood for: secrets, which are not to be printed or stored. */
export interface Resolved {
  text: string
  secrets: string[]
}

/**
 * "user:${env:NAME}" → that variable in its place, "${file:path}" → that file without its last line break. Throws `environment` that names the
 * reference, never a value.
 */
export async function resolveReferences(text: string): Promise<Resolved> {
  const secrets: string[] = []
  let resolved = ''
  let at = 0
  for (const match of text.matchAll(reference)) {
    const value = await referredValue(match[1] as 'env' | 'file', match[2]!)
    secrets.push(value)
    keepSecret(value)
    resolved += text.slice(at, match.index) + value
    at = match.index + match[0].length
  }
  return { text: resolved + text.slice(at), secrets }
}

/** Settings with every reference in a text replaced; numbers and the like stay. Throws as {@link resolveReferences}. */
export async function resolveSettings<T>(settings: Readonly<Record<string, T>>): Promise<Record<string, T | string>> {
  const entries = Object.entries(settings).map(
    async ([key, value]): Promise<[string, T | string]> => [
      key,
      typeof value === 'string' ? (await resolveReferences(value)).text : value,
    ],
  )
  return Object.fromEntries(await Promise.all(entries))
}

/** A secret in a file may be a chain of certificates. */
const secretBytesAtMost = 1024 ** 2

async function referredValue(kind: 'env' | 'file', name: string): Promise<string> {
  if (kind === 'env') {
    const value = process.env[name]
    if (value === undefined) throw new KbenchError('environment', `the environment variable ${name} is not set`)
    return value
  }
  const value = await readBounded(name, secretBytesAtMost).catch((cause: unknown) => {
    throw new KbenchError('environment', `cannot read the secret in ${name}`, { cause })
  })
  return value.toString('utf8').replace(/\r?\n$/, '')
}
