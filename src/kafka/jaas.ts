import { KbenchError } from '../base/errors.ts'

/** A login module of sasl.jaas.config and its options. */
export interface LoginModule {
  /** The class, without its package. */
  name: string
  options: Record<string, string>
}

const help =
  'expected one module, like org.apache.kafka.common.security.plain.PlainLoginModule required username="…" password="…";'

/** Reads sasl.jaas.config (JAAS, one module). Throws `usage` without repeating any of it: it holds secrets. */
export function parseJaas(text: string): LoginModule {
  const [, name, rest = ''] =
    /^\s*(?:[\w$]+\.)*([\w$]+)\s+(?:required|requisite|sufficient|optional)\b([\s\S]*)$/i.exec(text) ?? []
  if (name === undefined) throw new KbenchError('usage', 'sasl.jaas.config cannot be read', { hint: help })
  const options: Record<string, string> = {}
  const option = /\s*([\w.-]+)\s*=\s*(?:"((?:\\[\s\S]|[^"\\])*)"|'((?:\\[\s\S]|[^'\\])*)'|([^\s;"']+))/y
  let end = 0
  for (let match = option.exec(rest); match !== null; match = option.exec(rest)) {
    const quoted = match[2] ?? match[3]
    options[match[1]!] = quoted === undefined ? match[4]! : quoted.replace(/\\([\s\S])/g, '$1')
    end = option.lastIndex
  }
  if (!/^\s*;?\s*$/.test(rest.slice(end)))
    throw new KbenchError('usage', 'sasl.jaas.config cannot be read', { hint: help })
  return { name, options }
}
