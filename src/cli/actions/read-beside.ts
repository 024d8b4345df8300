import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { messageOf } from '../../base/errors.ts'

const bytesAtMost = 32 * 1024 ** 2

/** Reads the files that a profile names, relative to the profile. Throws with one line that says what is wrong. */
export function readerBeside(profile: string): (file: string) => string {
  return (file) => {
    const path = resolve(dirname(profile), file)
    const { isFile, size } = statOf(path, file)
    // A pipe or a device might never end.
    if (!isFile) throw new Error(`${file} is no plain file`)
    if (size > bytesAtMost) throw new Error(`${file} is too large, expected 32MiB or less`)
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      throw new Error(`cannot read ${file}: ${messageOf(error)}`, { cause: error })
    }
  }
}

function statOf(path: string, file: string): { isFile: boolean; size: number } {
  try {
    const stat = statSync(path)
    return { isFile: stat.isFile(), size: stat.size }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const problem =
      code === 'ENOENT' || code === 'ENOTDIR' ? `there is no file ${path}` : `cannot read ${file}: ${code}`
    throw new Error(problem, { cause: error })
  }
}
