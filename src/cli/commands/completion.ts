import { Argument, type Command } from 'commander'
import { addExamples } from './help-text.ts'

const shells = ['bash', 'zsh', 'fish'] as const

/** Mounts `kbench completion`, and what its scripts call when somebody presses Tab. */
export function registerCompletion(program: Command): void {
  const command = program
    .command('completion')
    .description('print the script that completes kbench commands in a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .action(async (shell: (typeof shells)[number]) => {
      const { printScript } = await import('../actions/complete.ts')
      printScript(shell)
    })
  addExamples(
    command,
    [
      'source <(kbench completion bash)      # also for zsh',
      'kbench completion fish > ~/.config/fish/completions/kbench.fish',
    ],
    'It completes commands, options, values, profiles, runs, clusters and files.\n' +
      'Put the line for your shell into ~/.bashrc, or into ~/.zshrc after compinit.\n' +
      'In bash, values after "=" need the package bash-completion.',
  )
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { complete } = await import('../actions/complete.ts')
      await complete(program, words)
    })
}
