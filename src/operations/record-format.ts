/** A record as a person gets to see it. */
export interface ShownRecord {
  topic: string
  partition: number
  offset: number
  /** ms since 1970. */
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  headers: Readonly<Record<string, Buffer | undefined>>
}

type Part = string | ((record: ShownRecord) => string)

const text = (bytes: Buffer | null): string => (bytes === null ? 'null' : bytes.toString('utf8'))
const length = (bytes: Buffer | null): string => String(bytes === null ? -1 : bytes.length)

const tokens: Record<string, (record: ShownRecord) => string> = {
  t: ({ topic }) => topic,
  p: ({ partition }) => String(partition),
  o: ({ offset }) => String(offset),
  k: ({ key }) => text(key),
  K: ({ key }) => length(key),
  s: ({ value }) => text(value),
  S: ({ value }) => length(value),
  T: ({ timestampMs }) => String(timestampMs),
  h: ({ headers }) =>
    Object.entries(headers)
      .map(([name, value]) => `${name}=${value === undefined ? 'null' : value.toString('utf8')}`)
      .join(','),
  '%': () => '%',
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '0': '\0' }

/**
 * Makes a printer of a format string of kcat (-f). The fields: %t topic, %p partition, %o offset, %k key, %K its
 * length, %s value, %S its length. And: %T timestamp, %h headers, %% itself; \n, \t and \r as in C. A null reads null,
 * and its length −1. Returns a message for a person when it cannot. `show`: what becomes of each part of a record.
 */
export function parseFormat(
  format: string,
  show: (text: string) => string = (text) => text,
): ((record: ShownRecord) => string) | string {
  const parts: Part[] = []
  for (let at = 0; at < format.length; at++) {
    const letter = format[at]!
    if (letter !== '%' && letter !== '\\') {
      parts.push(letter)
      continue
    }
    const next = format[++at]
    const token = next === undefined ? undefined : tokens[next]
    const part: Part | undefined =
      letter === '%' ? token && ((record) => show(token(record))) : next === undefined ? undefined : escapes[next]
    if (part === undefined) {
      const known =
        letter === '%' ? Object.keys(tokens).map((token) => `%${token}`) : ['\\n', '\\t', '\\r', '\\\\', '\\0']
      return `"${letter}${next ?? ''}" means nothing, expected one of ${known.join(', ')}`
    }
    parts.push(part)
  }
  return (record) => parts.map((part) => (typeof part === 'string' ? part : part(record))).join('')
}
