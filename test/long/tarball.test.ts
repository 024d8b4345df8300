import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { PNG } from 'pngjs'
import { packageRoot } from '../../src/base/root.ts'
import { cleanEnvironment } from '../cli/_kbench.ts'

// The package as users get it: packed, installed by npm 10 and 11 into an empty prefix with an empty cache, with and without install
// scripts, from the registry alone, and run. What compiles takes three minutes each; KBENCH_TARBALL=quick leaves those out.

const work = mkdtempSync(join(tmpdir(), 'kbench-tarball-'))
after(() => rmSync(work, { recursive: true, force: true }))
const isQuick = process.env.KBENCH_TARBALL === 'quick'

interface Ended {
  stdout: string
  stderr: string
  code: number
}

/**
 * Without the variables of the npm that started this process, which would be settings of the one that is called; with the authorities that
 * this machine trusts.
 */
function call(command: string, args: readonly string[], cwd = work): Promise<Ended> {
  const own = Object.entries(cleanEnvironment()).filter(([name]) => !/^npm_(?!config_(registry|cafile)$)/i.test(name))
  const { NODE_EXTRA_CA_CERTS: authorities } = process.env
  const env = {
    ...Object.fromEntries(own),
    ...(authorities && { NODE_EXTRA_CA_CERTS: authorities }),
    npm_config_fetch_timeout: '60000',
  }
  return promisify(execFile)(command, args, { cwd, env, maxBuffer: 1 << 26 }).then(
    ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
    ({ stdout, stderr, code }: { stdout: string; stderr: string; code: number | string }) => {
      assert.equal(typeof code, 'number', `${command}: ${code}`)
      return { stdout, stderr, code: Number(code) }
    },
  )
}

let tarball = ''
before(async () => {
  const { stdout, stderr } = await call(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', work],
    packageRoot,
  )
  tarball = join(work, stdout.trim())
  assert.ok(existsSync(tarball), stderr)
})

/** Every picture that a folder of a run has is a PNG that shows more than its background. */
function assertDrawn(charts: string): void {
  const files = readdirSync(charts).filter((file) => file.endsWith('.png'))
  assert.ok(files.length >= 4, `${files.length} pictures in ${charts}`)
  for (const file of files) {
    const { data, width, height } = PNG.sync.read(readFileSync(join(charts, file)))
    assert.ok(width > 900 && height > 400, `${file}: ${width} x ${height}`)
    const colours = new Set<number>()
    for (let at = 0; at < data.length; at += 4) colours.add(data.readUInt32BE(at))
    assert.ok(colours.size > 8, `${file} has ${colours.size} colours`)
  }
}

const example = join(packageRoot, 'results', 'examples', readdirSync(join(packageRoot, 'results', 'examples'))[0]!)

/** A report of a stored run by an installed kbench: what it draws. */
async function drawsReport(kbench: string, folder: string): Promise<void> {
  const out = join(folder, 'report')
  const { code, stderr } = await call(kbench, ['report', example, '--out', out], folder)
  assert.equal(code, 0, stderr)
  assertDrawn(join(out, 'charts'))
}

/** Whatever npm fetched into its cache, by the keys of its index: packages of the registry, and nothing else. */
function assertFromRegistryAlone(cache: string, registry: string): void {
  const index = join(cache, '_cacache', 'index-v5')
  const entries = readdirSync(index, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const urls = entries.flatMap((entry) =>
    [
      ...readFileSync(join(entry.parentPath, entry.name), 'utf8').matchAll(
        /"key":"make-fetch-happen:request-cache:([^"]+)"/g,
      ),
    ].map(([, url]) => url!),
  )
  assert.ok(urls.length > 50, `${urls.length} addresses in ${index}`)
  assert.deepEqual(
    urls.filter((url) => !url.startsWith(registry)),
    [],
  )
}

