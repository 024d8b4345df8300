import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { loadPlugin, pluginNames } from '../../src/registry.ts'
import { absentClients } from '../../src/runners/run/packages.ts'
import { skipReason } from '../cluster/_providers.ts'
import { type SecureBroker, startSecureBroker } from '../cluster/_secure-broker.ts'
import { assertWorked, runOver, ways } from '../cluster/_security-table.ts'

// The table of docs/connections.md, and tokens that live a minute.

const skip = (await skipReason('local')) ?? false
const folder = mkdtempSync(join(tmpdir(), 'kbench-security-'))
let broker: SecureBroker
let clients: string[] = []

before(async () => {
  if (skip) return
  const names = (await pluginNames('drivers')).filter((name) => name !== 'fake')
  const drivers = new Map(
    await Promise.all(names.map(async (name) => [name, await loadPlugin('drivers', name)] as const)),
  )
  const absent = await absentClients(drivers)
  clients = names.filter((name) => !absent.has(name))
  broker = await startSecureBroker(join(folder, 'broker'))
})

after(async () => {
  await broker?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

describe('every client over every way to connect', { skip }, () => {
  for (const way of ways) {
    test(way, async () => {
      const { run, stderr } = await runOver(way, broker, folder, { clients })
      assert.equal(run.variants.length, clients.length, stderr)
      for (const variant of run.variants) assertWorked(variant, `${way}, ${variant.id}`)
    })
  }
})

/** Minutes; KBENCH_TOKEN_MINUTES shortens it while one works on it. */
const minutes = Number(process.env.KBENCH_TOKEN_MINUTES ?? 20)

test(`${minutes} minutes with tokens that live 60 s lose nothing`, { skip }, async () => {
  broker.tokens.lifeS = 60
  const before = broker.tokens.issued
  const { run } = await runOver('OAUTHBEARER', broker, join(folder, 'tokens'), { clients, measure: `${minutes}m` })
  for (const variant of run.variants) assertWorked(variant, variant.id)
  assert.ok(broker.tokens.issued - before > minutes * clients.length, `${broker.tokens.issued - before} tokens`)
})
