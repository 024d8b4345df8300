import { CommanderError } from 'commander'
import { exitCodes, KbenchError, mostImportant } from '../base/errors.ts'
import { flushed, hasColour, watchOutputs } from './outputs.ts'
import { program } from './program.ts'
import { errorText } from './text/error-text.ts'

// The only file that prints errors, exits, and maps errors to exit codes.

/** Runs the command line; resolves to the exit code, everything that had to be said having been said. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(argv)
    return Number(process.exitCode ?? exitCodes.ok)
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok
    // No command given: commander has printed the help to stderr.
    if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.usage
    const { stderr } = process
    stderr.write(errorText(error, { columns: stderr.isTTY ? stderr.columns : null, colour: hasColour(stderr) }))
    if (error instanceof CommanderError) return exitCodes.usage
    return error instanceof KbenchError ? exitCodes[error.code] : exitCodes.internal
  }
}

const outputs = watchOutputs()
const code = mostImportant([await main(process.argv), outputs.code()])
// A handle that a command forgot must not keep the process.
process.exitCode = code
await flushed()
process.exit(mostImportant([code, outputs.code()]))
