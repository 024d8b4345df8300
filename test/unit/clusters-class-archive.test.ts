import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, test } from 'node:test'
import { archiveOptions, classArchive } from '../../src/clusters/local/class-archive.ts'
import { scratch } from '../cli/_kbench.ts'

// What is made of a Java that behaves in one way or another; that real brokers start from an archive: test/cluster/providers-local.test.ts.

const jars = { folder: '/nowhere/jars', version: '4.1.0', source: 'cache' } as const

describe("the archive of Kafka's classes", { skip: process.platform === 'win32' }, () => {
  let folder: string
  let said: string[]
  beforeEach(async (t) => {
    folder = await scratch(t as never)
    process.env.XDG_CACHE_HOME = folder
    said = []
  })

  /** A Java that notes its calls and then does this. */
  const javaThat = (script: string) => {
    const command = join(folder, 'java')
    writeFileSync(command, `#!/bin/sh\necho "$@" >> ${folder}/calls\n${script}\n`)
    chmodSync(command, 0o755)
    return { command, major: 17 }
  }
  const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n')
  const make = (java: { command: string; major: number }, of: Parameters<typeof classArchive>[1] = jars) =>
    classArchive(java, of, { signal: new AbortController().signal, say: (line) => void said.push(line) })

  test('none for jars that are not ours, for an old Java, for a Kafka whose brokers cannot start alone', async () => {
    const java = javaThat('exit 1')
    assert.equal(await make(java, { ...jars, source: 'KAFKA_HOME' }), null)
    assert.equal(await make({ ...java, major: 11 }), null)
    for (const version of ['2.2.0', '3.0.0', '3.2.3']) assert.equal(await make(java, { ...jars, version }), null)
    assert.deepEqual([readdirSync(folder), said], [['java'], []])
  })

  test('a Java that cannot make one: said once, and not tried again', async () => {
    const java = javaThat('exit 3')
    assert.equal(await make(java), null)
    assert.match(said.join('\n'), /^preparing Kafka 4\.1\.0: .*\nbrokers start without a class archive: .*exit code 3/)
    assert.equal(calls().length, 1)
    assert.equal(await make(java), null)
    assert.deepEqual([calls().length, said.length], [1, 2])
    // Another Java, as after an update, has its own try.
    mkdirSync(join(folder, 'other'))
    const other = join(folder, 'other', 'java')
    writeFileSync(other, readFileSync(java.command))
    chmodSync(other, 0o755)
    assert.equal(await make({ command: other, major: 17 }), null)
    assert.equal(calls().length, 2)
  })

  test('a broker that ends by itself has no archive, whatever its exit code', async () => {
    const java = javaThat('exit 0')
    assert.equal(await make(java), null)
    assert.match(said.at(-1)!, /without a class archive: the JVM wrote none/)
  })

  test('an interruption is passed on, and nothing is left', async () => {
    const interruption = new AbortController()
    const java = javaThat('exec sleep 60')
    const making = classArchive(java, jars, { signal: interruption.signal, say: () => interruption.abort() })
    await assert.rejects(making, /interrupted/)
    assert.deepEqual(readdirSync(join(folder, 'kbench')), [])
  })

  test('the options are those of an archive that is there', () => {
    assert.deepEqual(archiveOptions(null), [])
    assert.equal(archiveOptions('/a/b.jsa')[0], '-XX:SharedArchiveFile=/a/b.jsa')
  })
})
