import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identify, isAlive, type ProcessIdentity } from '../../base/processes.ts'
import { throwIfInterrupted } from '../shared/ready.ts'

/** ~/.cache/kbench: what is fetched or built once and kept. */
export const cacheFolder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kbench')

/**
 * Path of `name` in the cache, made when it is not there: `make` fills a folder and returns which file or folder in it is to be kept.
 * Appears whole or not at all; of two runs at once, one makes it and the other waits.
 */
export async function cached(
  name: string,
  context: { signal: AbortSignal; say(line: string): void },
  make: (temporary: string) => Promise<string>,
): Promise<string> {
  const target = join(cacheFolder(), name)
  await mkdir(cacheFolder(), { recursive: true })
  const unlock = await lock(`${target}.lock`, context)
  try {
    if (existsSync(target)) return target
    const temporary = `${target}.tmp-${process.pid}`
    await removeAbandoned(`${name}.tmp-`)
    try {
      await mkdir(temporary)
      await rename(await make(temporary), target)
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
    return target
  } finally {
    unlock()
  }
}

/** Removes what runs left that were killed while they made it. */
async function removeAbandoned(prefix: string): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const dead = name.startsWith(prefix) && identify(Number(name.slice(prefix.length))) === null
    if (dead) await rm(join(cacheFolder(), name), { recursive: true, force: true })
  }
}

/** A lock file that names its holder; the lock of a dead process does not count. Returns how to give it back. */
async function lock(path: string, context: { signal: AbortSignal; say(line: string): void }): Promise<() => void> {
  for (let turn = 0; ; turn++) {
    throwIfInterrupted(context.signal)
    try {
      writeFileSync(path, JSON.stringify(identify(process.pid)), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const holder = holderOf(path)
    if (holder && !isAlive(holder)) rmSync(path, { force: true })
    else {
      if (turn === 0) context.say('another run is fetching the same: waiting for it')
      await sleep(200)
    }
  }
}

function holderOf(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null // just released, or just being written
  }
}
