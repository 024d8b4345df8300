import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { KbenchError } from '../../src/base/errors.ts'
import {
  type Asking,
  confirmFile,
  confirmLoad,
  confirmRun,
  loadLines,
  searchLines,
} from '../../src/cli/actions/confirm-load.ts'
import { type ProfileInput, profileSchema } from '../../src/profile/schema.ts'

const names: Record<string, string[]> = {
  localhost: ['127.0.0.1', '::1'],
  'b-1.example.com': ['10.0.0.7', '10.0.0.8'],
  'mixed.example.com': ['127.0.0.1', '10.0.0.9'],
}

function asking(answer: string | null, command = ['run', 'my.yaml']) {
  const said: string[] = []
  const questions: string[] = []
  const world: Asking = {
    lookup: async (name) => {
      const found = names[name] ?? (/^[\d.]+$|:/.test(name) ? [name] : null)
      if (found === null) throw new Error('ENOTFOUND')
      return found
    },
    isTerminal: answer !== null,
    ask: async (question) => {
      questions.push(question)
      return answer!
    },
    say: (line) => void said.push(line),
    command,
  }
  return { world, said, questions }
}

const lines = ['rate   r', 'bytes  b']

describe('loads beyond this machine are confirmed', () => {
  test('loopback, by whatever address or name, is not asked for', async () => {
    for (const address of [
      '127.0.0.1:9092',
      '127.8.9.1:9092',
      '[::1]:9092',
      '[::ffff:127.0.0.1]:9092',
      'localhost:9092',
      'nowhere.example.com:9092',
    ]) {
      const { world, said } = asking(null)
      await confirmLoad([address], lines, {}, world)
      assert.deepEqual(said, [], address)
    }
  })

  test('any broker beyond it is: without a terminal exit 2, with the line to add', async () => {
    for (const address of [
      'b-1.example.com:9092',
      '10.9.9.9:9092',
      '[fe80::1%eth0]:9092',
      'mixed.example.com:9092',
      '[2001:db8::1]:9092',
    ]) {
      const { world, said } = asking(null, ['run', 'my profile.yaml', '--set', 'load.rate=5'])
      await assert.rejects(confirmLoad(['127.0.0.1:9092', address], lines, {}, world), (error: KbenchError) => {
        assert.equal(error.code, 'usage')
        assert.equal(
          error.hint,
          "if they may be loaded, add --yes: kbench run 'my profile.yaml' --set load.rate=5 --yes",
        )
        return true
      })
      assert.equal(said.length, 4)
      assert.ok(said[1]!.startsWith(`  hosts  ${address}`) && !said[1]!.includes('127.0.0.1:9092'), said[1])
      assert.deepEqual(said.slice(2), ['  rate   r', '  bytes  b'])
    }
  })

  test('addresses of names are shown; each once, a dozen at most', async () => {
    const { world, said } = asking('y')
    await confirmLoad(['b-1.example.com:9092', 'b-1.example.com:9092'], lines, {}, world)
    assert.equal(said[1], '  hosts  b-1.example.com:9092 (10.0.0.7, 10.0.0.8)')
    const many = Array.from({ length: 15 }, (_, at) => `10.0.1.${at}:9092`)
    const other = asking('y')
    await confirmLoad(many, lines, {}, other.world)
    assert.match(other.said[1]!, /10\.0\.1\.11:9092, and 3 more$/)
  })

  test('on a terminal y or yes goes on, and nothing else does', async () => {
    for (const answer of ['y', 'YES', ' yes ']) await confirmLoad(['10.0.0.1:1'], lines, {}, asking(answer).world)
    for (const answer of ['', 'n', 'yep', 'no']) {
      await assert.rejects(confirmLoad(['10.0.0.1:1'], lines, {}, asking(answer).world), KbenchError)
    }
  })

  test('--yes shows the load and does not ask; with --quiet it shows nothing', async () => {
    const { world, said, questions } = asking('n')
    await confirmLoad(['10.0.0.1:1'], lines, { yes: true }, world)
    assert.deepEqual([said.length, questions.length], [4, 0])
    const quiet = asking(null)
    await confirmLoad(['10.0.0.1:1'], lines, { yes: true, quiet: true }, quiet.world)
    assert.deepEqual(quiet.said, [])
  })
})

describe('what is never asked for', () => {
  test('clusters that kbench starts, and runs that have nothing left to do', async () => {
    const cluster = (provider: string, bootstrap?: string[]) =>
      profileSchema.parse({ name: 'x', workload: 'produce', cluster: { provider, ...(bootstrap && { bootstrap }) } })
    for (const provider of ['auto', 'local', 'compose', 'mock', 'fake']) {
      await confirmRun({ profile: cluster(provider), lines }, {}, asking(null).world)
    }
    await confirmRun({ profile: cluster('external', ['10.0.0.1:1']), lines: null }, {}, asking(null).world)
  })

  test('a file below 10 MiB, or none at all', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'kbench-confirm-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'lines')
    writeFileSync(file, 'a')
    truncateSync(file, 10 * 1024 * 1024 - 1)
    // Whoever asked would have to connect first, to a port where nobody listens.
    for (const each of [file, join(folder, 'none')]) {
      await confirmFile({ bootstrap: ['127.0.0.1:1'] }, each, {}, asking(null).world)
    }
    truncateSync(file, 10 * 1024 * 1024)
    await assert.rejects(confirmFile({ bootstrap: ['127.0.0.1:1'] }, file, {}, asking(null).world), /127\.0\.0\.1:1/)
  })
})

describe('what is shown of a load', () => {
  const variants = (more: Partial<ProfileInput>, clients = ['a']) =>
    clients.map((client) => ({ client, profile: profileSchema.parse({ name: 'x', workload: 'produce', ...more }) }))
  const phases = { clusterWarmup: '0s', warmup: '1s', measure: '9s' }

  test('rate and bytes of all variants', () => {
    assert.deepEqual(loadLines(variants({ load: { rate: 1000, record: { size: 1024 } }, phases }, ['a', 'b'])), [
      'rate   up to 1 000 records/s of 1 024 bytes, 1000 KiB/s',
      'bytes  19.5 MiB in 2 variants, warm-ups included',
    ])
  })

  test('as fast as possible, bounded by the limits', () => {
    assert.deepEqual(loadLines(variants({ load: { rate: 'max' }, phases })), [
      'rate   as fast as they take it',
      'bytes  as many as they take in 1 variant, warm-ups included',
    ])
    const limited = variants({ load: { rate: 'max' }, phases, limits: { rate: 500, bytes: '1GiB' } })
    assert.deepEqual(loadLines(limited), [
      'rate   up to 500 records/s of 1 024 bytes, 500 KiB/s',
      'bytes  as many as they take, 1 GiB at most in 1 variant, warm-ups included',
    ])
  })

  test('a search', () => {
    const { profile } = variants({})[0]!
    assert.deepEqual(searchLines([{ params: { client: 'a' }, profile }], 2000), [
      'rate   up to 2 000 records/s of 1 024 bytes, 1.95 MiB/s',
      'bytes  as many as the search needs',
    ])
    assert.match(searchLines([{ params: { client: 'a' }, profile }], null)[0]!, /up to what they take/)
  })
})
