import type { Command } from 'commander'

/** What the help of a command says after its options. */
export interface HelpAfter {
  note: string | null
  /** Commands as one types them; a line that is too long for 80 columns continues after a backslash. */
  examples: readonly string[]
}

const texts = new WeakMap<Command, HelpAfter>()

/** Adds examples, and before them a note where there is one, to the help of a command; pages and the manual have the same. */
export function addExamples(command: Command, examples: readonly string[], note: string | null = null): Command {
  texts.set(command, { note, examples })
  const heading = examples.length === 1 ? 'Example:' : 'Examples:'
  const lines = examples.flatMap((example) => example.split('\n')).map((line) => `  ${line}`)
  return command.addHelpText('after', ['', ...(note === null ? [] : [note, '']), heading, ...lines].join('\n'))
}

/** What {@link addExamples} added; null where it added nothing. */
export const helpAfterOf = (command: Command): HelpAfter | null => texts.get(command) ?? null
