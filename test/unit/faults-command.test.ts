import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { resolveReferences } from '../../src/base/references.ts'
import { redact } from '../../src/base/secrets.ts'
import type { ClusterState, FaultContext, PartitionState } from '../../src/contracts/api.ts'
import command from '../../src/faults/command.ts'

const folder = await mkdtemp(join(tmpdir(), 'kbench-command-'))
after(() => rm(folder, { recursive: true, force: true }))

const partition = (leader: number, id = 0): PartitionState => ({
  ...{ partition: id, leader, leaderEpoch: 1 },
  ...{ isr: [1, 2, 3], replicas: [1, 2, 3] },
})
const stateOf = (brokers: number[], partitions: PartitionState[]): ClusterState => ({
  brokers: brokers.map((id) => ({ id, host: '127.0.0.1', port: 9090 + id, rack: null })),
  ...{ controllerId: 1, partitions },
})

function rig({ states = [stateOf([1, 2, 3], [partition(1)])], signal = new AbortController().signal } = {}) {
  const said = { log: '', files: new Set<string>(), notes: [] as string[] }
  let at = 0
  const context = {
    clock: systemClock(),
    metadata: async () => states[Math.min(at++, states.length - 1)]!,
    signal,
    log: async (file: string, text: string) => {
      said.files.add(file)
      said.log += text
    },
    note: (detail: string) => said.notes.push(detail),
  } as unknown as FaultContext
  const inject = (options: Record<string, unknown>) => command.inject(command.options.parse(options), context)
  return { said, inject }
}

const sh = (script: string, ...args: string[]) => ['sh', '-c', script, 'sh', ...args]
const marked = (name: string) => join(folder, name)

