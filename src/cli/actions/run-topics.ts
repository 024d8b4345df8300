import { KbenchError } from '../../base/errors.ts'
import type { Network } from '../../contracts/api.ts'
import { alterConfigs } from '../../operations/configs.ts'
import {
  addPartitions as addThem,
  createTopic,
  deleteTopics,
  describeTopics,
  listTopics,
  type TopicDescription,
} from '../../operations/topics.ts'
import { configsOf } from '../commands/option-values.ts'
import { print, tableText } from '../text/print-table.ts'

export interface TopicOptions {
  json?: true
  excludeInternal?: true
  partitions?: number
  replicationFactor?: number
  topicConfig?: string[]
  deleteConfig?: string[]
  ifNotExists?: true
  ifExists?: true
  underReplicatedPartitions?: true
}

export async function list(network: Network, options: TopicOptions): Promise<void> {
  const names = await listTopics(network, !options.excludeInternal)
  print(options.json, names, () => names.map((name) => `${name}\n`).join(''))
}

export async function describe(network: Network, names: readonly string[], options: TopicOptions): Promise<void> {
  const found = await describeTopics(network, names, !options.excludeInternal)
  const shown = options.underReplicatedPartitions
    ? found.flatMap((topic) => {
        const partitions = topic.partitions.filter(({ replicas, inSync }) => inSync.length < replicas.length)
        return partitions.length === 0 ? [] : [{ ...topic, partitions }]
      })
    : found
  print(options.json, shown, () => shown.map(topicText).join('\n'))
}

function topicText({ topic, partitions, configs }: TopicDescription): string {
  const settings =
    configs === null ? ['settings -'] : Object.entries(configs).map(([name, value]) => `${name}=${value}`)
  const copies = Math.max(0, ...partitions.map(({ replicas }) => replicas.length))
  const head = `${topic}  ${partitions.length} partitions, replication factor ${copies}${settings.length > 0 ? `, ${settings.join(' ')}` : ''}\n`
  return (
    head +
    tableText(
      [
        { head: 'PARTITION', text: (one) => String(one.partition), right: true },
        { head: 'LEADER', text: (one) => (one.leader < 0 ? 'none' : String(one.leader)), right: true },
        { head: 'REPLICAS', text: (one) => one.replicas.join(',') },
        { head: 'ISR', text: (one) => one.inSync.join(',') },
      ],
      partitions,
    )
  )
}

export async function create(network: Network, topic: string, options: TopicOptions): Promise<void> {
  const { partitions = null, replicationFactor = null, ifNotExists = false } = options
  const configs = configsOf(options.topicConfig) as Record<string, string>
  const created = await createTopic(network, { topic, partitions, replicationFactor, configs }, { ifNotExists })
  print(options.json, { topic, created }, () => (created ? `created ${topic}\n` : `${topic} was there already\n`))
}

export async function remove(network: Network, names: readonly string[], options: TopicOptions): Promise<void> {
  const deleted = await deleteTopics(network, names, { ifExists: options.ifExists ?? false })
  print(options.json, { deleted }, () => deleted.map((name) => `deleted ${name}\n`).join(''))
}

export async function addPartitions(
  network: Network,
  topic: string,
  { partitions, json }: TopicOptions,
): Promise<void> {
  const before = await addThem(network, topic, partitions!)
  print(json, { topic, before, partitions }, () => `${topic}: ${before} → ${partitions} partitions\n`)
}

export async function alter(network: Network, topic: string, options: TopicOptions): Promise<void> {
  const values = configsOf(options.topicConfig, options.deleteConfig)
  if (Object.keys(values).length === 0) {
    throw new KbenchError('usage', 'nothing to change', { hint: '--topic-config name=value, or --delete-config name' })
  }
  await alterConfigs(network, { topic }, values)
  const words = Object.entries(values).map(([name, value]) => (value === null ? `without ${name}` : `${name}=${value}`))
  print(options.json, { topic, changed: values }, () => `${topic}: ${words.join(', ')}\n`)
}
