import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { identify, isAlive, killIfAlive } from '../../base/processes.ts'
import { makeStateFolder, stateFolder } from '../../base/state-folder.ts'
import { removeNetwork } from '../local/namespaces.ts'
import { unmountAll } from '../local/small-disks.ts'

const identity = z.object({ pid: z.int().positive(), started: z.string() })
const schema = z.object({
  version: z.literal(1),
  runId: z.string(),
  provider: z.string(),
  /** A home folder may be shared by machines; processes are not. */
  host: z.string(),
  supervisor: identity,
  children: z.array(identity.extend({ name: z.string() })),
  /** Project of Docker Compose, with the daemon it is on (DOCKER_HOST; null = the default one). */
  project: z
    .object({ name: z.string(), dockerHost: z.string().nullable(), keepVolumes: z.boolean().default(false) })
    .nullable(),
  directories: z.array(z.string()),
  ports: z.array(z.int()),
  /** Mount points, network interfaces and network namespaces; absent in leases of earlier versions. */
  mounts: z.array(z.string()).default([]),
  links: z.array(z.string()).default([]),
  namespaces: z.array(z.string()).default([]),
})

/** What a run holds on this machine, written down before it exists, so that `kbench clean` finds it after a `kill -9`. */
export type LeaseRecord = z.infer<typeof schema>
export type Holdings = Pick<LeaseRecord, 'project' | 'directories' | 'ports'> &
  Partial<Pick<LeaseRecord, 'mounts' | 'links' | 'namespaces'>>

export interface Lease {
  /** Replaces the children by those running now. Synchronous: called in the same turn as the spawn. */
  children(children: readonly { pid: number; name: string }[]): void
  /** Forgets the lease: everything it named is gone. */
  release(): void
}

/**
 * Writes a lease and keeps it until released. `emergency` runs (synchronously) when this process exits without having released
 * it, as a second Ctrl-C does; it returns true when nothing is left.
 */
export function holdLease(runId: string, provider: string, holdings: Holdings, emergency: () => boolean): Lease {
  const supervisor = identify(process.pid)
  if (!supervisor) throw new KbenchError('internal', 'cannot identify this process')
  const path = join(makeStateFolder('runs'), `${runId}.${provider}.json`)
  const none = { children: [], mounts: [], links: [], namespaces: [] }
  const record: LeaseRecord = { version: 1, runId, provider, host: hostname(), supervisor, ...none, ...holdings }
  write(path, record)
  const onExit = () => {
    if (emergency()) rmSync(path, { force: true })
  }
  process.on('exit', onExit)
  return {
    children(children) {
      record.children = children.flatMap(({ pid, name }) => {
        const found = identify(pid)
        return found ? [{ ...found, name }] : []
      })
      write(path, record)
    },
    release() {
      process.off('exit', onExit)
      rmSync(path, { force: true })
    },
  }
}

/** Ports that other runs hold, also while their broker is down. */
export function leasedPorts(): Set<number> {
  return new Set(
    leases()
      .records.filter(({ record }) => isAlive(record.supervisor))
      .flatMap(({ record }) => record.ports),
  )
}

/**
 * Removes what dead supervisors left: children (by pid and start time), whatever `removeProject` removes, mounts and networks,
 * then directories. Returns a line per thing removed, and per lease that cannot be read. One that could not be cleaned is kept, the others are
 * done, then it throws.
 */
export async function cleanLeases(
  provider: string,
  removeProject: (project: NonNullable<LeaseRecord['project']>) => Promise<string[]> = async () => [],
): Promise<string[]> {
  const { records, unreadable } = leases()
  const lines: string[] = []
  const failures: string[] = []
  for (const { path, record } of records) {
    if (record.provider !== provider || isAlive(record.supervisor)) continue
    try {
      for (const child of record.children) {
        if (killIfAlive(child)) lines.push(`${record.runId}: ended ${child.name} (process ${child.pid})`)
      }
      if (record.project) lines.push(...(await removeProject(record.project)).map((line) => `${record.runId}: ${line}`))
      const others = [...unmountAll(record.mounts), ...removeNetwork(record.links, record.namespaces)]
      lines.push(...others.map((line) => `${record.runId}: ${line}`))
      for (const directory of record.directories) {
        rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
        lines.push(`${record.runId}: removed ${directory}`)
      }
      rmSync(path)
      lines.push(`${record.runId}: removed its lease`)
    } catch (error) {
      failures.push(`${record.runId}: ${messageOf(error)}`)
    }
  }
  // Once, whatever the number of providers that are cleaned.
  if (provider === 'local') lines.push(...unreadable)
  if (failures.length > 0) {
    throw new KbenchError('environment', `could not clean everything that provider ${provider} left`, {
      details: [...lines, ...failures],
      hint: 'run kbench clean again when the cause is gone',
    })
  }
  return lines
}

/** The leases of this machine, and lines on those that cannot be read: what they hold nobody knows. */
function leases(): { records: { path: string; record: LeaseRecord }[]; unreadable: string[] } {
  const records: { path: string; record: LeaseRecord }[] = []
  const unreadable: string[] = []
  for (const file of namesIn(stateFolder('runs'))) {
    if (!file.endsWith('.json')) continue
    const path = join(stateFolder('runs'), file)
    const record = read(path)
    if (typeof record === 'string')
      unreadable.push(`${path} was passed over: ${record}; delete it if you know it is old`)
    else if (record?.host === hostname()) records.push({ path, record })
  }
  return { records, unreadable }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // no run has ever held anything
  }
}

/** Null when its run released it meanwhile; a text = why it cannot be read. */
function read(path: string): LeaseRecord | string | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return null
  }
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : 'it is no lease of this kbench'
  } catch {
    return text === '' ? 'it is empty' : 'it is torn'
  }
}

function write(path: string, record: LeaseRecord): void {
  writeFileAtomic.sync(path, JSON.stringify(record, null, 2), { mode: 0o600 })
}
