import { CommanderError } from 'commander'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { escapeLines } from '../../base/printable.ts'
import { redacted } from '../../base/secrets.ts'
import { suggestion } from '../../base/suggest.ts'
import { isVerbose } from '../../base/verbose.ts'
import { missingPermission } from '../../kafka/missing-permission.ts'
import { commandOf } from '../command-tree.ts'

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
  if (error instanceof CommanderError) return lines([head(usageText(error))])
  if (error instanceof KbenchError) {
    const details = error.details.map((detail) => wrap(`  ${escapeLines(detail)}`, '      ', options))
    const lacking = missingPermission(error)
    const message = lacking === null ? error.message : `${error.message}: ${lacking}`
    const hint = error.hint && wrap(`  ${escapeLines(error.hint)}`, '  ', options)
    return lines([head(message), ...details, hint, ...(isVerbose() ? stacksOf(error).map(escapeLines) : [])])
  }
  const stack = error instanceof Error ? error.stack?.split('\n').slice(1) : undefined
  return lines([
    head(`bug: ${messageOf(error)}`),
    ...(stack ?? []).map(escapeLines),
    '  please report this with the lines above',
  ])
}

/** Where an error was made, and what caused it, down to the first cause. */
function stacksOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^ +at /.test(line)) : []
  if (!(error instanceof Error) || error.cause === undefined) return stack
  return [...stack, `  caused by: ${messageOf(error.cause)}`, ...stacksOf(error.cause)]
}

/** One line: what is wrong, what was probably meant, and where the right words are. */
function usageText(error: CommanderError): string {
  const command = commandOf(error)
  const [message = '', found] = error.message
    .replace(/^error: /, '')
    .replace(/^command-argument value/, 'argument')
    .split('\n')
  const meant = found?.match(/^\(Did you mean (?:one of )?(.*)\?\)$/)?.[1]
  if (meant !== undefined) return `${message}, did you mean ${meant}? See ${command} --help`
  const [, what, choices] = /^(.* is invalid.*?)\. Allowed choices are (.*)\.$/.exec(message) ?? []
  const word = /'([^']*)' is invalid/.exec(message)?.[1] ?? ''
  const text = what === undefined ? message : `${what}, ${suggestion(word, choices!.split(', '))}`
  const sentence = text.replace(/( is invalid)\. /, '$1: ').replace(/\.$/, '')
  return `${sentence}${sentence.endsWith('?') ? ' See' : '; see'} ${command} --help`
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
