import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../../src/clusters/local/cache.ts'
import { archiveOptions, classArchive } from '../../src/clusters/local/class-archive.ts'
import { findJava, javaFor } from '../../src/clusters/local/java.ts'

const run = promisify(execFile)
const version = '4.1.0'
export const jarsFolder = join(cacheFolder(), `kafka-${version}`)

/** Options with which JVMs on these jars start faster: half of what a tool takes is loading classes. */
let archive: Promise<string[]> | null = null
export function fasterStart(): Promise<string[]> {
  archive ??= (async () => {
    const java = await findJava(javaFor(version))
    if ('problem' in java) return []
    const context = { signal: new AbortController().signal, say: () => undefined }
    return archiveOptions(await classArchive(java, { folder: jarsFolder, version, source: 'cache' }, context))
  })()
  return archive
}

/** Kafka's own command line tools, as independent witnesses: `GetOffsetShell`, `ConsumerGroupCommand`, … */
export async function kafkaTool(tool: string, args: readonly string[]): Promise<string> {
  if (!existsSync(jarsFolder)) throw new Error(`no Kafka jars in ${jarsFolder}: the local provider fetches them`)
  const java = [
    ...(await fasterStart()),
    '-Xmx256m',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    `${jarsFolder}/*`,
    tool,
    ...args,
  ]
  const { stdout } = await run('java', java, { maxBuffer: 1 << 24 })
  return stdout
}

/** End offsets by partition, as GetOffsetShell tells them. */
export async function endOffsets(bootstrap: string, topic: string): Promise<Map<number, number>> {
  const text = await kafkaTool('org.apache.kafka.tools.GetOffsetShell', [
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
  ])
  const lines = text.split('\n').filter((line) => line.startsWith(`${topic}:`))
  return new Map(lines.map((line) => line.split(':').slice(1).map(Number) as [number, number]))
}

/** Lag by partition, as ConsumerGroupCommand --describe tells it. */
export async function groupLag(bootstrap: string, group: string): Promise<Map<number, number>> {
  const text = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
    ...['--bootstrap-server', bootstrap, '--describe', '--group', group],
  ])
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/))
  const header = rows.find((row) => row.includes('LAG'))
  if (!header) throw new Error(`no LAG in:\n${text}`)
  const [partition, lag] = [header.indexOf('PARTITION'), header.indexOf('LAG')]
  return new Map(rows.filter((row) => row[0] === group).map((row) => [Number(row[partition]), Number(row[lag])]))
}

/** Sets what every client id without a quota of its own may produce, bytes/s, as an administrator would. */
export async function setProducerQuota(bootstrap: string, bytesPerSec: number): Promise<void> {
  await kafkaTool('kafka.admin.ConfigCommand', [
    ...['--bootstrap-server', bootstrap, '--alter', '--add-config', `producer_byte_rate=${bytesPerSec}`],
    ...['--entity-type', 'clients', '--entity-default'],
  ])
}
