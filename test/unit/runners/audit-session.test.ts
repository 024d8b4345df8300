import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { describe, test } from 'node:test'
import type { AuditRequest, AuditSession, Network, SettledRecords } from '../../../src/contracts/api.ts'
import { outcomeCodes } from '../../../src/recording/frame.ts'
import type { ToAudit } from '../../../src/runners/hosts/audit-serve.ts'
import { forkChild } from '../../../src/runners/hosts/children.ts'
import { auditSessionOf, openAudit } from '../../../src/runners/variant/audit.ts'

// Nothing listens there.
const network: Network = { bootstrap: ['127.0.0.1:1'] }
const topic = { topic: 't', partitions: 2 }

function records(count: number, first = 0): SettledRecords {
  return {
    sequences: Float64Array.from({ length: count }, (_, at) => first + at),
    partitions: new Uint16Array(count),
    outcomes: new Uint8Array(count).fill(outcomeCodes.acked),
  }
}

function request(signal = new AbortController().signal): AuditRequest {
  const [firstOffsets, delivered] = [new Map([[0, 0]]), { g: [Float64Array.of(0, 9)] }]
  const rest = { run: 1, producers: 1, exclusive: true, redelivered: 5, idempotence: true }
  return { ...topic, ...rest, firstOffsets, measure: [0, 1], delivered, signal }
}

async function assertNotAudited(session: AuditSession, reason: RegExp, signal?: AbortSignal): Promise<void> {
  const { integrity, groups } = await session.audit(request(signal))
  assert.deepEqual([integrity.verdict, integrity.redelivered, groups], ['not-audited', 5, {}])
  assert.match(integrity.reasons.join(), reason)
}

async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setImmediate(resolve))
}

/** The audit's process, and the test's hand on it. */
function open(): { session: AuditSession; child: ChildProcess } {
  const child = forkChild('audit-host')
  return { child, session: openAudit(network, topic, () => child) }
}

describe('a process of its own', () => {
  test('takes what settles from the start, and says when it is entered', async () => {
    const { session, child } = open()
    session.settled(0, records(1000))
    session.settled(0, records(10, 2 ** 40))
    assert.equal(session.backlog(), 1010)
    await until(() => session.backlog() === 0)
    assert.equal(session.problem(), null)
    await session[Symbol.asyncDispose]()
    assert.equal(child.signalCode, 'SIGKILL')
    session.settled(0, records(1))
    assert.equal(session.backlog(), 0)
  })

  test('that dies during the load: not audited, with the reason, and nothing is thrown', async () => {
    const { session, child } = open()
    session.settled(0, records(1000))
    child.kill('SIGKILL')
    await once(child, 'exit')
    session.settled(0, records(1000, 1000))
    assert.equal(session.backlog(), 0)
    assert.match(session.problem() ?? '', /ended with SIGKILL/)
    await assertNotAudited(session, /the audit's process ended with SIGKILL/)
    await session[Symbol.asyncDispose]()
  })

  test('that dies while it reads: not audited', async () => {
    const { session, child } = open()
    const report = assertNotAudited(session, /ended with SIGTERM/)
    child.kill('SIGTERM')
    await report
    await session[Symbol.asyncDispose]()
  })

  test('a record that settles twice is known before the audit', async () => {
    const { session } = open()
    session.settled(3, records(5))
    session.settled(3, records(1, 4))
    await until(() => session.problem() !== null)
    assert.equal(session.problem(), 'record 4 of producer 3 was settled twice')
    await assertNotAudited(session, /settled twice/)
    await session[Symbol.asyncDispose]()
  })

  test('an interrupted audit ends now', async () => {
    const { session, child } = open()
    const controller = new AbortController()
    const report = assertNotAudited(session, /interrupted/, controller.signal)
    controller.abort()
    await report
    await session[Symbol.asyncDispose]()
    assert.equal(child.signalCode, 'SIGKILL')
  })

  test('an audit that was interrupted before it began does not begin', async () => {
    const { session } = open()
    await assertNotAudited(session, /interrupted/, AbortSignal.abort())
    await session[Symbol.asyncDispose]()
  })
})

/** A process that takes messages and does nothing. */
class StandingStill extends EventEmitter {
  readonly sent: ToAudit[] = []
  connected = true
  pid = undefined
  killed: string[] = []
  send(message: ToAudit): boolean {
    this.sent.push(message)
    return true
  }
  kill(signal: string): boolean {
    this.killed.push(signal)
    return true
  }
}

describe('a process that stands still', () => {
  test('is given up before the records that wait for it fill the memory', async () => {
    const child = new StandingStill()
    const session = openAudit(network, topic, () => child as unknown as ChildProcess)
    const many = records(1_048_576)
    for (let at = 0; at < 20; at++) session.settled(0, many)
    assert.equal(child.sent.filter(({ type }) => type === 'settled').length, 16)
    assert.deepEqual(child.killed, ['SIGKILL'])
    await assertNotAudited(session, /17825792 records behind/)
  })

  test('and one that cannot be sent to', async () => {
    const child = new StandingStill()
    child.send = () => {
      throw new Error('could not be cloned')
    }
    const session = openAudit(network, topic, () => child as unknown as ChildProcess)
    await assertNotAudited(session, /could not be cloned/)
    await session[Symbol.asyncDispose]()
  })

  test('one that could not be started', async () => {
    const child = new StandingStill()
    const session = openAudit(network, topic, () => child as unknown as ChildProcess)
    child.emit('error', new Error('spawn ENOMEM'))
    await assertNotAudited(session, /spawn ENOMEM/)
  })
})

describe('a cluster that brings its own audit', () => {
  test('is asked', async () => {
    const integrity = { ...(await auditSessionOf({}).audit(request())).integrity, verdict: 'ok' as const }
    const session = auditSessionOf({ audit: async () => ({ integrity, groups: {} }) })
    session.settled(0, records(1))
    assert.deepEqual([session.backlog(), session.problem()], [0, null])
    assert.equal((await session.audit(request())).integrity.verdict, 'ok')
  })

  test('or has none', async () => assertNotAudited(auditSessionOf({}), /has no log to read/))
})
