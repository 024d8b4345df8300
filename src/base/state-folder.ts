import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { KbenchError } from './errors.ts'

/** ~/.local/state/kbench/<name>: what kbench has to remember beyond a run. Not made. */
export const stateFolder = (name: 'runs' | 'clusters'): string =>
  join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'kbench', name)

/**
 * Makes it, for this user alone: whoever could write there could have `kbench clean` end processes and remove folders. Throws `environment`
 * where it is somebody else's, or a link.
 */
export function makeStateFolder(name: 'runs' | 'clusters'): string {
  const folder = stateFolder(name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  if (!found.isDirectory() || (process.platform !== 'win32' && found.uid !== userInfo().uid)) {
    throw new KbenchError('environment', `${folder} is not a folder of this user`, {
      hint: 'remove it, or set XDG_STATE_HOME',
    })
  }
  // Of an earlier version.
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700)
  return folder
}