for (const major of ['10', '11']) {
  describe(`npm ${major}`, { concurrency: 1 }, () => {
    /** The npm of this major version, itself installed once, apart from what is looked at. */
    const npmFolder = join(work, `npm-${major}`)
    const npm = join(npmFolder, 'node_modules', '.bin', 'npm')
    let registry = ''
    before(async () => {
      mkdirSync(npmFolder)
      const got = await call('npm', ['install', '--prefix', npmFolder, '--no-audit', '--no-fund', `npm@${major}`])
      assert.equal(got.code, 0, got.stderr)
      const { stdout } = await call(npm, ['--version'])
      assert.equal(stdout.split('.')[0], major)
      registry = (await call(npm, ['config', 'get', 'registry'])).stdout.trim()
    })

    async function install(
      name: string,
      args: readonly string[],
    ): Promise<{ folder: string; kbench: string; cache: string }> {
      const folder = join(work, `${major}-${name}`)
      const cache = join(folder, 'cache')
      mkdirSync(folder)
      const where = ['--global', '--prefix', join(folder, 'prefix'), '--cache', cache, '--no-audit', '--no-fund']
      const { code, stderr } = await call(npm, ['install', ...where, ...args, tarball], folder)
      assert.equal(code, 0, stderr)
      assertFromRegistryAlone(cache, registry)
      const tree = await call(npm, ['ls', '--global', '--prefix', join(folder, 'prefix'), '--all'], folder)
      assert.ok(tree.code === 0 && !/invalid|extraneous|missing:/.test(tree.stdout), tree.stdout + tree.stderr)
      return { folder, cache, kbench: join(folder, 'prefix', 'bin', 'kbench') }
    }

    test('without scripts: a report is drawn, and doctor prints the command that builds node-rdkafka', async (t) => {
      const { folder, kbench } = await install('bare', ['--ignore-scripts'])
      const version = await call(kbench, ['--version'], folder)
      const { version: expected } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
        version: string
      }
      assert.equal(version.stdout.trim(), expected)
      await drawsReport(kbench, folder)

      const doctor = await call(kbench, ['doctor'], folder)
      const command = /client node-rdkafka +not found\n +-> .*?: (npm run install --prefix \S+);/.exec(
        doctor.stdout,
      )?.[1]
      assert.ok(command, doctor.stdout)
      const quickstart = await call(kbench, ['run', 'quickstart', '--set', 'clients=kafkajs'], folder)
      // The mock is node-rdkafka's: what is missing is said, with the same command.
      assert.equal(quickstart.code, 3, quickstart.stderr)
      assert.ok(quickstart.stderr.includes(command), quickstart.stderr)
      for (const args of [
        ['list'],
        ['validate', 'quickstart'],
        ['plan', '--in', '40MB/s'],
        ['compare', example, example, '--json'],
      ]) {
        const { code, stderr } = await call(kbench, args, folder)
        assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
      }
      if (isQuick || major !== '11') return t.diagnostic('the command was not run: KBENCH_TARBALL=quick, or npm 10')
      // By words, for nothing in it is quoted.
      const [, ...words] = command.split(' ')
      const built = await call(npm, words, folder)
      assert.equal(built.code, 0, built.stderr.slice(-2000))
      await runsOnMock(kbench, folder)
    })

    test('into a project: a report is drawn', async () => {
      const folder = join(work, `${major}-project`)
      mkdirSync(folder)
      const args = ['install', '--cache', join(folder, 'cache'), '--ignore-scripts', '--no-audit', '--no-fund']
      const { code, stderr } = await call(npm, [...args, '--prefix', folder, tarball], folder)
      assert.equal(code, 0, stderr)
      const tree = await call(npm, ['ls', '--all', '--prefix', folder], folder)
      assert.ok(tree.code === 0 && !/invalid|extraneous|missing:/.test(tree.stdout), tree.stdout + tree.stderr)
      await drawsReport(join(folder, 'node_modules', '.bin', 'kbench'), folder)
    })

    test('with scripts: both clients run on the mock', { skip: isQuick && 'KBENCH_TARBALL=quick' }, async () => {
      const { folder, kbench } = await install('scripts', ['--allow-scripts=node-rdkafka,koffi'])
      await runsOnMock(kbench, folder)
    })
  })
}

/** Pictures of a run, by a kbench that knows nothing of this checkout. */
async function runsOnMock(kbench: string, folder: string): Promise<void> {
  const { code, stdout, stderr } = await call(
    kbench,
    ['run', 'quickstart', '--results', join(folder, 'results')],
    folder,
  )
  // A machine that is busy makes a run invalid, 4: what is looked at here was measured all the same.
  assert.ok(code === 0 || code === 4, `exit ${code}\n${stdout}\n${stderr}`)
  assert.match(stdout, /^ack\S+(?: \/ scheduled)? +2\s?500 \/ 2\s?500/m)
  const [run] = readdirSync(join(folder, 'results'))
  assertDrawn(join(folder, 'results', run!, 'charts'))
}
