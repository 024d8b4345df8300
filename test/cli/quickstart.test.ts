import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { findLibrdkafka } from '../../src/kafka/librdkafka.ts'
import { cleanEnvironment, type Ended, kbench, scratch } from './_kbench.ts'

test('kbench quickstart runs the mock where librdkafka is built, and says what the others are', {
  skip: findLibrdkafka() === null ? 'node-rdkafka is not built' : false,
}, async (t) => {
  const cwd = await scratch(t)
  const { stdout, stderr } = await kbench(['quickstart'], { cwd })
  assert.match(stderr, /^provider mock +runs: in memory/m)
  for (const provider of ['local', 'compose']) {
    assert.match(
      stderr,
      new RegExp(`^provider ${provider} +(can run here, too: kbench quickstart|cannot run here: .+; .+)`, 'm'),
    )
  }
  assert.match(stderr, /^next +kbench open/m)
  assert.match(stdout, /NOT A KAFKA/)
  const [run] = await readdir(join(cwd, 'results'))
  const result = JSON.parse(await readFile(join(cwd, 'results', run!, 'result.json'), 'utf8'))
  assert.deepEqual([result.cluster.provider, result.variants.length, result.variants[0].integrity.lost], ['mock', 2, 0])
})

/** kbench as an install without a compiler leaves it: no node-rdkafka; and a PATH without Docker, Java and Maven. */
async function bare(t: TestContext, args: readonly string[]): Promise<Ended> {
  const root = await scratch(t)
  for (const part of ['bin', 'profiles', 'compose', 'package.json'])
    await cp(join(packageRoot, part), join(root, part), { recursive: true })
  await cp(join(packageRoot, 'dist', 'src'), join(root, 'dist', 'src'), { recursive: true })
  await mkdir(join(root, 'node_modules'))
  for (const name of await readdir(join(packageRoot, 'node_modules'))) {
    if (name !== 'node-rdkafka')
      await symlink(join(packageRoot, 'node_modules', name), join(root, 'node_modules', name))
  }
  const env = {
    ...cleanEnvironment(),
    PATH: '/nowhere',
    JAVA_HOME: '',
    KAFKA_HOME: '',
    DOCKER_HOST: 'unix:///nowhere',
    HOME: root,
  }
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(root, 'bin', 'kbench.js'), ...args],
      { cwd: root, env },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error)
        else resolve({ stdout, stderr, exitCode: error ? Number(error.code) : 0 })
      },
    )
  })
}

test('a machine that can run nothing: one line for each provider and client, and what to do, exit 3', async (t) => {
  const { stdout, stderr, exitCode } = await bare(t, ['quickstart'])
  assert.deepEqual([exitCode, stdout], [3, ''])
  assert.match(
    stderr,
    /^ {2}provider mock +cannot run here: .*node-rdkafka is not built; install python3, make, g\+\+/m,
  )
  assert.match(stderr, /^ {2}provider local +cannot run here: there is no Java; install Java/m)
  assert.match(stderr, /^ {2}provider compose +cannot run here: .+; .+$/m)
  assert.match(stderr, /^ {2}client node-rdkafka: left out, .*not installed: /m)
  assert.match(stderr, /kbench run quickstart -b HOST:9092/)
})

test('a provider that is asked for and cannot run: what it lacks, exit 3', async (t) => {
  const { stderr, exitCode } = await bare(t, ['quickstart', '--provider', 'local'])
  assert.equal(exitCode, 3)
  assert.match(stderr, /^kbench: provider local cannot run here: there is no Java\n {2}install Java/m)
})

test('a provider that is not known: exit 2, and the nearest one', async () => {
  const { stderr, exitCode } = await kbench(['quickstart', '--provider', 'moc'])
  assert.equal(exitCode, 2)
  assert.match(stderr, /did you mean "mock"\?/)
})
