import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { KbenchError } from '../base/errors.ts'

/** Writes a file whole or not at all, and onto the disk. A link of that name is replaced: nothing outside of its folder is written. */
export async function writeWhole(path: string, body: string | Uint8Array): Promise<void> {
  const kind = await kindOf(path)
  if (kind === 'link') await rm(path)
  else if (kind === 'other') throw new KbenchError('environment', `${path} is no file`)
  await writeFileAtomic(path, typeof body === 'string' ? body : Buffer.from(body))
}

/** The same for a file below a folder, "charts/lag.png", with the folders on the way, none of which may be a link. */
export async function writeWithin(folder: string, name: string, body: string | Uint8Array): Promise<string> {
  await mkdir(folder, { recursive: true })
  let at = folder
  for (const part of dirname(name).split('/')) {
    if (part === '.') continue
    at = join(at, part)
    await mkdir(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    if ((await kindOf(at)) === 'link') throw new KbenchError('environment', `${at} is a symbolic link`)
  }
  const path = join(at, basename(name))
  await writeWhole(path, body)
  return path
}

async function kindOf(path: string): Promise<'none' | 'file' | 'link' | 'other'> {
  try {
    const stat = await lstat(path)
    return stat.isSymbolicLink() ? 'link' : stat.isFile() ? 'file' : 'other'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none'
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
