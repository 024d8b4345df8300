import { CommanderError } from 'commander'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { escapeLines } from '../../base/printable.ts'
import { redacted } from '../../base/secrets.ts'
import { missingPermission } from '../../kafka/missing-permission.ts'

export interface TextOptions {
  /** Width to wrap at; null = no terminal, one line per message so that tools can read them. */
  columns: number | null
  colour: boolean
}

/** What went wrong, everything that belongs to it, and what to do next: ready for stderr, with a final line feed. */
export function errorText(error: unknown, options: TextOptions): string {
  return redacted(textOf(error, options))
}

function textOf(error: unknown, options: TextOptions): string {
  const head = (text: string) => {
    const wrapped = wrap(`kbench: ${escapeLines(text)}`, '  ', options)
    return options.colour ? wrapped.replace(/^kbench:/, '\u001b[31mkbench:\u001b[39m') : wrapped
  }
  if (error instanceof CommanderError) {
    const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
    const hint = suggestion ? suggestion.replace(/^\((.*)\)$/, '$1') : undefined
    return lines([
      head(message),
      hint && `  ${hint}`,
      '  kbench --help lists the commands, kbench <command> --help their options',
    ])
  }
  if (error instanceof KbenchError) {
    const details = error.details.map((detail) => wrap(`  ${escapeLines(detail)}`, '      ', options))
    const lacking = missingPermission(error)
    const message = lacking === null ? error.message : `${error.message}: ${lacking}`
    return lines([head(message), ...details, error.hint && wrap(`  ${escapeLines(error.hint)}`, '  ', options)])
  }
  const stack = error instanceof Error ? error.stack?.split('\n').slice(1) : undefined
  return lines([
    head(`bug: ${messageOf(error)}`),
    ...(stack ?? []).map(escapeLines),
    '  please report this with the lines above',
  ])
}

function lines(parts: readonly (string | undefined | '')[]): string {
  return `${parts.filter(Boolean).join('\n')}\n`
}

/** Breaks at spaces; continued lines are indented. */
function wrap(text: string, indent: string, { columns }: TextOptions): string {
  if (columns === null || columns < 40) return text
  const out: string[] = []
  let line = ''
  for (const word of text.split(/(?<=\S)(?= )/)) {
    if (line !== '' && line.length + word.length > columns) {
      out.push(line)
      line = `${indent}${word.trimStart()}`
    } else {
      line += word
    }
  }
  return [...out, line].join('\n')
}
