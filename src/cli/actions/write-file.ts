import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { writeWhole } from '../../store/whole-file.ts'

/** Writes what an option names, whole or not at all, with the folders on the way. Throws `usage`, or another code, where it cannot. */
export async function writeNamedFile(
  file: string,
  text: string | Uint8Array,
  code: 'usage' | 'environment' = 'usage',
): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    // A device or a pipe, as /dev/stdout, is not replaced.
    const isFile = await stat(file).then(
      (found) => found.isFile(),
      () => true,
    )
    await (isFile ? writeWhole(file, text) : writeFile(file, text))
  } catch (error) {
    throw new KbenchError(code, `cannot write ${file}: ${messageOf(error)}`, { cause: error })
  }
}
