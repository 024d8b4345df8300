#!/usr/bin/env node
// Compares the tests of two commits by their text: which test names are gone and new, and how many assertions each file has.
//
//   node .ci/count-assertions.mjs <before> [<after>] [--all]     after = the working tree; --all = also the files that are as they were
//
// A name that is a template or a variable is compared as it is written. Exit code 1 where a name is gone or there are fewer assertions.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })

/** Path → text of everything under test/. */
function sourcesAt(ref) {
  if (ref === undefined) {
    const paths = readdirSync(join(root, 'test'), { recursive: true }).filter((path) => path.endsWith('.ts'))
    return new Map(paths.map((path) => [`test/${path}`, readFileSync(join(root, 'test', path), 'utf8')]))
  }
  const paths = git('ls-tree', '-r', '--name-only', ref, 'test').split('\n').filter((path) => path.endsWith('.ts'))
  return new Map(paths.map((path) => [path, git('show', `${ref}:${path}`)]))
}

const literal = String.raw`'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\`(?:[^\`\\]|\\.)*\``
const testCall = new RegExp(String.raw`(?<![\w.])(?:test|it|inBrowser|t\.test)\(\s*(${literal}|[\w.]+(?=,))`, 'g')
const assertion = /(?<![\w.])assert(?:\.\w+)?\(|\bt\.assert\.\w+\(/g

const withoutComments = (text) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')

function scan(sources) {
  const files = new Map()
  for (const [path, text] of sources) {
    const code = withoutComments(text)
    const names = [...code.matchAll(testCall)].map(([, name]) => name.replace(/^(['"`])([\s\S]*)\1$/, '$2').replace(/\\'/g, "'"))
    files.set(path, { names, assertions: [...code.matchAll(assertion)].length })
  }
  return files
}

/** Names of `from` that `other` lacks, each as often as it lacks it, with their file. */
function missing(from, other) {
  const left = new Map()
  for (const { names } of other.values()) for (const name of names) left.set(name, (left.get(name) ?? 0) + 1)
  const found = []
  for (const [path, { names }] of from) {
    for (const name of names) {
      if ((left.get(name) ?? 0) === 0) found.push(`${path}: ${name}`)
      else left.set(name, left.get(name) - 1)
    }
  }
  return found
}

const total = (files, what) => [...files.values()].reduce((sum, file) => sum + what(file), 0)

const options = process.argv.slice(2)
const [before, after] = options.filter((option) => !option.startsWith('--'))
if (before === undefined) {
  console.error('node .ci/count-assertions.mjs <before> [<after>] [--all]')
  process.exit(2)
}
const [old, now] = [scan(sourcesAt(before)), scan(sourcesAt(after))]

// A file that was moved is known by its last name, where only one has that.
const home = new Map()
for (const path of old.keys()) {
  const same = [...now.keys()].filter((each) => !old.has(each) && basename(each) === basename(path))
  if (!now.has(path) && same.length === 1) home.set(same[0], path)
}
const rows = []
for (const path of new Set([...now.keys(), ...[...old.keys()].filter((each) => ![...home.values()].includes(each))])) {
  const [was, is] = [old.get(home.get(path) ?? path), now.get(path)]
  const changed = was?.assertions !== is?.assertions || was?.names.length !== is?.names.length
  if (!changed && !options.includes('--all')) continue
  const cell = (file) => (file ? `${file.names.length}/${file.assertions}` : '-')
  rows.push(`${cell(was).padStart(9)} ${cell(is).padStart(9)}  ${path}${home.has(path) ? ` (was ${home.get(path)})` : ''}`)
}
const gone = missing(old, now)
const fresh = missing(now, old)
const list = (title, names) => console.log(`${title}: ${names.length}${names.map((name) => `\n  ${name}`).join('')}\n`)
console.log(`test names / assertions as written, ${before} and ${after ?? 'the working tree'}\n   before     after  file`)
console.log(`${rows.sort().join('\n')}\n`)
list('names that are gone', gone)
list('names that are new', fresh)
const counts = [old, now].map((files) => [total(files, ({ names }) => names.length), total(files, (file) => file.assertions)])
console.log(`names ${counts[0][0]} → ${counts[1][0]}, assertions ${counts[0][1]} → ${counts[1][1]}`)
process.exitCode = gone.length > 0 || counts[1][1] < counts[0][1] ? 1 : 0
