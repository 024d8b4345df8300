import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { problemText, tryParseProfile } from '../../../src/profile/parse.ts'

const known = {
  clients: ['fake', 'kafkajs', 'node-rdkafka'],
  workloads: ['consume', 'produce', 'produce-consume'],
  references: ['kafka-perf-test'],
  providers: ['fake', 'external', 'mock'],
  layouts: { 'kraft-3': 3 },
  faults: {},
}

const problemsOf = (text: string, env: Record<string, string> = {}): string[] => {
  const read = tryParseProfile(text, { file: 'p.yaml', sets: [], env, known })
  return 'problems' in read ? read.problems.map(problemText) : []
}

/** A valid profile with one more line, the third. */
const withLine = (line: string) => `name: x\nworkload: produce\n${line}\n`
const repeated = (count: number, make: (at: number) => string, between = ', ') =>
  Array.from({ length: count }, (_, at) => make(at)).join(between)

const cases: Readonly<Record<string, [text: string, expected: RegExp]>> = {
  'a fault that is a word of JavaScript': [
    withLine('faults: [ { use: constructor, at: 1s } ]'),
    /^p\.yaml:3:18 faults\.0\.use: there is no fault "constructor"/,
  ],
  'a fault named __proto__': [
    withLine('faults: [ { use: __proto__, at: 1s } ]'),
    /^p\.yaml:3:18 faults\.0\.use: there is no fault "__proto__"/,
  ],
  'a layout that is one': [
    withLine('cluster: { layout: hasOwnProperty }'),
    /^p\.yaml:3:20 cluster\.layout: there is no file/,
  ],
  '__proto__ in a map of settings': [
    withLine('topic: { config: { __proto__: { a: 1 } } }'),
    /^p\.yaml:3:20 topic\.config\.__proto__: unknown key/,
  ],
  '__proto__ in clientConfig': [
    withLine('producers: { clientConfig: { fake: { __proto__: 1 } } }'),
    /^p\.yaml:3:38 producers\.clientConfig\.fake\.__proto__: unknown key/,
  ],
  '__proto__ in the matrix': [
    withLine('matrix: { __proto__: [1, 2] }'),
    /^p\.yaml:3:11 matrix\.__proto__: unknown key/,
  ],
  '__proto__ in a named set': [
    withLine('matrix: { a: { b: { __proto__: { load: 1 } } } }'),
    /^p\.yaml:3:21 matrix\.a\.b\.__proto__: unknown key/,
  ],
  '__proto__ in options of a fault': [
    withLine('faults: [ { use: x, at: 1s, set: { "__proto__": 1 } } ]'),
    /^p\.yaml:3:36 faults\.0\.set\.__proto__: unknown key/,
  ],
  'a duration that is infinite': [
    withLine(`phases: { measure: ${'9'.repeat(400)}s }`),
    /^p\.yaml:3:20 phases\.measure: expected 1000h or less/,
  ],
  'phases that are longer than any recording': [
    withLine('phases: { warmup: 500h, measure: 900h }'),
    /^p\.yaml:3:34 phases\.measure: expected 800h or less, warmup and drain included/,
  ],
  'a size that is infinite': [
    withLine(`producers: { batch: { maxBytes: ${'9'.repeat(400)}B } }`),
    /^p\.yaml:3:33 producers\.batch\.maxBytes: expected /,
  ],
  'a record of a terabyte': [
    withLine('load: { record: { size: 1000GiB } }'),
    /^p\.yaml:3:25 load\.record\.size: expected/,
  ],
  'load.rate=1e308': [withLine('load: { rate: 1.0e+308 }'), /^p\.yaml:3:15 load\.rate: expected 100000000 or less/],
  'a rate in bytes that is infinite': [
    withLine(`load: { rate: ${'9'.repeat(400)}MB/s }`),
    /^p\.yaml:3:15 load\.rate: is .* records\/s/,
  ],
  'a limit that is infinite': [
    withLine(`limits: { rate: ${'9'.repeat(400)}MB/s }`),
    /^p\.yaml:3:17 limits\.rate: expected/,
  ],
  'a fault ten million times': [
    withLine('faults: [ { use: x, at: 1s, for: 1us, every: 2us } ]'),
    /^p\.yaml:3:46 faults\.0\.every: is too short/,
  ],
  'a matrix of 100⁴': [
    withLine(
      `matrix: { ${['topic.partitions', 'producers.count', 'producers.retries', 'producers.maxInFlight']
        .map((key) => `${key}: [${repeated(100, (at) => String(at + 1))}]`)
        .join(', ')} }`,
    ),
    /^p\.yaml:3:9 matrix: makes 200\s000\s000 combinations, expected 2\s?000 or less/,
  ],
  'a matrix that repeat makes too large': [
    withLine(`matrix: { topic.partitions: [${repeated(100, (at) => String(at + 1))}] }\nrepeat: 100`),
    /^p\.yaml:4:9 repeat: makes 20\s?000 variants, expected 2\s?000 or less/,
  ],
  'includes without end': [
    withLine(`include: [${repeated(3000, (at) => `{ name: n${at}, producers.retries: ${at} }`)}]`),
    /^p\.yaml:3:10 include: expected at most 2000 entries/,
  ],
  '20 000 aliases': [
    withLine(`topic: { config: &a { x: 1 } }\ninclude: [${repeated(20_000, () => '*a')}]`),
    /^p\.yaml:4:\d+: too many aliases/,
  ],
  '20 000 aliases of nothing': [withLine(`include: [${repeated(20_000, () => '*a')}]`), /^p\.yaml:3:\d+: /],
  'aliases of aliases': [
    withLine(repeated(30, (at) => `a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`, '\n').replaceAll('*a-1', '1')),
    /^p\.yaml:\d+:\d+: too many aliases/,
  ],
  'lists within lists': [withLine(`a: ${'['.repeat(50_000)}`), /^p\.yaml:3:\d+: more than 50 lists and maps within/],
  'maps within maps': [withLine(`a: ${'{a: '.repeat(50_000)}`), /^p\.yaml:3:\d+: more than 50 lists and maps within/],
  'dashes within dashes': [
    withLine(`a:\n  ${'- '.repeat(50_000)}`),
    /^p\.yaml:4:\d+: more than 50 lists and maps within/,
  ],
  'indents within indents': [
    withLine(repeated(1000, (at) => `${' '.repeat(at)}a:`, '\n')),
    /^p\.yaml:\d+:\d+: more than 50 lists and maps within/,
  ],
  'a hundred thousand keys': [
    withLine(repeated(100_000, (at) => `k${at}: 1`, '\n')),
    /^p\.yaml:\d+:\d+: more than 2000 keys in a map/,
  ],
  'a hundred thousand entries': [
    withLine(`clients: [${repeated(100_000, (at) => `c${at}`)}]`),
    /^p\.yaml:3:\d+: more than 20000 entries in a list/,
  ],
  'two thousand unknown keys': [withLine(repeated(1900, (at) => `k${at}: 1`, '\n')), /^p\.yaml:3:1 k0: unknown key/],
  'a thousand clients': [withLine(`clients: [${repeated(1000, (at) => `c${at}`)}]`), /clients: expected at most 100/],
  'a name of a megabyte': [withLine(`workload2: ${'x'.repeat(900_000)}`), /^p\.yaml:3:1 workload2: unknown key/],
  'an expression of a megabyte': [withLine(`thresholds: [ "${'a.'.repeat(400_000)}" ]`), /thresholds\.0: expected/],
  'two megabytes': [withLine(`# ${'x'.repeat(2_000_000)}`), /^p\.yaml:1:1: larger than 1 MiB/],
}

