import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
export const jarsFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kbench', 'kafka-4.1.0')

/** Kafka's own command line tools, as independent witnesses: `GetOffsetShell`, `ConsumerGroupCommand`, … */
export async function kafkaTool(tool: string, args: readonly string[]): Promise<string> {
  if (!existsSync(jarsFolder)) throw new Error(`no Kafka jars in ${jarsFolder}: the local provider fetches them`)
  const java = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', `${jarsFolder}/*`, tool, ...args]
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
