import { KbenchError } from '../../base/errors.ts'
import { escapeLines } from '../../base/printable.ts'
import type { Network } from '../../contracts/api.ts'
import { type From, joinGroup, readRecords } from '../../operations/consume.ts'
import { parseFormat, type ShownRecord } from '../../operations/record-format.ts'
import { createTopic } from '../../operations/topics.ts'
import { shownLine } from '../text/shown-line.ts'
import { untilEnough } from './interruption.ts'

export interface ConsumeOptions {
  group?: string
  partition: readonly number[]
  offset?: string
  fromBeginning?: true
  maxMessages?: number
  exit?: true
  format?: string
  keys?: true
  headers?: true
  timestamps?: true
  json?: true
  createTopic?: true
  partitions?: number
  quiet?: true
}

export async function consume(network: Network, topic: string, options: ConsumeOptions): Promise<void> {
  const from = fromOf(options)
  const lineOf = printerOf(options)
  if (options.group !== undefined && (options.partition.length > 0 || options.offset !== undefined)) {
    throw new KbenchError('usage', '--group takes its partitions and offsets from the group', {
      hint: 'without --partition and --offset; kbench groups reset-offsets moves a group',
    })
  }
  if (options.createTopic) await make(network, topic, options)
  const over = untilEnough()
  const say = (line: string) => void (options.quiet || process.stderr.write(shownLine(line)))
  const most = options.maxMessages ?? Number.POSITIVE_INFINITY
  let count = 0
  const take = (record: ShownRecord): boolean => {
    process.stdout.write(lineOf(record))
    return ++count < most
  }
  try {
    if (options.group !== undefined) {
      const start = options.fromBeginning ? 'earliest' : 'latest'
      const { group, exit: untilEnd = false } = options
      await joinGroup(network, { topic, group, from: start, untilEnd }, take, say, over.signal)
    } else {
      const partitions = options.partition.length > 0 ? options.partition : null
      const untilEnd = options.exit === true
      for await (const records of readRecords(network, { topic, partitions, from, untilEnd }, over.signal)) {
        if (!records.every((record) => count < most && take(record)) || count >= most) break
      }
    }
  } finally {
    over.close()
  }
  say(`${count} ${count === 1 ? 'record' : 'records'}`)
}

async function make(network: Network, topic: string, { partitions = 1 }: ConsumeOptions): Promise<void> {
  const wanted = { topic, partitions, replicationFactor: null, configs: {} }
  if (await createTopic(network, wanted, { ifNotExists: true })) {
    process.stderr.write(shownLine(`created ${topic}, ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`))
  }
}

export function fromOf({ offset, fromBeginning }: Pick<ConsumeOptions, 'offset' | 'fromBeginning'>): From {
  if (offset === undefined) return fromBeginning ? 'earliest' : 'latest'
  if (fromBeginning) throw new KbenchError('usage', '--offset and --from-beginning exclude each other')
  if (offset === 'beginning' || offset === 'earliest') return 'earliest'
  if (offset === 'end' || offset === 'latest') return 'latest'
  if (/^\d{1,15}$/.test(offset)) return { offset: Number(offset) }
  if (/^-\d{1,15}$/.test(offset)) return { back: -Number(offset) }
  throw new KbenchError('usage', `--offset ${offset}: expected beginning, end, an offset, or -n for the last n`)
}

export function printerOf(
  options: ConsumeOptions,
  isTerminal = process.stdout.isTTY === true,
): (record: ShownRecord) => string {
  const { format, json, keys, headers, timestamps } = options
  // Into a pipe or a file records go as they are; what a terminal gets must not act on it.
  const show = isTerminal ? escapeLines : undefined
  if (format !== undefined) {
    if (json || keys || headers || timestamps) throw new KbenchError('usage', '--format says all that is printed')
    const printer = parseFormat(format, show)
    if (typeof printer === 'string') throw new KbenchError('usage', `--format: ${printer}`)
    return printer
  }
  // JSON escapes C0 controls alone.
  if (json) return (record) => `${(show ?? String)(JSON.stringify(jsonOf(record)))}\n`
  const parts = [timestamps && '%T', headers && '%h', keys && '%k', '%s'].filter((part) => typeof part === 'string')
  return parseFormat(`${parts.join('\\t')}\\n`, show) as (record: ShownRecord) => string
}

function jsonOf({ key, value, headers, timestampMs, ...rest }: ShownRecord) {
  const text = (bytes: Buffer | null | undefined) => bytes?.toString('utf8') ?? null
  return {
    ...rest,
    timestamp: new Date(timestampMs).toISOString(),
    key: text(key),
    value: text(value),
    headers: Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, text(bytes)])),
  }
}
