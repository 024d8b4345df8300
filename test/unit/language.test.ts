import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import {
  longSentences,
  type Passage,
  passagesOfMarkdown,
  passagesOfTypeScript,
  passagesOfYaml,
  unwantedWords,
} from './_language.ts'

const wordsAtMost = 30

/** What may stay, by its path and a part of its text, and why. */
const exceptions: readonly { path: RegExp; text: RegExp; why: string }[] = [
  { path: /^src\/reports\/.*style\.ts$/, text: /\{[^}]*;/, why: 'a style sheet, not prose' },
  { path: /^src\/reports\/page\/.*script\.ts$/, text: /\bconst \w+ =|=> \{/, why: 'a script of the page, not prose' },
  { path: /^src\/capacity\/calibration-run\.ts$/, text: /layout: VALUE/, why: 'a profile in YAML, not prose' },
]

const isException = (path: string, text: string) =>
  exceptions.some((each) => each.path.test(path) && each.text.test(text))

const under = (folder: string, extension: string, recursive = false) =>
  readdirSync(join(packageRoot, folder), { recursive, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => join(folder, file))
    .sort()

const groups: readonly { name: string; files: string[]; passagesOf(source: string): Passage[] }[] = [
  {
    name: 'pages',
    // Decisions (docs/adr) are records of their time.
    files: [
      'README.md',
      'CONTRIBUTING.md',
      ...['docs', 'docs/failures', 'docs/results', 'docs/walkthroughs'].flatMap((each) => under(each, '.md')),
    ],
    passagesOf: passagesOfMarkdown,
  },
  { name: 'comments in profiles', files: under('profiles', '.yaml'), passagesOf: passagesOfYaml },
  {
    name: 'sources',
    files: under('src', '.ts', true),
    passagesOf: passagesOfTypeScript,
  },
]

for (const { name, files, passagesOf } of groups) {
  describe(name, () => {
    const passages = files.flatMap((file) =>
      passagesOf(readFileSync(join(packageRoot, file), 'utf8')).map((passage) => ({ file, ...passage })),
    )

    test('some are read', () => assert.ok(passages.length > files.length, String(passages.length)))

    test('no word has a better one', () => {
      const found = passages.flatMap(({ file, line, text }) =>
        unwantedWords(text).map((word) => ({ file, where: `${file}:${line + word.below}`, ...word })),
      )
      assert.deepEqual(
        found
          .filter(({ file, text }) => !isException(file, text))
          .map(({ where, text, instead }) => `${where}: ${text} → ${instead}`),
        [],
      )
    })

    test(`no sentence has more than ${wordsAtMost} words`, () => {
      const found = passages
        .filter(({ kind }) => kind === 'prose')
        .flatMap(({ file, line, text }) => longSentences(text, wordsAtMost).map((long) => ({ file, line, ...long })))
      assert.deepEqual(
        found
          .filter(({ file, sentence }) => !isException(file, sentence))
          .map(({ file, line, words, sentence }) => `${file}:${line}: ${words} words: ${sentence}`),
        [],
      )
    })
  })
}

test('every exception is used', () => {
  for (const { path, text } of exceptions) {
    const isUsed = groups.some(({ files, passagesOf }) =>
      files
        .filter((file) => path.test(file))
        .some((file) => passagesOf(readFileSync(join(packageRoot, file), 'utf8')).some((each) => text.test(each.text))),
    )
    assert.ok(isUsed, `${path}: ${text}`)
  }
})

describe('what is looked at', () => {
  test('comments, strings and code of TypeScript are separate; templates and joined strings are whole', () => {
    const source = [
      '// one',
      '// two',
      "const a = /['`]/ // three",
      '/**',
      ' * Four.',
      ' */',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
      "const b = `five ${c ? `six ${'seven'}` : 8} nine` + ' ten'",
      "const d = 'it\\'s' +",
      "  'eleven'",
    ].join('\n')
    const passages = passagesOfTypeScript(source)
    const prose = passages.filter(({ kind }) => kind === 'prose').map(({ line, text }) => [line, text.trim()])
    assert.deepEqual(prose, [
      [1, 'one two'],
      [3, 'three'],
      [4, 'Four.'],
      [7, 'seven'],
      [7, 'six VALUE'],
      [7, 'five VALUE nine ten'],
      [8, "it'seleven"],
    ])
    assert.ok(passages.some(({ kind, text }) => kind === 'code' && text.includes('const a =')))
  })

  test('of Markdown prose, without code, generated parts and targets of links', () => {
    const page = [
      '# Head',
      '',
      'A `code b c` [link](told.md)',
      'goes on',
      '- item',
      '| a | b |',
      '```sh',
      'told',
      '```',
      '<!-- generated: x -->',
      'told',
      '<!-- end -->',
    ].join('\n')
    assert.deepEqual(
      passagesOfMarkdown(page)
        .map(({ line, text }) => [line, text.trim()])
        .filter(([, text]) => text !== ''),
      [
        [1, 'Head'],
        [3, 'A CODE [link]\ngoes on'],
        [5, 'item'],
        [6, 'a'],
        [6, 'b'],
      ],
    )
  })

  test('of YAML comments, a block as one', () => {
    assert.deepEqual(
      passagesOfYaml('# one\n# two\na: b # three\nc: "#4"\n# d: e # five\n#   f: g\n').map(({ line, text }) => [
        line,
        text,
      ]),
      [
        [1, 'one\ntwo'],
        [3, 'three'],
        [5, 'five'],
      ],
    )
  })

  test('words that have a better one are found in prose and in identifiers', () => {
    for (const text of [
      'it told us',
      'isTold',
      'tellOffsets',
      'Tells it',
      'where it lies',
      'All at once',
      '1 producers',
    ])
      assert.equal(unwantedWords(text).length, 1, text)
    for (const text of [
      'stellar',
      'intelligence',
      'untold',
      'layer',
      'believe',
      'at one second',
      '11 producers',
      '0.1 records',
    ])
      assert.deepEqual(unwantedWords(text), [], text)
    assert.equal(unwantedWords('a\nb told')[0]!.below, 1)
  })

  test('sentences end at full stops, paragraphs, items and colons at the end of a line', () => {
    const ten = 'a b c d e f g h i j'
    assert.deepEqual(longSentences(`${ten}. K ${ten}`, 11), [])
    assert.deepEqual(longSentences(`${ten}\n\n${ten}\n- ${ten}:\n${ten}`, 10), [])
    assert.deepEqual(longSentences(`${ten}, ${ten} – ${ten}.`, 29), [
      { words: 30, sentence: `${ten}, ${ten} – ${ten}.` },
    ])
    assert.equal(longSentences(`${ten} i.e. ${ten}`, 15).length, 1)
  })
})
