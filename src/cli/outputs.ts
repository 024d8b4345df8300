import { exitCodes } from '../base/errors.ts'
import { within } from '../base/within.ts'

/** A pipe or a terminal without anybody at the other end. */
const gone = new Set(['EPIPE', 'EIO', 'ECONNRESET'])

/**
 * stdout and stderr, which may fail at any write. A reader that has gone (`| head`, a closed terminal) ends nothing: a run goes on and ends
 * with its own exit code. Whatever else is wrong with them, a full device, is said once where that is possible.
 */
export function watchOutputs(): { code(): number } {
  let code: number = exitCodes.ok
  for (const [name, stream] of [
    ['stdout', process.stdout],
    ['stderr', process.stderr],
  ] as const) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (gone.has(error.code ?? '') || code !== exitCodes.ok) return
      code = exitCodes.environment
      if (name === 'stdout') process.stderr.write(`kbench: cannot write to stdout: ${error.message}\n`)
    })
  }
  return { code: () => code }
}

const flushMs = 2000

/** Resolves when what was written is out, or cannot be written any more. */
export async function flushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength === 0) continue
    // A pipe that nobody reads is full for ever.
    await within(flushMs, 'output', () => new Promise<unknown>((resolve) => void stream.write('', resolve))).catch(
      () => undefined,
    )
  }
}

/** NO_COLOR, --no-color and TERM=dumb switch colours off, FORCE_COLOR switches them on; otherwise a terminal has them. */
export function hasColour(stream: Pick<NodeJS.WriteStream, 'isTTY'>, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return !['0', 'false'].includes(env.FORCE_COLOR)
  return stream.isTTY === true && env.TERM !== 'dumb'
}
