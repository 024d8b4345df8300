import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../../src/base/root.ts'
import { cached, cacheFolder } from '../../src/clusters/local/cache.ts'

// R8: of two runs that fetch the same at once one does, and no lock that a dead process left holds up anybody.

const cache = mkdtempSync(join(tmpdir(), 'kbench-cache-'))
process.env.XDG_CACHE_HOME = cache
const children: ChildProcess[] = []
after(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(cache, { recursive: true, force: true })
})

const context = () => {
  const said: string[] = []
  return { said, signal: new AbortController().signal, say: (line: string) => void said.push(line) }
}

/** Makes a folder with one file that says who made it. */
const maker = (who: string, made: string[]) => async (temporary: string) => {
  made.push(who)
  mkdirSync(join(temporary, 'it'))
  writeFileSync(join(temporary, 'it', 'who'), who)
  return join(temporary, 'it')
}
const whoMade = (name: string) => readFileSync(join(cacheFolder(), name, 'who'), 'utf8')
const lockOf = (name: string) => join(cacheFolder(), `${name}.lock.d`)

/** Another process that begins to make `name` and never comes to an end. */
async function holder(name: string): Promise<ChildProcess> {
  const module = pathToFileURL(join(packageRoot, 'dist/src/clusters/local/cache.js')).href
  const script = `
    const { cached } = await import(${JSON.stringify(module)})
    await cached(${JSON.stringify(name)}, { signal: new AbortController().signal, say() {} }, async () => {
      console.log('has it')
      setInterval(() => {}, 1e6)
      return new Promise(() => {})
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout!, 'data')
  return child
}

const makeOld = (path: string) => utimesSync(path, new Date(Date.now() - 120_000), new Date(Date.now() - 120_000))

describe('R8: what is fetched once', () => {
  test('is made once by many at once, and found afterwards', async () => {
    const made: string[] = []
    const paths = await Promise.all(['a', 'b', 'c', 'd'].map((who) => cached('many', context(), maker(who, made))))
    assert.equal(made.length, 1)
    assert.deepEqual(new Set(paths), new Set([join(cacheFolder(), 'many')]))
    assert.equal(whoMade('many'), made[0])
    assert.ok(!existsSync(lockOf('many')))
  })

  test('a maker that fails leaves nothing, and the next one makes it', async () => {
    const failing = cached('fails', context(), async () => Promise.reject(new Error('no network')))
    await assert.rejects(failing, /no network/)
    assert.deepEqual(
      readdirSync(cacheFolder()).filter((name) => name.startsWith('fails')),
      [],
    )
    await cached('fails', context(), maker('second', []))
    assert.equal(whoMade('fails'), 'second')
  })

  for (const [name, leave] of [
    ['an empty file of an earlier version', (name: string) => writeFileSync(join(cacheFolder(), `${name}.lock`), '')],
    ['a torn one', (name: string) => writeFileSync(join(cacheFolder(), `${name}.lock`), '{"pid":12')],
    [
      'that of a process that was killed',
      (name: string) => {
        mkdirSync(lockOf(name))
        makeOld(lockOf(name))
      },
    ],
  ] as const) {
    test(`a lock that was left does not hold up anybody: ${name}`, async () => {
      const key = name.replaceAll(' ', '-')
      mkdirSync(cacheFolder(), { recursive: true })
      leave(key)
      await cached(key, context(), maker('me', []))
      assert.equal(whoMade(key), 'me')
    })
  }

  test('who holds it is waited for, told once, and Ctrl-C ends the wait', async () => {
    await holder('held')
    const user = new AbortController()
    const said: string[] = []
    const waiting = cached('held', { signal: user.signal, say: (line) => void said.push(line) }, maker('me', []))
    while (said.length === 0) await sleep(10)
    await sleep(500)
    user.abort()
    await assert.rejects(waiting, { code: 'interrupted' })
    assert.equal(said.length, 1)
    assert.ok(!existsSync(join(cacheFolder(), 'held')))
  })

  test('one that is killed meanwhile is succeeded', async () => {
    const child = await holder('killed')
    child.kill('SIGKILL')
    await once(child, 'exit')
    // Its lock is untouched from now on; 30 s are not waited for here.
    makeOld(lockOf('killed'))
    await cached('killed', context(), maker('me', []))
    assert.equal(whoMade('killed'), 'me')
    assert.deepEqual(
      readdirSync(cacheFolder()).filter((name) => name.startsWith('killed')),
      ['killed'],
    )
  })

  test('one that was frozen and goes on later does not replace what another made', async () => {
    let release = () => {}
    const first = cached('frozen', context(), async (temporary) => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      return maker('late', [])(temporary)
    })
    while (!existsSync(lockOf('frozen'))) await sleep(5)
    // As if it had not been touched for long; another process takes it over and makes it.
    makeOld(lockOf('frozen'))
    mkdirSync(join(cacheFolder(), 'frozen'))
    writeFileSync(join(cacheFolder(), 'frozen', 'who'), 'other')
    release()
    await first
    assert.equal(whoMade('frozen'), 'other')
  })
})
