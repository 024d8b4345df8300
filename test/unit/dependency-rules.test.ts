import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'

const src = join(packageRoot, 'src')

/** Layers without I/O and without plug-ins, each importing only those before it. */
const layers = ['base', 'contracts', 'profile', 'load', 'recording', 'judge', 'compare', 'search', 'capacity'] as const
const below = (layer: (typeof layers)[number]) => layers.slice(0, layers.indexOf(layer))

/** Folder (or file of src itself) → what it may import besides itself. */
const plugin = [...layers, 'kafka']
const allowed: Record<string, readonly string[]> = {
  ...Object.fromEntries(layers.map((layer) => [layer, below(layer)])),
  // The profile's type is a public value, whose schema lies with what reads it.
  contracts: ['base', 'profile'],
  // Profiles are parsed without waiting, so the shapes that a rate can have are imported, not looked up.
  profile: ['base', 'contracts', 'shapes'],
  shapes: ['base', 'contracts'],
  kafka: ['base', 'contracts', 'load'],
  registry: ['base', 'contracts'],
  store: ['base', 'contracts', 'recording', 'judge', 'search'],
  drivers: plugin,
  clusters: plugin,
  faults: plugin,
  workloads: plugin,
  samplers: plugin,
  // The jars that clusters/local runs brokers from hold Kafka's own tools too.
  references: [...plugin, 'clusters'],
  reports: plugin,
  // The lag of others is sampled and computed as a run's is.
  operations: ['base', 'contracts', 'load', 'recording', 'search', 'kafka', 'samplers'],
  runners: [...plugin, 'registry', 'samplers', 'store'],
  // What other benchmarks write and read.
  omb: ['base', 'contracts', 'profile', 'recording'],
  // What shows a run while it goes on: the report page too.
  live: [...layers, 'runners', 'reports'],
  cli: [...plugin, 'registry', 'omb', 'runners', 'reports', 'live', 'operations', 'store'],
  // The functions behind the commands, without what they print.
  library: [...layers, 'runners', 'reports', 'cli'],
}
const pluginFolders = ['drivers', 'clusters', 'faults', 'workloads', 'shapes', 'samplers', 'references', 'reports']

/** Packages of Kafka clients and their codecs, and who may load them. */
const clientPackages = [
  'kafkajs',
  'node-rdkafka',
  'koffi',
  'kafkajs-snappy',
  'kafkajs-lz4',
  'lz4-napi',
  'fzstd',
  '@confluentinc',
  '@platformatic',
]
const mayLoadClients = (file: string) => /^(drivers|kafka|operations)\/|^clusters\/mock(\/|\.ts$)/.test(file)

interface Import {
  file: string
  specifier: string
  /** Path in src, for imports of our own files. */
  target: string | null
}

/** Static, re-exporting, dynamic and required imports, types included, comments left out. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/[^\n]*/g, ' ')
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"\n]+)\1/g
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = match[2]!
    const target = specifier.startsWith('.') ? slashes(relative(src, resolve(src, dirname(file), specifier))) : null
    return { file, specifier, target }
  })
}

const slashes = (path: string) => path.split(sep).join('/')
const folderOf = (file: string) => file.split('/')[0]!.replace(/\.ts$/, '')

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map(slashes)
  .filter((file) => file.endsWith('.ts'))
const imports = files.flatMap(importsOf)
const own = imports.filter((each): each is Import & { target: string } => each.target !== null)

test('the scan sees the tree', () => {
  assert.ok(files.length > 30, `${files.length} files`)
  assert.ok(own.length > 100, `${own.length} imports`)
  for (const { file, target } of own) assert.ok(files.includes(target), `${file} imports ${target}, which is not there`)
})

describe('each folder imports only what it may', () => {
  for (const folder of new Set(files.map(folderOf))) {
    test(folder, () => {
      const may = allowed[folder]
      assert.ok(may, `src/${folder} is not in the table of dependency rules (docs/architecture.md)`)
      const wrong = own
        .filter(({ file, target }) => folderOf(file) === folder && folderOf(target) !== folder)
        .filter(({ target }) => !may.includes(folderOf(target)))
        .map(({ file, target }) => `${file} imports ${target}`)
      assert.deepEqual(wrong, [])
    })
  }
})

test('no plugin imports a sibling; files that start with "_" and subfolders are helpers', () => {
  const isPlugin = (file: string) => /^[^/]+\/[a-z0-9][^/]*\.ts$/.test(file) && pluginFolders.includes(folderOf(file))
  const wrong = own
    .filter(({ file, target }) => folderOf(file) === folderOf(target) && isPlugin(target))
    .map(({ file, target }) => `${file} imports ${target}`)
  assert.deepEqual(wrong, [])
})

test('Kafka clients are loaded only in drivers, kafka and the mock', () => {
  const wrong = imports
    .filter(({ specifier }) => clientPackages.includes(specifier.split('/')[0]!))
    .filter(({ file }) => !mayLoadClients(file))
    .map(({ file, specifier }) => `${file} loads ${specifier}`)
  assert.deepEqual(wrong, [])
})

test('what is pure does no I/O', () => {
  // node:zlib, node:v8: packing bytes in memory.
  const harmless = [
    'node:buffer',
    'node:zlib',
    'node:util',
    'node:events',
    'node:timers/promises',
    'node:perf_hooks',
    'node:v8',
  ]
  const pure = layers.filter((layer) => layer !== 'base')
  const wrong = imports
    .filter(({ file, specifier }) => pure.some((layer) => layer === folderOf(file)) && specifier.startsWith('node:'))
    .filter(({ specifier }) => !harmless.includes(specifier))
    .map(({ file, specifier }) => `${file} imports ${specifier}`)
  assert.deepEqual(wrong, [])
})

test('no cycles', () => {
  const graph = new Map(
    files.map((file) => [file, own.filter((each) => each.file === file).map(({ target }) => target)]),
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, trail: readonly string[]) => {
    const seen = trail.indexOf(file)
    if (seen >= 0) cycles.push([...trail.slice(seen), file].join(' → '))
    if (seen >= 0 || done.has(file)) return
    for (const target of graph.get(file) ?? []) visit(target, [...trail, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  assert.deepEqual(cycles, [])
})
