import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { InspectedSettings } from '../../../src/contracts/api.ts'
import { inspect } from '../../../src/drivers/librdkafka/inspect.ts'
import { findLibrdkafka } from '../../../src/kafka/librdkafka.ts'
import { cellsOf, consumerSettings, producerSettings } from '../../../src/profile/plan.ts'
import { type ProfileInput, profileSchema } from '../../../src/profile/schema.ts'
import { planRun } from '../../../src/runners/run/run-plan.ts'

const built = findLibrdkafka()
const skip = built === null && 'node-rdkafka is not built here'
const folder = mkdtempSync(join(tmpdir(), 'kbench-library-'))
after(() => rmSync(folder, { recursive: true }))

const profileOf = (input: Partial<ProfileInput>) =>
  profileSchema.parse({ name: 'test', clients: ['librdkafka'], ...input })

const producer = (clientConfig: Record<string, string | number | boolean>): InspectedSettings => ({
  of: 'producer',
  settings: producerSettings(profileOf({ producers: { clientConfig: { librdkafka: clientConfig } } }), 'librdkafka'),
})

const consumer = (clientConfig: Record<string, string | number | boolean>): InspectedSettings => {
  const [group] = profileOf({ consumers: [{ group: 'g', clientConfig: { librdkafka: clientConfig } }] }).consumers
  return { of: 'consumer', settings: consumerSettings(group!, 'librdkafka', 'g', 0) }
}

describe('which library', { skip }, () => {
  test('the one that node-rdkafka built: its version, where it is and what it can do', async () => {
    const { library, problem, refused } = await inspect([])
    assert.deepEqual([problem, refused, library?.name, library?.path], [null, [], 'librdkafka', built])
    assert.match(library!.version, /^2\.\d+\.\d+/)
    for (const feature of ['gzip', 'snappy', 'lz4', 'ssl', 'sasl_scram']) assert.ok(library!.features.includes(feature))
  })

  test('one that is named by its path', async () => {
    const { library } = await inspect([producer({ library: built! })])
    assert.equal(library?.path, built)
  })

  const refusedPaths: [string, string, RegExp, string?][] = [
    ['none there', join(folder, 'none.so'), /there is no librdkafka at .*none\.so/],
    ['neither a path nor a word that is known', 'mine', /"mine" is no library/, 'profile'],
    ['no library at all', join(folder, 'text.so'), /cannot be used: .*(ELF|header|file|image)/],
    ['of another architecture', join(folder, 'foreign.so'), /cannot be used: .*(ELF|machine|architecture|image)/],
    ['another library', 'libc', /cannot be used: it is another library/],
  ]
  writeFileSync(join(folder, 'text.so'), 'this is text\n'.repeat(100))
  for (const [what, path, words, code = 'environment'] of refusedPaths) {
    test(`refused, with what to do: ${what}`, { skip: path === 'libc' && process.platform !== 'linux' }, async () => {
      if (what.includes('architecture')) writeFileSync(path, foreign(readFileSync(built!)))
      const { library, problem } = await inspect([producer({ library: path === 'libc' ? libcPath() : path })])
      assert.equal(library, null)
      assert.equal(problem?.code, code)
      assert.match(problem!.message, words)
      assert.match(problem!.hint ?? '', /node-rdkafka/)
    })
  }
})

describe('settings that the library refuses', { skip }, () => {
  test('one by one in its own words, of producers and consumers', async () => {
    const { refused, problem } = await inspect([
      producer({ 'linger.msx': 5 }),
      producer({ 'socket.timeout.ms': 1 }),
      consumer({ 'session.timeout.ms': 'soon' }),
      producer({ 'linger.ms': 50 }),
    ])
    assert.equal(problem, null)
    assert.deepEqual(
      refused.map(({ index, name }) => [index, name]),
      [
        [0, 'linger.msx'],
        [1, 'socket.timeout.ms'],
        [2, 'session.timeout.ms'],
      ],
    )
    assert.match(refused[0]!.words, /No such configuration property: "linger.msx"/)
    assert.match(refused[1]!.words, /outside allowed range/)
    assert.match(refused[2]!.words, /Invalid value|not/)
  })

  test('those that exclude each other', async () => {
    const { refused } = await inspect([producer({ 'enable.idempotence': true, acks: 1 })])
    assert.deepEqual(
      refused.map(({ index, name }) => [index, name]),
      [[0, null]],
    )
    assert.match(refused[0]!.words, /idempoten/)
  })

  test('end a run before anything is started, with the line of the profile', async () => {
    const profile = profileOf({ producers: { clientConfig: { librdkafka: { 'linger.msx': 5 } } } })
    const origins = new Map([
      ['producers.clientConfig.librdkafka.linger.msx', { kind: 'profile' as const, line: 7, col: 5 }],
    ])
    await assert.rejects(planRun(profile, cellsOf(profile), { file: 'my.yaml', origins }), {
      code: 'profile',
      details: [
        'my.yaml:7:5 producers.clientConfig.librdkafka.linger.msx: No such configuration property: "linger.msx"',
      ],
    })
  })

  test('a library that cannot be used makes the client absent, with the remedy', async () => {
    const profile = profileOf({ producers: { clientConfig: { librdkafka: { library: join(folder, 'none.so') } } } })
    const { absent } = await planRun(profile, cellsOf(profile))
    const error = absent.get('librdkafka')
    assert.equal(error?.code, 'environment')
    assert.match(error!.message, /client librdkafka: there is no librdkafka at/)
    assert.match(error!.hint ?? '', /npm run install --prefix \S+\/node-rdkafka;/)
  })
})

/** The same library for a processor that this machine does not have: e_machine of the ELF header, cputype of Mach-O. */
function foreign(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  if (process.platform === 'darwin') copy.writeUInt32LE(7, 4)
  else copy.writeUInt16LE(process.arch === 'arm' ? 62 : 40, 18)
  return copy
}

/** A library that is one, and another. */
function libcPath(): string {
  const mapped = readFileSync('/proc/self/maps', 'utf8').match(/\/\S*libc[.-]\S*so\S*/)
  return mapped![0]
}
