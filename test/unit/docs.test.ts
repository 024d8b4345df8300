import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, test } from 'node:test'
import { exitCodes } from '../../src/base/errors.ts'
import { packageRoot } from '../../src/base/root.ts'
import { below } from '../../src/cli/command-tree.ts'
import { program } from '../../src/cli/program.ts'
import { parseProfile } from '../../src/profile/parse.ts'
import { firstColumns, readPage, shellWords } from './_markdown.ts'

const read = (file: string) => readFileSync(join(packageRoot, file), 'utf8')
const files = [
  ...readdirSync(packageRoot).filter((file) => file.endsWith('.md')),
  ...readdirSync(join(packageRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
].sort()
const pages = files.map((file) => ({ file, ...readPage(read(file)) }))
const sources = readdirSync(join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('src', file))

test('the pages are there', () => {
  for (const file of ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'docs/adding.md', 'docs/measuring.md'])
    assert.ok(files.includes(file), file)
  assert.ok(existsSync(join(packageRoot, 'LICENSE')))
})

describe('relative links resolve, headings included', () => {
  for (const { file, links } of pages) {
    test(file, () => {
      const broken = links.filter((link) => {
        if (/^https?:/.test(link)) return false
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? file : relative(packageRoot, resolve(packageRoot, dirname(file), path))
        if (!existsSync(join(packageRoot, target))) return true
        return anchor !== undefined && !readPage(read(target)).anchors.includes(anchor)
      })
      assert.deepEqual(broken, [])
    })
  }
})

describe('paths that are named exist', () => {
  const isPath = (text: string) => /^(src|test|docs|bench|profiles|compose|schema|bin|\.ci)\/[\w./*-]*$/.test(text)
  for (const { file, code, blocks } of pages) {
    test(file, () => {
      const words = [
        ...code,
        ...blocks.filter(({ language }) => language === 'sh').flatMap((block) => block.text.split(/\s+/)),
      ]
      const missing = words.filter(isPath).filter((path) => !existsSync(join(packageRoot, path.replace(/\*.*$/, ''))))
      assert.deepEqual(missing, [])
    })
  }
})

describe('commands that are named parse', () => {
  const commands = pages.flatMap(({ file, code, blocks }) => {
    const shell = blocks.filter(({ language }) => ['sh', ''].includes(language)).flatMap(({ text }) => text.split('\n'))
    const lines = [...shell.map((line) => line.replace(/^\$ /, '')), ...code].flatMap((line) => line.split(' && '))
    return lines.map((line) => ({ file, line: line.trim() }))
  })

  const kbench = commands.flatMap(({ file, line }) => {
    const words = shellWords(line.replace(/^npx /, ''))
    // "kbench" alone is the name of the program, of a header, of a process; kbench: is the start of a message.
    return words[0] === 'kbench' && words.length > 1 ? [{ file, line, words: words.slice(1) }] : []
  })
  for (const { file, line, words } of kbench) {
    test(`${file}: ${line}`, async () => {
      const parsed = await parse(words)
      if (parsed.name === 'run' || parsed.name === 'validate') checkSets(parsed.operands, parsed.sets)
    })
  }

  test('some were found', () => assert.ok(kbench.length > 10, String(kbench.length)))

  test('npm scripts', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = commands.flatMap(
      ({ line }) => /^npm (?:run ([\w:-]+)|(test))\b/.exec(line)?.slice(1).filter(Boolean) ?? [],
    )
    assert.ok(named.includes('test') && named.includes('bench'))
    for (const name of named) assert.ok(name in scripts, name)
  })
})

interface Parsed {
  name: string
  operands: string[]
  sets: { path: string; value: string }[]
}

/** Parses as the real program does, without doing anything. Placeholders in angle brackets are values like any other. */
async function parse(written: readonly string[]): Promise<Parsed> {
  // A plug-in would be loaded at once, and stay in this process: that there is such an option is enough.
  const isPlugin = (index: number) => written[index] === '--plugin'
  const words = written.filter((_, index) => !isPlugin(index) && !isPlugin(index - 1))
  const kbench = program()
  const parsed: Parsed = { name: '', operands: [], sets: [] }
  // `kbench topics list` does something, `kbench topics` has commands of its own.
  for (const command of [kbench, ...below(kbench)]) {
    command.configureOutput({ writeErr: () => {}, writeOut: () => {} })
    if (command.commands.length > 0) continue
    command.action((...args: unknown[]) => {
      parsed.name = command.name()
      parsed.operands = [args[0]].flat().filter((each) => typeof each === 'string')
      parsed.sets = command.opts().set ?? []
    })
  }
  if (written.includes('--plugin')) {
    const command = kbench.commands.find((each) => each.name() === written[0])
    assert.ok(
      command?.options.some(({ long }) => long === '--plugin'),
      written.join(' '),
    )
  }
  try {
    await kbench.parseAsync(words, { from: 'user' })
  } catch (error) {
    const { code } = error as { code?: string }
    // In running text "kbench run" is the name of a command, not a call.
    const isName = words.length === 1 && ['commander.missingArgument', 'commander.help'].includes(code ?? '')
    if (!isName && code !== 'commander.helpDisplayed') throw error
  }
  return parsed
}

/** A profile that comes with kbench exists; what is set, whatever the profile, is a key with such values. */
function checkSets(profiles: readonly string[], sets: readonly { path: string; value: string }[]): void {
  const shipped = profiles.map(
    (profile) => `profiles/${profile.replace(/^profiles\//, '').replace(/\.yaml$/, '')}.yaml`,
  )
  for (const [index, profile] of profiles.entries()) {
    const isOurs = profile.startsWith('profiles/') || !profile.endsWith('.yaml')
    if (isOurs && !/[<$]/.test(profile)) assert.ok(existsSync(join(packageRoot, shipped[index]!)), profile)
  }
  const named = shipped.filter((profile) => existsSync(join(packageRoot, profile)))
  for (const profile of named.length > 0 ? named : ['profiles/3broker-acks-all.yaml']) {
    parseProfile(read(profile), { file: 'docs', sets: [...sets], env: {} })
  }
}

test('every dependency has its reason, and every reason its dependency', () => {
  const { dependencies, optionalDependencies, peerDependencies, devDependencies } = JSON.parse(read('package.json'))
  const wanted = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies, ...devDependencies })
  const found = firstColumns(read('docs/dependencies.md').split('## Supply chain')[0]!).filter(
    (name) => !/^(package|-+)$/.test(name),
  )
  assert.deepEqual(found.sort(), wanted.sort())
})

describe('docs/results.md is complete', () => {
  const page = read('docs/results.md')
  const words = new Set([...page.matchAll(/`([^`\n]+)`/g)].flatMap((match) => match[1]!.split(/[^\w<>:/-]+/)))

  test('fields of the result', () => {
    const fields = [...read('src/contracts/result.ts').matchAll(/^\s+(\w+)\??: /gm)].map((match) => match[1]!)
    assert.ok(fields.length > 80, String(fields.length))
    assert.deepEqual(
      fields.filter((field) => !words.has(field)),
      [],
    )
  })

  test('columns of the series and of the lag timeline', () => {
    const series = [...read('src/judge/series.ts').matchAll(/^ {4}(\w+): (?:perRow|rates|quantile)\(/gm)].map(
      (match) => match[1]!,
    )
    const perBroker = [...read('src/recording/broker-usage.ts').matchAll(/columns\[`broker\$\{id\}(\w+)`\]/g)].map(
      (match) => `broker<id>${match[1]}`,
    )
    const lag = [...read('src/recording/lag.ts').matchAll(/\[`\$\{group\}(:\w+)`\]/g)].map(
      (match) => `<group>${match[1]}`,
    )
    assert.ok(series.length > 15 && perBroker.length > 1 && lag.length > 1)
    assert.deepEqual(
      [...series, ...perBroker, ...lag].filter((column) => !words.has(column)),
      [],
    )
  })

  test('exit codes', () => {
    const codes = firstColumns(page.split('## Exit codes')[1]!).filter((code) => /^\d+$/.test(code))
    assert.deepEqual(
      codes.map(Number),
      [...new Set(Object.values(exitCodes))].sort((a, b) => a - b),
    )
  })
})

test('every decision is listed', () => {
  const { links } = pages.find(({ file }) => file === 'docs/architecture.md')!
  const decisions = files.filter((file) => file.startsWith('docs/adr/')).map((file) => relative('docs', file))
  assert.ok(decisions.length > 5)
  assert.deepEqual(
    links.filter((link) => link.startsWith('adr/')),
    decisions,
  )
})

test('what comments in the code cite is there', () => {
  const facts = new Set([...read('docs/facts.md').matchAll(/^(\d+)\. /gm)].map((match) => match[1]))
  const { anchors } = pages.find(({ file }) => file === 'docs/measuring.md')!
  const citations = sources.flatMap((file) => {
    const text = read(file)
    const missingFacts = [...text.matchAll(/FACTS (\d+)/g)]
      .filter((match) => !facts.has(match[1]))
      .map((match) => match[0])
    const missingParts = [...text.matchAll(/MEASURING, "([^"]+)"/g)]
      .filter((match) => !anchors.includes(match[1]!.toLowerCase().replaceAll(' ', '-')))
      .map((match) => match[0])
    return [...missingFacts, ...missingParts].map((citation) => `${file}: ${citation}`)
  })
  assert.deepEqual(citations, [])
})
