import { InvalidArgumentError } from 'commander'
import { KbenchError } from '../../base/errors.ts'

export function positive(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Expected a whole number, 1 or more.')
  return Number(text)
}

export const collect = (text: string, earlier: string[]): string[] => [...earlier, text]

/** `name=value` of --topic-config, and names of --delete-config as null. */
export function configsOf(
  set: readonly string[] = [],
  unset: readonly string[] = [],
  option = '--topic-config',
): Record<string, string | null> {
  return {
    ...pairsOf(option, 'retention.ms=3600000', set),
    ...Object.fromEntries(unset.map((name) => [name, null])),
  }
}

/** `name=value`, as often as an option was given; `example` is for the error. */
export function pairsOf(option: string, example: string, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text): [string, string] => {
      const at = text.indexOf('=')
      if (at < 1) throw new KbenchError('usage', `${option} ${text}: expected name=value, like ${example}`)
      return [text.slice(0, at).trim(), text.slice(at + 1)]
    }),
  )
}
