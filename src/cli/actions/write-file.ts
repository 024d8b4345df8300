import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KbenchError, messageOf } from '../../base/errors.ts'

/** Writes what an option names, with the folders on the way. Throws `usage` where it cannot. */
export async function writeNamedFile(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  } catch (error) {
    throw new KbenchError('usage', `cannot write ${file}: ${messageOf(error)}`, { cause: error })
  }
}
