import type { Command } from 'commander'
import { below, pathOf } from '../../../src/cli/command-tree.ts'
import { helpAfterOf } from '../../../src/cli/commands/help-text.ts'

/** The help of a command, as a terminal of 80 columns without colours shows it. */
export function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({
    writeOut: (part) => {
      text += part
    },
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return text
}

/** All commands that help shows, kbench itself first. */
export const commandsOf = (program: Command): Command[] => {
  const help = program.createHelp()
  return [program, ...below(program).filter((each) => help.visibleCommands(each.parent!).includes(each))]
}

/** The commands as docs/commands.md lists them: a heading each, with the help below. */
export function commandsMarkdown(program: Command): string {
  return commandsOf(program)
    .map((command) => `## ${pathOf(command)}\n\n\`\`\`text\n${helpOf(command).trimEnd()}\n\`\`\``)
    .join('\n\n')
}

/** docs/kbench.1: the same as a manual page. */
export function manPage(program: Command): string {
  const help = program.createHelp()
  const lines = [
    '.\\" Generated from the commands; see test/unit/cli/commands.test.ts.',
    `.TH KBENCH 1 "" "kbench ${program.version()}" "kbench manual"`,
    '.SH NAME',
    `kbench \\- ${roff(program.description())}`,
    '.SH SYNOPSIS',
    '.B kbench',
    roff('[options] command [arguments]'),
    '.SH OPTIONS',
    ...optionsOf(program),
    '.SH COMMANDS',
    ...commandsOf(program)
      .slice(1)
      .flatMap((command) => [
        `.SS "${roff(pathOf(command))} ${roff(command.usage())}"`,
        roff(help.commandDescription(command)),
        ...help
          .visibleArguments(command)
          .flatMap((argument) => ['.TP', `.I ${roff(argument.name())}`, roff(help.argumentDescription(argument))]),
        ...optionsOf(command),
        ...after(command),
      ]),
    '.SH EXIT STATUS AND EXAMPLES',
    ...after(program),
    '.SH SEE ALSO',
    'The pages in docs/ of the package, first docs/commands.md.',
  ]
  return `${lines.join('\n')}\n`

  function optionsOf(command: Command): string[] {
    return help
      .visibleOptions(command)
      .flatMap((option) => [
        '.TP',
        `.B ${roff(help.optionTerm(option))}`,
        roff(help.optionDescription(option)) || '\\&',
      ])
  }

  function after(command: Command): string[] {
    const found = helpAfterOf(command)
    if (!found) return []
    const note = found.note === null ? [] : ['.PP', ...found.note.split('\n').map((line) => roff(line) || '.PP')]
    return [...note, '.PP', '.nf', ...found.examples.flatMap((text) => text.split('\n')).map(roff), '.fi']
  }
}

/** Text as roff takes it: backslashes and hyphens as they are, and no line that begins like a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1')
    .replace(
      /[^\x20-\x7e]/g,
      (character) => `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
}
