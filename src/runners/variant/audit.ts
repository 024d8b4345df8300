import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { messageOf } from '../../base/errors.ts'
import { within } from '../../base/within.ts'
import type { AuditReport, AuditRequest, AuditSession, ClusterAccess, Network } from '../../contracts/api.ts'
import { notAudited } from '../../judge/not-audited.ts'
import type { FromAudit, ToAudit } from '../hosts/audit-serve.ts'
import { forkChild } from '../hosts/children.ts'

/** Records that may wait to be entered, 11 bytes each: a process that is this far behind stands still. */
const mostBacklog = 16_777_216

/** Of a process that was killed, ms. */
const closeMs = 10_000

/** Starts the audit's process. `fork` for tests. */
export function openAudit(
  network: Network,
  { topic, partitions }: { topic: string; partitions: number },
  fork: () => ChildProcess = () => forkChild('audit-host'),
): AuditSession {
  const child = fork()
  let backlog = 0
  let problem: string | null = null
  let answer: (report: AuditReport | null) => void = () => {}
  let alive = () => {}

  const giveUp = (reason: string) => {
    problem ??= reason
    answer(null)
  }
  const send = (message: ToAudit) => {
    try {
      // Why a message cannot be delivered, 'exit' and 'error' report.
      if (child.connected) child.send(message, () => {})
    } catch (error) {
      giveUp(messageOf(error))
    }
  }
  // What it prints is of no use, but a full pipe would stop it.
  child.stdout?.resume()
  child.stderr?.resume()
  child.once('error', (error) => giveUp(error.message))
  child.once('exit', (code, signal) => giveUp(`the audit's process ended with ${signal ?? code}`))
  child.on('message', (message: FromAudit) => {
    alive()
    if (message.type === 'progress') return
    if (message.type === 'entered') backlog -= message.records
    else if (message.type === 'problem') giveUp(message.message)
    else answer(message.report)
  })
  send({ type: 'open', network, topic, partitions })

  return {
    settled(producer, records) {
      if (problem !== null) return
      backlog += records.sequences.length
      if (backlog > mostBacklog) {
        giveUp(`the audit's process is ${backlog} records behind`)
        child.kill('SIGKILL')
      } else send({ type: 'settled', producer, records })
    },
    backlog: () => (problem === null ? backlog : 0),
    problem: () => problem,
    async audit({ signal, alive: heard = () => {}, ...order }) {
      alive = heard
      const abort = () => {
        giveUp('interrupted')
        child.kill('SIGKILL')
      }
      const report = await new Promise<AuditReport | null>((resolve) => {
        answer = resolve
        signal.addEventListener('abort', abort, { once: true })
        if (signal.aborted) abort()
        if (problem !== null) resolve(null)
        else send({ type: 'audit', order })
      })
      signal.removeEventListener('abort', abort)
      return report ?? notAuditedReport(problem ?? 'unknown', order)
    },
    async [Symbol.asyncDispose]() {
      problem ??= 'closed'
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      await within(closeMs, 'the end of the audit', () => {
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        return ended
      })
    },
  }
}

/** The session of a cluster that brings its own way to audit; one that has none is not audited. */
export function auditSessionOf(access: Pick<ClusterAccess, 'audit'>): AuditSession {
  return {
    settled() {},
    backlog: () => 0,
    problem: () => null,
    audit: async (request) =>
      (await access.audit?.(request)) ?? notAuditedReport('the cluster has no log to read', request),
    async [Symbol.asyncDispose]() {},
  }
}

function notAuditedReport(reason: string, { redelivered }: Pick<AuditRequest, 'redelivered'>): AuditReport {
  return { integrity: { ...notAudited(reason), redelivered }, groups: {} }
}
