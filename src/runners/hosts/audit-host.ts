import { messageOf } from '../../base/errors.ts'
import type { Network } from '../../contracts/api.ts'
import { type AuditCounts, type AuditOptions, createAudit } from '../../judge/audit.ts'
import { type LogRange, readLog } from '../../kafka/read-log.ts'
import { stampFromHeader, stampHeader } from '../../load/stamp.ts'

/** Entry of the audit's process: one job, one answer. Apart from the supervisor, for it decodes the whole log. */
export interface AuditJob {
  network: Network
  topic: string
  ranges: LogRange[]
  audit: AuditOptions
}

export type AuditAnswer =
  | { ok: true; counts: AuditCounts; notRead: [partition: number, reason: string][] }
  | { ok: false; message: string }

process.on('disconnect', () => process.exit(1))
process.on('SIGINT', () => {})
process.once('message', (job: AuditJob) => {
  void answer(job).then((result) => process.send?.(result, () => process.disconnect()))
})

async function answer({ network, topic, ranges, audit: options }: AuditJob): Promise<AuditAnswer> {
  try {
    const audit = createAudit(options)
    const { notRead } = await readLog(network, topic, ranges, (partition, record) => {
      const header = record.headers[stampHeader]
      audit.record(partition, record.offset, record.value, header === undefined ? null : stampFromHeader(header))
    })
    return { ok: true, counts: audit.finish(new Set(notRead.keys())), notRead: [...notRead] }
  } catch (error) {
    return { ok: false, message: messageOf(error) }
  }
}
