import { formatCount, formatSeconds } from '../../base/units.ts'
import type { LagLook, TopicLag } from '../../operations/lag.ts'
import { cut, plain, widthOf } from '../../reports/_text.ts'
import { type Column, tableText } from './print-table.ts'

const orDash = (text: string, isKnown: boolean): string => (isKnown ? text : '-')

const figures: readonly Column<TopicLag>[] = [
  { head: 'RECORDS', text: ({ records }) => orDash(formatCount(records), records !== null), right: true },
  { head: 'AGE', text: ({ seconds }) => orDash(ageText(seconds), seconds !== null), right: true },
  { head: 'TREND/s', text: ({ perSecond }) => trendText(perSecond), right: true },
  { head: 'TO ZERO', text: ({ zeroInS }) => orDash(ageText(zeroInS), zeroInS !== null), right: true },
]

const about: readonly Column<TopicLag>[] = [
  { head: 'STATE', text: ({ state }) => state ?? '-' },
  { head: 'MEMBERS', text: ({ members, state }) => orDash(String(members), state !== null), right: true },
]

/** "+120", "-3.5", "0". */
function trendText(perSecond: number | null): string {
  if (perSecond === null) return '-'
  const text = formatCount(perSecond)
  return perSecond > 0 && text !== '0' ? `+${text}` : text
}

/** As {@link formatSeconds}, and hours and days where there are some. */
function ageText(seconds: number | null): string {
  if (seconds === null || seconds < 3600) return formatSeconds(seconds)
  const hours = seconds / 3600
  return hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} d`
}

const names = (groupWidth: number, topicWidth: number): readonly Column<TopicLag>[] => [
  { head: 'GROUP', text: ({ group }) => cut(plain(group), groupWidth) },
  { head: 'TOPIC', text: ({ topic }) => cut(topic === null ? '-' : plain(topic), topicWidth) },
]

/** Names as wide as there is room beside the figures; where one kind needs less than half, the other has the rest. */
function fitting(topics: readonly TopicLag[], columns: number): readonly Column<TopicLag>[] {
  const figuresWidth = Math.max(...tableText(figures, topics).split('\n').map(widthOf))
  const room = Math.max(16, columns - 1 - figuresWidth - 4)
  const longest = (of: (each: TopicLag) => string) => Math.max(5, ...topics.map((each) => widthOf(plain(of(each)))))
  const [group, topic] = [longest((each) => each.group), longest((each) => each.topic ?? '-')]
  const half = room >> 1
  const groupWidth = Math.min(group, Math.max(half, room - topic))
  return [...names(groupWidth, room - groupWidth), ...figures]
}

const notes = (topics: readonly TopicLag[]): string[] =>
  topics.flatMap(({ group, topic, reason }) =>
    reason === null ? [] : [plain(`${topic === null ? group : `${group} on ${topic}`}: ${reason}`)],
  )

function silentText(silent: readonly number[]): string[] {
  if (silent.length === 0) return []
  const [who, verb] = silent.length === 1 ? ['broker', 'does'] : ['brokers', 'do']
  return [`${who} ${silent.join(', ')} ${verb} not answer: the groups there are not shown`]
}

const noGroups = 'there are no groups\n'

/** Everything, nothing cut. */
export function lagTable({ topics, silent }: LagLook): string {
  if (topics.length === 0 && silent.length === 0) return noGroups
  const rest = [...notes(topics), ...silentText(silent)].map((line) => `${line}\n`)
  return (
    tableText([...names(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY), ...figures, ...about], topics) +
    rest.join('')
  )
}

/** A line per group and topic, for a log: "10:15:00 billing orders records=120 age=1.2 s trend=+3/s zero=-". */
export function lagLines({ atMs, topics, silent }: LagLook): string {
  const time = new Date(atMs).toISOString().slice(11, 19)
  const [records, age, trend, zero] = figures
  const lines = topics.map((each) => {
    const reason = each.reason === null ? '' : ` (${each.reason})`
    return plain(
      `${time} ${each.group} ${each.topic ?? '-'} records=${records!.text(each)} age=${age!.text(each)} trend=${trend!.text(each)}/s zero=${zero!.text(each)}${reason}`,
    )
  })
  return [...lines, ...silentText(silent).map((line) => `${time} ${line}`)].map((line) => `${line}\n`).join('')
}

/** What fits on a terminal: most lag first, then what is unknown and why. */
export function lagScreen(look: LagLook, { columns, rows }: { columns: number; rows: number }): string {
  const { atMs, topics, silent } = look
  const groups = new Set(topics.map(({ group }) => group)).size
  const head = `${new Date(atMs).toISOString().slice(11, 19)} UTC  ${groups} ${groups === 1 ? 'group' : 'groups'}  (Ctrl-C ends)`
  const reasons = [...silentText(silent), ...notes(topics)]
  // The cursor's own line, the head and the table's head.
  const room = Math.max(1, rows - 3)
  const shownNotes = reasons.slice(0, Math.max(1, Math.min(reasons.length, room - topics.length, 6)))
  const left = room - shownNotes.length
  const shown = topics.length <= left ? topics : topics.slice(0, Math.max(0, left - 1))
  const more = topics.length - shown.length
  const table = topics.length === 0 ? noGroups : tableText(fitting(shown, columns), shown)
  const lines = [
    head,
    ...table.trimEnd().split('\n'),
    ...(more > 0 ? [`${more} more with no more lag than these: --group, or without --watch`] : []),
    ...shownNotes,
  ]
  return lines.map((line) => `${cut(line, columns - 1)}\n`).join('')
}
