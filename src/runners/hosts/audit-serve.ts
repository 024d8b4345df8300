import { messageOf } from '../../base/errors.ts'
import type { AuditReport, Network, SettledRecords } from '../../contracts/api.ts'
import { type AuditBook, createAuditBook } from '../../judge/audit-book.ts'
import { type AuditOrder, auditLog, type Log } from './audit-log.ts'

/** To the audit's process; `open` comes first. */
export type ToAudit =
  | { type: 'open'; network: Network; topic: string; partitions: number }
  | { type: 'settled'; producer: number; records: SettledRecords }
  | { type: 'audit'; order: AuditOrder }

/** From the audit's process. A `problem` comes once: there will be no audit. */
export type FromAudit =
  | { type: 'entered'; records: number }
  /** The log answered, or records of it were read, since the last message. */
  | { type: 'progress' }
  | { type: 'problem'; message: string }
  | { type: 'report'; report: AuditReport }

/** How often it says that it comes forward, ms. */
const progressMs = 1000

/** What the audit's process does with each message. */
export function serveAudit(
  answer: (message: FromAudit) => void,
  logOf: (network: Network, topic: string) => Log,
): (message: ToAudit) => Promise<void> {
  let book: AuditBook | null = null
  let log: Log | null = null
  let isBroken = false

  async function take(message: ToAudit): Promise<void> {
    if (message.type === 'open') {
      book = createAuditBook({ partitions: message.partitions })
      log = logOf(message.network, message.topic)
    } else if (book === null || log === null) throw new Error(`${message.type} before open`)
    else if (message.type === 'settled') {
      book.settle(message.producer, message.records)
      answer({ type: 'entered', records: message.records.sequences.length })
    } else answer({ type: 'report', report: await reportOf(book, log, message.order, answer) })
  }

  return async (message) => {
    if (isBroken) return
    try {
      await take(message)
    } catch (error) {
      isBroken = true
      answer({ type: 'problem', message: messageOf(error) })
    }
  }
}

async function reportOf(
  book: AuditBook,
  log: Log,
  order: AuditOrder,
  answer: (message: FromAudit) => void,
): Promise<AuditReport> {
  let steps = 0
  let reported = 0
  const step = () => {
    steps++
  }
  const timer = setInterval(() => {
    if (steps > reported) answer({ type: 'progress' })
    reported = steps
  }, progressMs)
  try {
    return await auditLog(book, watched(log, step), order)
  } finally {
    clearInterval(timer)
  }
}

/** The log, each of whose answers and records is a step. */
const watched = (log: Log, step: () => void): Log => ({
  offsets: (at) => log.offsets(at).finally(step),
  partitions: () => log.partitions().finally(step),
  read: (ranges, onRecord) =>
    log.read(ranges, (...record) => {
      step()
      onRecord(...record)
    }),
})
