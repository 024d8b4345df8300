import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'

// What `npm publish` would send; test/long/tarball.test.ts installs it.

interface Packed {
  /** Bytes, compressed. */
  size: number
  files: readonly { path: string; size: number }[]
  bundled: readonly string[]
}

const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Record<string, unknown>
let packed: Packed
let paths: ReadonlySet<string>

before(() => {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const stdout = execFileSync('npm', args, { cwd: packageRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  // A list, or by name, as npm's version has it.
  packed = Object.values(JSON.parse(stdout) as Record<string, Packed>)[0]!
  paths = new Set(packed.files.map(({ path }) => path))
})

const own = () => [...paths].filter((path) => !path.startsWith('node_modules/'))

test('what kbench reads when it runs is in the package', () => {
  const folders = { compose: '.yaml', profiles: '.yaml', schema: '.json', 'src/capacity/msk': '.csv' }
  for (const [folder, ending] of Object.entries(folders)) {
    const files = readdirSync(join(packageRoot, folder)).filter((file) => file.endsWith(ending))
    assert.ok(files.length > 0, folder)
    for (const file of files) assert.ok(paths.has(`${folder}/${file}`), `${folder}/${file}`)
  }
  for (const file of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'docs/profiles.md', 'bin/kbench.js'])
    assert.ok(paths.has(file), file)
})

test('so is every compiled source', () => {
  const sources = readdirSync(join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `dist/src/${file.replace(/\.ts$/, '.js')}`)
  assert.deepEqual(
    sources.filter((file) => !paths.has(file)),
    [],
  )
})

test('every file that package.json names is', () => {
  const named = JSON.stringify([manifest.bin, manifest.main, manifest.types, manifest.exports, manifest.man])
  const files = [...named.matchAll(/"(?:\.\/)?((?:bin|dist|docs|man|src)\/[^"*]+)"/g)].map(([, file]) => file!)
  assert.ok(files.length > 0, named)
  for (const file of files) assert.ok(paths.has(file), file)
})

test('no tests, sources, pictures or results are', () => {
  const wrong = own().filter(
    (path) => !/^(bin|dist\/src|src\/capacity\/msk|compose|dashboards|profiles|schema|docs|man)\/|^[^/]+$/.test(path),
  )
  assert.deepEqual(wrong, [])
  assert.deepEqual(
    own().filter((path) => /\.(png|svg|tgz|log|ts)$/.test(path) && !path.endsWith('.d.ts')),
    [],
  )
})

describe('source maps', () => {
  test('there are none of kbench’s own files, and no file names one', () => {
    const own_ = own().filter((path) => path.startsWith('dist/'))
    assert.deepEqual(
      own_.filter((path) => path.endsWith('.map')),
      [],
    )
    const naming = own_.filter((path) =>
      /^\/\/# sourceMappingURL=/m.test(readFileSync(join(packageRoot, path), 'utf8')),
    )
    assert.deepEqual(naming, [])
  })
})

describe('bundled packages', () => {
  test('are those around chartjs-node-canvas alone, with kbench’s "canvas" in place of the native one', () => {
    const names = ['canvas', 'chart.js', 'chartjs-chart-matrix', 'chartjs-node-canvas', 'chartjs-plugin-annotation']
    const needed = ['@kurkle/color', '@types/hammerjs', 'hammerjs', 'tslib', 'chartjs-plugin-zoom']
    assert.deepEqual([...packed.bundled].sort(), [...names, ...needed].sort())
    const canvas = [...paths].filter((path) => path.startsWith('node_modules/canvas/'))
    assert.deepEqual(canvas.sort(), ['node_modules/canvas/index.js', 'node_modules/canvas/package.json'])
  })

  test('no platform’s binary is among them', () => {
    assert.deepEqual(
      packed.files.filter(({ path, size }) => /\.(node|so|dylib|dll|wasm)$/.test(path) || size > 2e6),
      [],
    )
  })

  test('the range that chartjs-node-canvas wants holds the version of packages/canvas', () => {
    const read = (file: string) => JSON.parse(readFileSync(join(packageRoot, file), 'utf8')) as Record<string, unknown>
    const { canvas } = read('node_modules/chartjs-node-canvas/package.json').dependencies as Record<string, string>
    const [, major] = /^\^(\d+)\./.exec(canvas!) ?? []
    assert.equal(String(read('packages/canvas/package.json').version).split('.')[0], major, canvas)
  })
})

test('it is small', () => assert.ok(packed.size < 3.5e6, `${packed.size} bytes`))

test('package.json says where it comes from', () => {
  const { repository, homepage, bugs, keywords } = manifest as Record<string, string & { url: string }>
  assert.match(repository!.url, /^git\+https:\/\//)
  const place = repository!.url.replace(/^git\+|\.git$/g, '')
  assert.ok(homepage!.startsWith(place), homepage)
  assert.equal(bugs!.url, `${place}/issues`)
  assert.ok(keywords!.length > 5)
})
