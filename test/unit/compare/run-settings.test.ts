import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differencesOf, isUnder, settingsOf, settingsOfRun } from '../../../src/compare/run-settings.ts'
import type { RunResult } from '../../../src/contracts/result.ts'
import { twoClients } from '../../fixtures/result.ts'

const runWith = (profile: Record<string, unknown>): RunResult => {
  const result = twoClients()
  return {
    ...result,
    profile: { ...result.profile, producers: { acks: 'all', batch: { maxBytes: 131072 } }, ...profile },
  }
}
const settings = (profile: Record<string, unknown>, params: Record<string, string>) =>
  settingsOf(settingsOfRun(runWith(profile)), { client: 'kafkajs', ...params })

test('two sets of one name are unlike where what they set is', () => {
  const setup = (maxBytes: number) => ({ matrix: { setup: { small: { 'producers.batch.maxBytes': maxBytes } } } })
  const [one, other] = [setup(1024), setup(2048)].map((profile) => settings(profile, { setup: 'small' }))
  assert.deepEqual(differencesOf(one!, other!), [
    { key: 'setup.producers.batch.maxBytes', base: '1024', other: '2048' },
  ])
  assert.deepEqual(differencesOf(one!, settings(setup(1024), { setup: 'small' })), [])
})

test('all that a set sets belongs to its dimension: naming that one is enough', () => {
  const matrix = {
    setup: {
      small: { 'producers.batch.maxBytes': 1024, 'producers.acks': 1 },
      big: { 'producers.batch.maxBytes': 4096, 'producers.acks': 1 },
    },
  }
  const keys = differencesOf(settings({ matrix }, { setup: 'small' }), settings({ matrix }, { setup: 'big' })).map(
    ({ key }) => key,
  )
  assert.deepEqual(keys, ['setup', 'setup.producers.batch.maxBytes'])
  assert.ok(keys.every((key) => isUnder(key, 'setup')))
})

test('an included combination likewise; sets of others are no settings of a variant', () => {
  const include = (rate: number) => [{ name: 'huge', client: 'kafkajs', 'load.rate': rate }]
  const [one, other] = [20, 30].map((rate) => settings({ include: include(rate) }, { include: 'huge' }))
  assert.deepEqual(
    differencesOf(one!, other!).map(({ key }) => key),
    ['include.load.rate'],
  )
  const plain = settings({ include: include(20) }, {})
  assert.deepEqual(differencesOf(plain, settings({ include: include(30) }, {})), [])
})
