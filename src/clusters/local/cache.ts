import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import lockfile from 'proper-lockfile'
import { identify } from '../../base/processes.ts'
import { throwIfInterrupted } from '../shared/ready.ts'

/** A lock that has not been touched for so long is nobody's, ms. */
const staleMs = 30_000

/** ~/.cache/kbench: what is fetched or built once and kept. */
export const cacheFolder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kbench')

/**
 * Path of `name` in the cache, made when it is not there: `make` fills a folder and returns which file or folder in it is to be kept.
 * Appears whole or not at all; of two runs at the same time, one makes it and the other waits.
 */
export async function cached(
  name: string,
  context: { signal: AbortSignal; say(line: string): void },
  make: (temporary: string) => Promise<string>,
): Promise<string> {
  const target = join(cacheFolder(), name)
  await mkdir(cacheFolder(), { recursive: true })
  // A folder of its own name: earlier versions made a file.
  const unlock = await lock(`${target}.lock.d`, context)
  try {
    if (existsSync(target)) return target
    const temporary = `${target}.tmp-${process.pid}`
    await removeAbandoned(`${name}.tmp-`)
    try {
      await mkdir(temporary)
      const made = await make(temporary)
      // Somebody else has been faster, while this process stood still.
      if (!existsSync(target)) await rename(made, target)
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
    return target
  } finally {
    await unlock()
  }
}

/** Removes what runs left that were killed while they made it. */
async function removeAbandoned(prefix: string): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const dead = name.startsWith(prefix) && identify(Number(name.slice(prefix.length))) === null
    if (dead) await rm(join(cacheFolder(), name), { recursive: true, force: true })
  }
}

/**
 * Of two runs at the same time one has it and the other waits. Whoever has it touches it; untouched for {@link staleMs} it is that of a process that
 * was killed, or of one that was frozen, whose result then comes too late. Returns how to give it back.
 */
async function lock(
  path: string,
  context: { signal: AbortSignal; say(line: string): void },
): Promise<() => Promise<void>> {
  for (let turn = 0; ; turn++) {
    throwIfInterrupted(context.signal)
    try {
      const unlock = await lockfile.lock(path, {
        stale: staleMs,
        realpath: false,
        lockfilePath: path,
        onCompromised() {},
      })
      return () => unlock().catch(() => undefined)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ELOCKED')) throw error
    }
    if (turn === 0) context.say('another run is fetching the same: waiting for it')
    await sleep(200)
  }
}