describe('the fault command', () => {
  test('works on every provider, and takes lists of arguments alone', () => {
    for (const provider of ['external', 'local', 'compose', 'mock']) assert.equal(command.refused(provider), null)
    for (const inject of ['reboot', [], [1], [`\${env:PROGRAM}`, 'x']]) {
      assert.equal(command.options.safeParse({ inject }).success, false, JSON.stringify(inject))
    }
    const parsed = command.options.parse({ inject: ['reboot'] }) as { verifyWithin: number }
    assert.equal(parsed.verifyWithin, 300_000)
  })

  test('runs without a shell: arguments arrive as they are', async () => {
    const { inject, said } = rig()
    await using _fault = await inject({ inject: ['printf', '%s|', '$HOME; true', '*', 'a b'] })
    assert.match(said.log, /stdout: \$HOME; true\|\*\|a b\|\n/)
    assert.deepEqual([...said.files], ['fault-command.log'])
  })

  for (const [name, states, evidence] of [
    [
      'a broker that leaves the metadata',
      [stateOf([1, 2, 3], [partition(1)]), stateOf([2, 3], [partition(1)])],
      'broker 1 left the metadata',
    ],
    [
      'another leader',
      [stateOf([1, 2, 3], [partition(1)]), stateOf([1, 2, 3], [partition(2)])],
      'leader of partition 0: broker 1 → broker 2',
    ],
    [
      'no leader',
      [stateOf([1, 2, 3], [partition(1)]), stateOf([1, 2, 3], [partition(-1)])],
      'leader of partition 0: broker 1 → nobody',
    ],
  ] as const) {
    test(`is verified by ${name}`, async () => {
      const { inject } = rig({ states: [...states] })
      await using fault = await inject({ inject: ['true'], verify: ['false'] })
      assert.equal(await fault.verify(), evidence)
    })
  }

  test('is verified by the exit code of the verify command, and not before', async () => {
    const { inject } = rig()
    const file = marked('verified')
    await using fault = await inject({ inject: ['true'], verify: ['test', '-e', file], verifyWithin: '20s' })
    assert.equal(fault.verifyMs, 20_000)
    assert.equal(await fault.verify(), false)
    await using _made = await inject({ inject: ['touch', file] })
    const deadline = performance.now() + 10_000
    let seen: boolean | string = false
    while (seen === false && performance.now() < deadline) seen = await fault.verify()
    assert.equal(seen, 'verify command: exit code 0')
  })

  test('heals once, also when inject failed half-way', async () => {
    const { inject, said } = rig()
    const file = marked('healed')
    const heal = sh('echo x >> "$1"', file)
    await assert.rejects(
      inject({ inject: sh('exit 7'), heal }),
      /the inject command failed with exit code 7: see logs\/fault-command\.log/,
    )
    assert.equal(readFileSync(file, 'utf8'), 'x\n')
    const fault = await inject({ inject: ['true'], heal })
    await fault[Symbol.asyncDispose]()
    await fault[Symbol.asyncDispose]()
    assert.equal(readFileSync(file, 'utf8'), 'x\nx\n')
    assert.match(said.log, /inject: \["sh","-c","exit 7","sh"\] → 7, /)
  })

  test('heals when it is interrupted while it injects', async () => {
    const over = new AbortController()
    const { inject } = rig({ signal: over.signal })
    const [begun, healed] = [marked('begun'), marked('healed-after-interrupt')]
    const injecting = inject({ inject: sh('touch "$1"; exec sleep 60', begun), heal: ['touch', healed] })
    const failed = assert.rejects(injecting, /the inject command was interrupted/)
    while (!existsSync(begun)) await delay(5)
    over.abort()
    await failed
    assert.ok(existsSync(healed))
  })

  test('a heal that fails is an error', async () => {
    const { inject } = rig()
    const fault = await inject({ inject: ['true'], heal: ['false'] })
    await assert.rejects(async () => fault[Symbol.asyncDispose](), /the heal command failed with exit code 1/)
  })

  test('ends a command after its deadline, with all that it started', async () => {
    const { inject } = rig()
    const file = marked('pid')
    const started = performance.now()
    const script = 'sleep 60 & echo $! > "$1"; wait'
    await assert.rejects(inject({ inject: sh(script, file), timeout: '300ms' }), /was ended after 0\.3 s \(timeout\)/)
    assert.ok(performance.now() - started < 30_000)
    const pid = Number(readFileSync(file, 'utf8'))
    const deadline = performance.now() + 5000
    while (isThere(pid) && performance.now() < deadline) await delay(10)
    assert.equal(isThere(pid), false, 'what it started is gone too')
  })

  test('a program that is not there is named', async () => {
    const { inject } = rig()
    await assert.rejects(
      inject({ inject: ['/no/such/program'] }),
      /inject: \/no\/such\/program cannot be run: .*ENOENT/,
    )
  })

  test('secrets reach the command, and neither the log nor an error', async () => {
    process.env.KBENCH_TEST_TOKEN = 'hunter2'
    try {
      const { inject, said } = rig()
      await using fault = await inject({ inject: ['echo', `token=\${env:KBENCH_TEST_TOKEN}`] })
      assert.match(said.log, /stdout: token=\*\*\*\n/)
      assert.match(said.log, /\["echo","token=\$\{env:KBENCH_TEST_TOKEN\}"\]/)
      assert.doesNotMatch(`${said.log}${fault.detail}`, /hunter2/)
      const failing = inject({ inject: sh('echo "$1" >&2; exit 3', `\${env:KBENCH_TEST_TOKEN}`) })
      await assert.rejects(failing, (error: Error) => !/hunter2/.test(error.message))
      assert.doesNotMatch(said.log, /hunter2/)
    } finally {
      delete process.env.KBENCH_TEST_TOKEN
    }
    const { inject } = rig()
    await assert.rejects(
      inject({ inject: ['echo', `\${env:KBENCH_NOT_SET}`] }),
      /the environment variable KBENCH_NOT_SET is not set/,
    )
  })
})

test('references are replaced wherever they are, and each line of a secret is redacted', async () => {
  process.env.KBENCH_TEST_A = 'one\ntwo'
  try {
    const { text, secrets } = await resolveReferences(`x=\${env:KBENCH_TEST_A}; y=$z`)
    assert.deepEqual([text, secrets], ['x=one\ntwo; y=$z', ['one\ntwo']])
    assert.equal(redact('two, then one', secrets), '***, then ***')
  } finally {
    delete process.env.KBENCH_TEST_A
  }
})

/** A zombie is not there. */
function isThere(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
