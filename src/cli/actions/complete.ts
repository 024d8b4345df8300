import tab, { type Command as Completed, ShellCompDirective, script } from '@bomb.sh/tab'
import type { Command } from 'commander'
import { below } from '../command-tree.ts'
import { type Candidates, candidatesFor } from './completion-values.ts'

/** Prints what a shell sources. */
export function printScript(shell: 'bash' | 'zsh' | 'fish'): void {
  script(shell, 'kbench', 'kbench')
  if (shell === 'bash') process.stdout.write(bashMore)
}

/** Files where there is nothing else to name, and what the script needs of the package bash-completion where that is not installed. */
const bashMore = `complete -o default -F __kbench_complete kbench
declare -F _get_comp_words_by_ref > /dev/null || _get_comp_words_by_ref() {
    cword=$COMP_CWORD words=("\${COMP_WORDS[@]}") cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
}
`

/** Prints what the last of the words may be, as the scripts of {@link printScript} read it. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  // The library says after every answer that no file is meant; here most values are files.
  ShellCompDirective.ShellCompDirectiveNoFileComp = ShellCompDirective.ShellCompDirectiveDefault
  const candidates = await candidatesFor(words)
  describe(tab, program, candidates)
  for (const command of below(program)) {
    if (!isHidden(program, command)) describe(tab.command(nameOf(command), command.description()), command, candidates)
  }
  tab.parse([...words])
}

const isHidden = (program: Command, command: Command): boolean =>
  !program.createHelp().visibleCommands(command.parent!).includes(command)

/** "topics list" */
const nameOf = (command: Command): string =>
  command.parent?.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name()

function describe(completed: Completed, command: Command, candidates: Candidates): void {
  for (const option of command.createHelp().visibleOptions(command)) {
    const name = option.long?.slice(2)
    if (name === undefined) continue
    const letter = option.short?.slice(1)
    if (option.required || option.optional) {
      completed.option(name, option.description, handler(candidates.option(command, option)), letter)
    } else if (letter === undefined) completed.option(name, option.description)
    else completed.option(name, option.description, letter)
  }
  for (const argument of command.registeredArguments) {
    const found = candidates.argument(command, argument)
    completed.argument(argument.name(), handler(found), argument.variadic)
  }
}

const handler = (values: readonly string[]) => (add: (value: string, description: string) => void) => {
  for (const value of values) add(value, '')
}
