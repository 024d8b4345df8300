import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Writes a file whole or not at all. What has its name is replaced, and if that is a link, the link is: nothing outside of the folder is
 * written.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  try {
    // wx never opens what is there already, a link included.
    await writeFile(temporary, text, { flag: 'wx' })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Copies `file` in its folder as `<stem>.json`, `<stem>-2.json`, …, the first name that is free; returns the name. */
export async function keepCopy(file: string, stem: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = `${stem}${n === 1 ? '' : `-${n}`}.json`
    try {
      await copyFile(file, join(dirname(file), name), constants.COPYFILE_EXCL)
      return name
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}
