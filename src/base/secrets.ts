import { isReference, isSecretKey, maskSecretTexts } from './secret-keys.ts'

/** Replaces each secret, and each line of one that has several, by "***". */
export function redact(text: string, secrets: readonly string[]): string {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]).filter((part) => part.length > 0)
  // The longest first: one may be part of another.
  return parts.sort((a, b) => b.length - a.length).reduce((rest, part) => rest.replaceAll(part, '***'), text)
}

/** Everything that was read as a secret in this process. */
const known = new Set<string>()
/** What is shorter is a word that is in every other text. */
const shortest = 4

/** From now on {@link redacted} replaces it. */
export function keepSecret(...secrets: readonly (string | undefined)[]): void {
  for (const secret of secrets) if (secret !== undefined && secret.length >= shortest) known.add(secret)
}

/** The text without any secret that this process has read: "***" stands for each. For whatever is stored, logged or printed. */
export function redacted(text: string): string {
  if (known.size === 0) return text
  return redact(text, [...known].flatMap(spellings))
}

/** As a URL, a line of JSON and an Authorization header have it. */
const spellings = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('base64'),
]

/** The same of all texts in plain data; lists of bytes and numbers stay. Keys of maps are texts, too. */
export function withoutSecrets<T>(value: T): T {
  if (known.size === 0) return value
  return stripped(value) as T
}

function stripped(value: unknown): unknown {
  if (typeof value === 'string') return redacted(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return value.map(stripped)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redacted(key), stripped(inner)]))
}

/** As {@link redacted}, and also without what only looks like a secret: for what leaves this machine. */
export const scrubbed = (text: string): string => maskSecretTexts(redacted(text))

/** The same of plain data, where the names of settings say more: "***" for every text under the name of a secret or of a user. */
export function scrubbedData(data: unknown): unknown {
  if (typeof data === 'string') return scrubbed(data)
  if (typeof data !== 'object' || data === null) return data
  if (Array.isArray(data)) return data.map(scrubbedData)
  return Object.fromEntries(
    Object.entries(data).map(([key, inner]) => {
      const hides = isSecretKey(key) || /user-?name$/i.test(key)
      return [key, hides && typeof inner === 'string' && !isReference(inner) ? '***' : scrubbedData(inner)]
    }),
  )
}
