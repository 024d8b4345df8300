import { open } from 'node:fs/promises'
import { KbenchError } from '../base/errors.ts'

/** A result of a day and a hundred variants has some hundred megabytes. */
export const resultBytesAtMost = 256 * 1024 ** 2
/** Calibrations, baselines and the like are small. */
export const smallBytesAtMost = 16 * 1024 ** 2

/** The text of a plain file. Throws `usage` for what is none and for one that is larger; what the system refuses as it comes. */
export async function readStoredText(file: string, bytesAtMost: number): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat().then((stat) => {
      // A pipe or a device might never end.
      if (!stat.isFile()) throw new KbenchError('usage', `${file} is no plain file`)
      return stat
    })
    if (size > bytesAtMost) {
      throw new KbenchError('usage', `${file} is too large: ${size} bytes, and at most ${bytesAtMost} are read`)
    }
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}
