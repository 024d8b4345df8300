import type { Command, CommanderError } from 'commander'

/** All commands below one, in the order of the help. */
export const below = (command: Command): Command[] => command.commands.flatMap((each) => [each, ...below(each)])

/** "kbench topics list" */
export const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`

/** The command whose words were wrong; "kbench" where none was found. */
export const commandOf = (error: CommanderError): string =>
  'command' in error && typeof error.command === 'string' ? error.command : 'kbench'
