import { KbenchError, messageOf } from '../../base/errors.ts'
import { readBounded } from '../../base/read-bounded.ts'
import type { Network } from '../../contracts/api.ts'
import {
  deleteGroups,
  describeGroup,
  type GroupPartition,
  type GroupState,
  listGroups,
} from '../../operations/groups.ts'
import { type ResetScope, type ResetTo, resetOffsets } from '../../operations/reset-offsets.ts'
import { counted } from '../../reports/_fault-words.ts'
import { offsetsInFile, type ResetOptions, resetTargets, scopeIn } from '../commands/reset-options.ts'
import { print, tableText } from '../text/print-table.ts'
import { shownLine } from '../text/shown-line.ts'

export interface GroupOptions extends ResetOptions {
  json?: true
  topic: string[]
  allTopics?: true
  fromFile?: string
  execute?: true
}

/** Of 200 000 partitions, with names of any length. */
const offsetsBytesAtMost = 64 * 1024 ** 2

/** What nobody reports: a coordinator that does not answer, or a broker before Kafka 4 of a group of KIP-848. */
const unknown = '-'
const number = (value: number | null) => (value === null ? unknown : String(value))

export async function list(network: Network, options: GroupOptions): Promise<void> {
  const { groups, silent } = await listGroups(network)
  print(options.json, groups, () =>
    tableText(
      [
        { head: 'GROUP', text: ({ group }) => group },
        { head: 'STATE', text: ({ state }) => state ?? unknown },
      ],
      groups,
    ),
  )
  if (silent.length > 0) {
    const brokers = silent.length === 1 ? `broker ${silent[0]} does` : `brokers ${silent.join(', ')} do`
    process.stderr.write(shownLine(`${brokers} not answer: groups that they coordinate are not listed`))
  }
}

export async function describe(network: Network, group: string, options: GroupOptions): Promise<void> {
  const state = await describeGroup(network, group)
  print(options.json, state, () => groupText(state))
}

function groupText({ group, state, protocol, members, strategy, partitions }: GroupState): string {
  const by = protocol === 'consumer' ? ', protocol consumer (KIP-848)' : ''
  const head = `${group}  ${state ?? unknown}, ${counted(members, 'member')}${strategy === '' ? '' : `, ${strategy}`}${by}\n`
  // Brokers leave out what the user may not see, without a word.
  if (partitions.length === 0) return `${head}it has committed nothing, or Describe on its topics is missing\n`
  const notes = partitions.some((each) => noteOn(each) !== '')
  return (
    head +
    tableText(
      [
        { head: 'TOPIC', text: ({ topic }) => topic },
        { head: 'PARTITION', text: ({ partition }) => String(partition), right: true },
        { head: 'CURRENT-OFFSET', text: ({ committed }) => number(committed), right: true },
        { head: 'LOG-END-OFFSET', text: ({ end }) => number(end), right: true },
        { head: 'LAG', text: ({ lag }) => number(lag), right: true },
        { head: 'CONSUMER-ID', text: ({ member }) => member?.id ?? unknown },
        { head: 'HOST', text: ({ member }) => member?.host ?? unknown },
        { head: 'CLIENT-ID', text: ({ member }) => member?.clientId ?? unknown },
        ...(notes ? [{ head: 'NOTE', text: noteOn }] : []),
      ],
      partitions,
    )
  )
}

/** What a number alone would hide. */
function noteOn({ gone, end, start, committed, markers }: GroupPartition): string {
  if (gone) return 'the topic has no such partition any more'
  if (end === null) return 'nobody leads it, or its leader does not answer'
  const notes: string[] = []
  if (committed !== null && start !== null && committed < start) {
    notes.push(`${start - committed} records before ${start} are gone`)
  }
  if (markers !== null && markers > 0) notes.push(`${counted(markers, 'transaction marker')} in the lag`)
  return notes.join('; ')
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
  const bytes = await readBounded(fromFile, offsetsBytesAtMost).catch((cause: unknown) => {
    throw new KbenchError('usage', `cannot read ${fromFile}: ${messageOf(cause)}`, { cause })
  })
  return { to: 'file', offsets: offsetsInFile(bytes.toString('utf8'), fromFile) }
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
