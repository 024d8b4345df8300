import type { AuditRequest, Network } from '../../contracts/api.ts'
import type { Integrity } from '../../contracts/result.ts'
import { notAudited } from '../../judge/not-audited.ts'
import { judgeIntegrity } from '../../judge/verdict.ts'
import { topicOffsets } from '../../kafka/admin.ts'
import type { LogRange } from '../../kafka/read-log.ts'
import { outcomeCodes } from '../../recording/frame.ts'
import type { AuditAnswer, AuditJob } from '../hosts/audit-host.ts'
import { forkChild } from '../hosts/children.ts'
import { settledEnds } from './settled-ends.ts'

/** Reads the log back, with every producer closed, and compares (MEASURING, "Integrity audit"). */
export async function auditLog(network: Network, request: AuditRequest): Promise<Integrity> {
  const { topic, firstOffsets } = request
  const starts = await topicOffsets(network, topic, 'earliest')
  const unacknowledged = request.ledgers.some(({ outcomes, length }) =>
    outcomes.subarray(0, length).includes(outcomeCodes.unknown),
  )
  const ends = await settledEnds((at) => topicOffsets(network, topic, at), unacknowledged)
  const ranges: LogRange[] = []
  const reasons: string[] = []
  const gone: number[] = []
  let logRecords = 0
  for (const [partition, from] of firstOffsets) {
    const to = ends.get(partition)
    if (to === undefined) {
      gone.push(partition)
      reasons.push(`partition ${partition}: no leader to ask for its end offset`)
      continue
    }
    logRecords += to - from
    if ((starts.get(partition) ?? 0) > from) {
      gone.push(partition)
      reasons.push(`partition ${partition}: retention has moved its start past this run's first offset`)
    } else ranges.push({ partition, from, to })
  }
  const { run, ledgers, exclusive, measure, partitions } = request
  const audit = { run, ledgers, exclusive, measure, partitions, notRead: gone }
  const answer = await runAudit({ network, topic, ranges, audit }, request.signal)
  if (!answer.ok) return { ...notAudited(answer.message), redelivered: request.redelivered, logRecords }
  const { examples, skipped: _, ...counts } = answer.counts
  for (const [partition, reason] of answer.notRead) reasons.push(`partition ${partition}: ${reason}`)
  const full = { ...counts, redelivered: request.redelivered, logRecords }
  const verdict = judgeIntegrity(full, request.idempotence)
  const partly = reasons.length > 0 && verdict === 'ok'
  return { ...full, verdict: partly ? 'not-audited' : verdict, reasons: [...reasons, ...examples] }
}

function runAudit(job: AuditJob, signal: AbortSignal): Promise<AuditAnswer> {
  return new Promise((resolve) => {
    const child = forkChild('audit-host')
    const abort = () => child.kill('SIGKILL')
    signal.addEventListener('abort', abort, { once: true })
    const settle = (answer: AuditAnswer) => {
      signal.removeEventListener('abort', abort)
      resolve(answer)
    }
    child.once('message', (answer: AuditAnswer) => settle(answer))
    child.once('error', (error) => settle({ ok: false, message: error.message }))
    child.once('exit', (code, killed) =>
      settle({
        ok: false,
        message: signal.aborted ? 'interrupted' : `the audit's process ended with ${killed ?? code}`,
      }),
    )
    child.send(job)
  })
}
