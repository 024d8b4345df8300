import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../../src/base/root.ts'

const src = join(packageRoot, 'src')
const packages = ['prom-client', '@opentelemetry/', 'chart.js', 'chartjs-']

/** Every file of ours that is loaded with this one, itself included. */
function reached(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/(?:\bfrom\s*|\bimport\s*\(\s*)'(\.[^']+)'/g)) {
    reached(resolve(dirname(file), specifier!), seen)
  }
  return seen
}

test('no load host, worker, canary or audit process loads an output or its packages', () => {
  const hosts = readdirSync(join(src, 'runners', 'hosts')).map((file) => join(src, 'runners', 'hosts', file))
  const files = new Set(hosts.flatMap((file) => [...reached(file)]))
  assert.ok(files.size > 30, `${files.size} files`)
  for (const file of files) {
    assert.ok(!file.startsWith(join(src, 'live')) && !file.startsWith(join(src, 'reports')), file)
    const text = readFileSync(file, 'utf8')
    for (const name of packages) assert.ok(!text.includes(`from '${name}`), `${file} loads ${name}`)
  }
})

test('the packages of an output are loaded when it is asked for, and not before', () => {
  const outputs = readFileSync(join(src, 'live', 'outputs.ts'), 'utf8')
  for (const output of ['prometheus', 'otlp', 'web']) {
    assert.ok(!new RegExp(`from '\\./${output}\\.ts'`).test(outputs), output)
    assert.ok(outputs.includes(`import('./${output}.ts')`), output)
  }
})
