import type { EventEmitter } from 'node:events'
import { type Command, Option } from 'commander'

/** Adds the name that an option had before: it works as ever, and neither help nor completion shows it. */
export function addOldName(command: Command, flags: string, now: string, value?: string): Command {
  const old = new Option(flags).hideHelp()
  command.addOption(old)
  return command.on(`option:${old.name()}`, (given: unknown) => give(command, now, value ?? given))
}

/** Has the command take an option as if it had been typed; its types leave out that it is an EventEmitter. */
export const give = (command: Command, option: string, value: unknown): void =>
  void (command as Command & EventEmitter).emit(`option:${option}`, value)
