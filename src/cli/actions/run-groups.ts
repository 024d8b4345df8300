import { readFile } from 'node:fs/promises'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { Network } from '../../contracts/api.ts'
import { deleteGroups, describeGroup, type GroupState, listGroups } from '../../operations/groups.ts'
import { type ResetScope, type ResetTo, resetOffsets } from '../../operations/reset-offsets.ts'
import { counted } from '../../reports/_fault-words.ts'
import { offsetsInFile, type ResetOptions, resetTargets, scopeIn } from '../commands/reset-options.ts'
import { print, tableText } from '../text/print-table.ts'

export interface GroupOptions extends ResetOptions {
  json?: true
  topic: string[]
  allTopics?: true
  fromFile?: string
  execute?: true
}

/** What the old protocol cannot tell of a group that uses the new one. */
const newProtocol = 'by KIP-848'

export async function list(network: Network, options: GroupOptions): Promise<void> {
  const groups = await listGroups(network)
  print(options.json, groups, () =>
    tableText(
      [
        { head: 'GROUP', text: ({ group }) => group },
        { head: 'STATE', text: ({ state }) => state ?? newProtocol },
      ],
      groups,
    ),
  )
}

export async function describe(network: Network, group: string, options: GroupOptions): Promise<void> {
  const state = await describeGroup(network, group)
  print(options.json, state, () => groupText(state))
}

function groupText({ group, state, members, strategy, partitions }: GroupState): string {
  const who = state === null ? 'members are told by the new protocol alone' : counted(members, 'member')
  const head = `${group}  ${state ?? newProtocol}, ${who}${strategy === '' ? '' : `, ${strategy}`}\n`
  const number = (value: number | null) => (value === null ? '-' : String(value))
  return (
    head +
    tableText(
      [
        { head: 'TOPIC', text: ({ topic }) => topic },
        { head: 'PARTITION', text: ({ partition }) => String(partition), right: true },
        { head: 'CURRENT-OFFSET', text: ({ committed }) => number(committed), right: true },
        { head: 'LOG-END-OFFSET', text: ({ end }) => String(end), right: true },
        { head: 'LAG', text: ({ lag }) => number(lag), right: true },
        { head: 'CONSUMER-ID', text: ({ member }) => member?.id ?? '-' },
        { head: 'HOST', text: ({ member }) => member?.host ?? '-' },
        { head: 'CLIENT-ID', text: ({ member }) => member?.clientId ?? '-' },
      ],
      partitions,
    )
  )
}

export async function reset(network: Network, group: string, options: GroupOptions): Promise<void> {
  const to = await targetOf(options)
  const resets = await resetOffsets(network, { group, scope: scopeOf(options), to, execute: options.execute === true })
  print(options.json, { group, executed: options.execute === true, resets }, () =>
    tableText(
      [
        { head: 'TOPIC', text: ({ topic }) => topic },
        { head: 'PARTITION', text: ({ partition }) => String(partition), right: true },
        { head: 'CURRENT-OFFSET', text: ({ from }) => (from === null ? '-' : String(from)), right: true },
        { head: 'NEW-OFFSET', text: (one) => String(one.to), right: true },
      ],
      resets,
    ),
  )
  if (!options.execute) process.stderr.write('nothing was changed: --execute does it\n')
}

function scopeOf({ topic, allTopics, fromFile }: GroupOptions): ResetScope[] | null {
  if (topic.length > 0 && allTopics) throw new KbenchError('usage', '--topic and --all-topics exclude each other')
  if (topic.length > 0) return topic.map(scopeIn)
  if (allTopics || fromFile !== undefined) return null
  throw new KbenchError('usage', 'of which topics?', { hint: '--topic orders, or --all-topics' })
}

async function targetOf(options: GroupOptions): Promise<ResetTo> {
  if (options.fromFile === undefined) return resetTargets(options, Date.now())
  if (Object.keys(resetTargetsGiven(options)).length > 0) {
    throw new KbenchError('usage', '--from-file says where to: no other --to, --by or --shift option beside it')
  }
  const { fromFile } = options
  const text = await readFile(fromFile, 'utf8').catch((cause: unknown) => {
    throw new KbenchError('usage', `cannot read ${fromFile}: ${messageOf(cause)}`, { cause })
  })
  return { to: 'file', offsets: offsetsInFile(text, fromFile) }
}

const resetTargetsGiven = ({
  toEarliest,
  toLatest,
  toCurrent,
  toOffset,
  toDatetime,
  byDuration,
  shiftBy,
}: GroupOptions) =>
  Object.fromEntries(
    Object.entries({ toEarliest, toLatest, toCurrent, toOffset, toDatetime, byDuration, shiftBy }).filter(
      ([, value]) => value !== undefined,
    ),
  )

export async function remove(network: Network, names: readonly string[], options: GroupOptions): Promise<void> {
  await deleteGroups(network, names)
  print(options.json, { deleted: names }, () => names.map((name) => `deleted ${name}\n`).join(''))
}
