import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CanaryFact, CanaryStoppedFact } from '../../../src/contracts/facts.ts'
import { type CanaryJob, type FromCanary, serveCanary, type ToCanary } from '../../../src/runners/hosts/canary-serve.ts'
import { startCanary } from '../../../src/runners/variant/canary.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeDriver } from '../../support/fake-driver.ts'

const job: CanaryJob = {
  ...{ network: { bootstrap: [] }, topic: 't', partitions: 2, recordsPerSec: 20, acks: 'all', run: 1 },
  clientId: 'canary',
}

/** A canary's process whose messages the test writes. */
function scripted() {
  let say: (message: FromCanary) => void = () => {}
  let end: (how: string) => void = () => {}
  const posted: ToCanary['type'][] = []
  const ended = new Promise<string>((resolve) => {
    end = resolve
  })
  const facts: (CanaryFact | CanaryStoppedFact)[] = []
  const child = {
    post: (message: ToCanary) => void posted.push(message.type),
    onMessage(listener: typeof say) {
      say = listener
    },
    ended,
    kill: () => end('SIGKILL'),
  }
  const starting = startCanary(job, {
    ...{ signal: new AbortController().signal, nowNs: () => 999, open: () => child },
    report: (fact) => facts.push(fact),
  })
  return { starting, facts, posted, end: (how: string) => end(how), say: (message: FromCanary) => say(message) }
}

const acks = (...values: number[]) => Float64Array.from(values)

describe('the canary as the supervisor sees it', () => {
  test('reports facts in order and adds them up; stopping it is no problem', async () => {
    const { starting, facts, posted, say, end } = scripted()
    say({ type: 'ready' })
    const canary = await starting
    say({ type: 'acks', acks: acks(), atNs: 100 })
    say({ type: 'acks', acks: acks(0, 7, 120, 1, -1, 130, 0, 5, 125, 9, 1, 1), atNs: 350 })
    const stopping = canary.stop()
    say({ type: 'ended', stoppedNs: 400, failed: 0, skipped: 0 })
    end('exit code 1')
    await stopping
    assert.deepEqual(posted, ['init', 'stop'])
    assert.deepEqual(
      [canary.acks, canary.offsets],
      [
        [[120, 125], [130]],
        [[5, 7], []],
      ],
    )
    assert.deepEqual([canary.firstSentNs(), canary.stoppedNs(), canary.problem()], [100, 400, null])
    assert.deepEqual(
      facts.map(({ fact, atNs }) => [fact, atNs]),
      [
        ['canary', 100],
        ['canary', 350],
        ['canary-stopped', 400],
      ],
    )
  })

  test('N1: it died in the midst of the load: stopped where its last report ends, and why', async () => {
    const { starting, facts, say, end } = scripted()
    say({ type: 'ready' })
    const canary = await starting
    say({ type: 'acks', acks: acks(), atNs: 100 })
    say({ type: 'acks', acks: acks(0, 1, 340), atNs: 350 })
    end('SIGSEGV')
    await new Promise(setImmediate)
    assert.deepEqual([canary.stoppedNs(), canary.problem()], [350, 'the canary ended with SIGSEGV'])
    assert.deepEqual(facts.at(-1), {
      fact: 'canary-stopped',
      atNs: 350,
      problem: 'the canary ended with SIGSEGV',
    })
  })

  test('N12: it never connected: no first probe, stopped at once', async () => {
    const { starting, say, end } = scripted()
    say({ type: 'error', message: 'no broker answers' })
    end('exit code 1')
    const canary = await starting
    assert.deepEqual([canary.firstSentNs(), canary.stoppedNs()], [null, 999])
    assert.equal(canary.problem(), 'no canary: no broker answers')
  })

  test('its process: connects, is ready, sings until stopped and says when that was', async () => {
    const clock = createFakeClock()
    const stop = new AbortController()
    const said: FromCanary[] = []
    clock.at(clock.nowNs() + 1.01e9, () => stop.abort())
    const driver = createFakeDriver({ clock })
    await clock.run(serveCanary(job, { driver, clock, stop: stop.signal, send: (message) => said.push(message) }))
    assert.equal(said[0]!.type, 'ready')
    assert.deepEqual(said.at(-1), { type: 'ended', stoppedNs: 1e12 + 1.01e9, failed: 0, skipped: 0 })
    const told = said.flatMap((message) => (message.type === 'acks' ? [...message.acks] : []))
    assert.equal(told.length / 3, driver.handed.length)
    assert.equal(driver.handed.length, 2 * 21)
  })
})