describe('R12: profiles that are too much are refused, with line and column', () => {
  for (const [name, [text, expected]] of Object.entries(cases)) {
    test(name, () => {
      const problems = problemsOf(text)
      assert.ok(
        problems.some((problem) => expected.test(problem)),
        problems.slice(0, 3).join('\n').slice(0, 600),
      )
      assert.ok(problems.length <= 101, `${problems.length} problems`)
      assert.ok(problems.every((problem) => problem.length < 600))
    })
  }

  test('values from outside, too', () => {
    const profile = withLine('seed: 1')
    assert.match(
      problemsOf(profile, { KBENCH_INCLUDE: '['.repeat(50_000) }).join(),
      /^KBENCH_INCLUDE: more than 50 lists/,
    )
    assert.match(
      problemsOf(profile, { KBENCH_INCLUDE: `[${repeated(20_000, () => '*a')}]` }).join(),
      /^KBENCH_INCLUDE: /,
    )
    assert.match(
      problemsOf(profile, { KBENCH_TOPIC: '{ config: { __proto__: 1 } }' }).join(),
      /KBENCH_TOPIC.*unknown key/,
    )
    const infinite = { KBENCH_LOAD__RATE: '1e308', KBENCH_PHASES__MEASURE: `${'9'.repeat(400)}s` }
    assert.equal(problemsOf(profile, infinite).length, 2)
  })
})

test('R12: what is large and legal is taken', () => {
  const stages = `load: { rate: { stages: [${repeated(5000, () => '{ to: 10, for: 1ms }')}] } }`
  assert.deepEqual(problemsOf(withLine(stages)), [])
  const matrix = `matrix: { producers.retries: [${repeated(200, (at) => String(at + 1))}] }\nclients: [fake]\nrepeat: 10`
  assert.deepEqual(problemsOf(withLine(matrix)), [])
})
