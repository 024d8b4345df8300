import { randomBytes } from 'node:crypto'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { KbenchError } from '../../base/errors.ts'
import { throwIfInterrupted } from '../shared/ready.ts'

export interface NodeStorage {
  id: number
  /** Its server.properties. */
  config: string
  /** Its log.dirs, absent yet. */
  logDirs: readonly string[]
}

/**
 * Formats the storage of all nodes with one run of Kafka's StorageTool instead of one each. It formats the first
 * node's; the others differ from it by node.id and directory.id in meta.properties alone. Saves a JVM start per node.
 */
export async function formatStorage(
  nodes: readonly NodeStorage[],
  java: { command: string; args: readonly string[] },
  clusterId: string,
  signal: AbortSignal,
): Promise<void> {
  const [first, ...others] = nodes
  if (!first) return
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', first.config]
  const result = await execa(java.command, ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...java.args, ...format], {
    all: true,
    reject: false,
    stdin: 'ignore',
    cancelSignal: signal,
    timeout: 60_000,
  })
  throwIfInterrupted(signal)
  if (result.failed) {
    throw new KbenchError('environment', 'Kafka could not format its storage', {
      details: (result.all ?? result.shortMessage).trimEnd().split('\n').slice(-15),
    })
  }
  await Promise.all(others.map((node) => copyFormat(first, node)))
}

async function copyFormat(from: NodeStorage, to: NodeStorage): Promise<void> {
  for (const directory of to.logDirs) {
    await mkdir(directory, { recursive: true })
    await cp(from.logDirs[0]!, directory, { recursive: true })
    const path = join(directory, 'meta.properties')
    const meta = await readFile(path, 'utf8')
    await writeFile(
      path,
      meta
        .replace(/^node\.id=.*$/m, `node.id=${to.id}`)
        .replace(/^directory\.id=.*$/m, `directory.id=${randomBytes(16).toString('base64url')}`),
    )
  }
}
