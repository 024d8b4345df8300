import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { within } from '../../base/within.ts'
import type { Network } from '../../contracts/api.ts'
import { type NewRecord, produceRecords, type Written } from '../../operations/produce.ts'
import { pairsOf } from '../commands/option-values.ts'
import { confirmFile } from './confirm-load.ts'
import { recordsIn } from './input-records.ts'

export interface ProduceOptions {
  file?: string
  keySeparator?: string
  nullWord?: string
  partition?: number
  partitioner: 'murmur2' | 'random' | 'round-robin'
  acks: '0' | '1' | 'all'
  header: string[]
  json?: true
  quiet?: true
  yes?: true
}

export async function produce(network: Network, topic: string, options: ProduceOptions): Promise<void> {
  if (options.keySeparator === '') throw new KbenchError('usage', '--key-separator is empty')
  const { stdin, stderr } = process
  if (options.file !== undefined) await confirmFile(network, options.file, options)
  const input = options.file === undefined ? stdin : await opened(options.file)
  const asks = options.file === undefined && stdin.isTTY
  const batches = recordsIn(input, {
    keySeparator: options.keySeparator ?? null,
    nullWord: options.nullWord ?? null,
    prompt: asks ? () => void stderr.write('> ') : null,
  })
  const count = await produceRecords(
    network,
    batches,
    {
      topic,
      acks: options.acks === 'all' ? 'all' : options.acks === '0' ? 0 : 1,
      partition: options.partition ?? null,
      partitioner: options.partitioner,
      headers: pairsOf('--header', 'source=shop', options.header),
    },
    (records, written) => {
      if (!options.quiet) process.stdout.write(linesOf(records, written, options.json === true))
    },
  )
  if (!options.quiet) stderr.write(`${count} ${count === 1 ? 'record' : 'records'} written to ${topic}\n`)
}

function linesOf(records: readonly NewRecord[], written: readonly Written[], json: boolean): string {
  return written
    .map(({ partition, offset }, index) => {
      const key = records[index]!.key?.toString('utf8') ?? null
      if (json) return `${JSON.stringify({ partition, offset, key })}\n`
      return `partition ${partition}  ${offset < 0 ? 'not acknowledged' : `offset ${offset}`}${key === null ? '' : `  key ${key}`}\n`
    })
    .join('')
}

async function opened(file: string): Promise<Readable> {
  const stream = createReadStream(file)
  try {
    await within(10_000, file, () => once(stream, 'open'))
  } catch (error) {
    throw new KbenchError('usage', `cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
  return stream
}
