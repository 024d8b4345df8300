import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { KbenchError } from '../../base/errors.ts'
import { lastLines, run } from '../compose/docker.ts'
import { requireRoot } from '../shared/path.ts'

const defaultSize = '512m'

/** Throws `environment` where no small disks can be made. */
export function requireSmallDisks(): void {
  requireRoot('giving each broker a small disk', { mount: 'mount', umount: 'mount' })
}

/** Size of a broker's disk in mount's words: KBENCH_SMALL_DISK ("300m", "1g"), else 512 MiB. */
export function smallDiskSize(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const size = env.KBENCH_SMALL_DISK || defaultSize
  if (/^[1-9]\d*[kmg]?$/i.test(size)) return size
  throw new KbenchError('usage', `KBENCH_SMALL_DISK=${size} is no size`, { hint: 'like 512m or 1g' })
}

/** Mounts a file system in memory, of that size, on a folder that it makes; anybody may write there, as users in containers differ. */
export async function mountSmallDisk(folder: string, size: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const result = await run(['mount', '-t', 'tmpfs', '-o', `size=${size},mode=1777`, 'kbench', folder])
  if (result.ok) return
  throw new KbenchError('environment', `could not mount a file system on ${folder}`, {
    details: lastLines(result.output, 3),
    hint: 'a small disk for each broker needs root with CAP_SYS_ADMIN',
  })
}

/** Unmounts those that are mounted, without waiting, also while they are in use; returns a line per folder. Throws when one cannot be. */
export function unmountAll(folders: readonly string[]): string[] {
  const mounted = folders.length === 0 ? new Set<string>() : mountPoints()
  return folders
    .filter((folder) => mounted.has(folder))
    .map((folder) => {
      execFileSync('umount', ['--lazy', folder], { stdio: ['ignore', 'ignore', 'pipe'] })
      return `unmounted ${folder}`
    })
}

function mountPoints(): Set<string> {
  const plain = (path: string) =>
    path.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
  return new Set(
    readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => plain(line.split(' ')[1] ?? '')),
  )
}
