import { KbenchError } from '../../base/errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Compose's variable syntax: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`, `$$`; defaults nest.
 * An unset variable without a default is empty, as in Compose. Throws `environment` where a required one is missing.
 */
export function interpolate(text: string, env: Environment): string {
  let result = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '$') {
      result += text[i]
    } else if (text[i + 1] === '$') {
      result += '$'
      i++
    } else if (text[i + 1] === '{') {
      const end = closingBrace(text, i + 2)
      result += expand(text.slice(i + 2, end), env)
      i = end
    } else {
      const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(text.slice(i + 1))?.[0] ?? ''
      result += name === '' ? '$' : (env[name] ?? '')
      i += name.length
    }
  }
  return result
}

function closingBrace(text: string, from: number): number {
  for (let i = from, depth = 1; i < text.length; i++) {
    if (text[i] === '{') depth++
    if (text[i] === '}' && --depth === 0) return i
  }
  throw new KbenchError('environment', `unclosed variable in a compose file: ${text}`)
}

function expand(expression: string, env: Environment): string {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?])(.*))?$/s.exec(expression)
  if (!match) throw new KbenchError('environment', `unreadable variable in a compose file: \${${expression}}`)
  const [, name, operator = '', rest = ''] = match
  const value = env[name!]
  const isSet = value !== undefined && !(operator.startsWith(':') && value === '')
  if (isSet) return value
  if (operator.endsWith('?')) throw new KbenchError('environment', `${name} must be set: ${interpolate(rest, env)}`)
  return interpolate(rest, env)
}
