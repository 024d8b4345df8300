import { readFile } from 'node:fs/promises'
import { KbenchError } from './errors.ts'

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
    resolved += text.slice(at, match.index) + value
    at = match.index + match[0].length
  }
  return { text: resolved + text.slice(at), secrets }
}

async function referredValue(kind: 'env' | 'file', name: string): Promise<string> {
  if (kind === 'env') {
    const value = process.env[name]
    if (value === undefined) throw new KbenchError('environment', `the environment variable ${name} is not set`)
    return value
  }
  const value = await readFile(name, 'utf8').catch((cause: unknown) => {
    throw new KbenchError('environment', `cannot read the secret in ${name}`, { cause })
  })
  return value.replace(/\r?\n$/, '')
}

/** Replaces each secret, and each line of one that has several, by "***". */
export function redact(text: string, secrets: readonly string[]): string {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]).filter((part) => part.length > 0)
  // The longest first: one may be part of another.
  return parts.sort((a, b) => b.length - a.length).reduce((rest, part) => rest.replaceAll(part, '***'), text)
}
