import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CommanderError } from 'commander'
import { exitCodes, KbenchError, messageOf, mostImportant } from '../../src/base/errors.ts'
import { errorText } from '../../src/cli/text/error-text.ts'

const plain = { columns: null, colour: false }

test('exit codes are the published ones', () => {
  assert.deepEqual(exitCodes, {
    ok: 0,
    internal: 1,
    usage: 2,
    profile: 2,
    environment: 3,
    invalid: 4,
    integrity: 97,
    regression: 98,
    threshold: 99,
    interrupted: 130,
  })
})

describe('when several apply, the first of 130, 2, 3, 1, 97, 4, 99, 98', () => {
  const cases: readonly [number[], number][] = [
    [[], 0],
    [[0], 0],
    [[98, 99], 99],
    [[99, 4], 4],
    [[4, 97], 97],
    [[97, 1], 1],
    [[1, 3], 3],
    [[3, 2], 2],
    [[98, 99, 4, 97, 1, 3, 2, 130], 130],
    [[0, 98], 98],
  ]
  for (const [codes, expected] of cases)
    test(`${codes.join()} → ${expected}`, () => assert.equal(mostImportant(codes), expected))
})

test('a KbenchError carries code, cause, hint and details', () => {
  const cause = new Error('below')
  const error = new KbenchError('environment', 'no cluster', { cause, hint: 'start one', details: ['a', 'b'] })
  assert.equal(error.code, 'environment')
  assert.equal(error.cause, cause)
  assert.equal(error.hint, 'start one')
  assert.deepEqual(error.details, ['a', 'b'])
  assert.ok(error instanceof Error)
  assert.deepEqual(new KbenchError('usage', 'x').details, [])
  assert.ok(!('cause' in new KbenchError('usage', 'x')))
})

test('messageOf: of errors and of whatever else is thrown', () => {
  assert.equal(messageOf(new Error('a')), 'a')
  assert.equal(messageOf('b'), 'b')
  assert.equal(messageOf(null), 'null')
})

describe('errorText', () => {
  test('message, details, hint, each on its line', () => {
    const error = new KbenchError('profile', 'x.yaml is not valid, 2 errors', {
      details: ['x.yaml:1:1 a', 'x.yaml:2:1 b'],
      hint: 'see docs',
    })
    assert.equal(
      errorText(error, plain),
      'kbench: x.yaml is not valid, 2 errors\n  x.yaml:1:1 a\n  x.yaml:2:1 b\n  see docs\n',
    )
  })

  describe('usage errors of the command line: one line with what was meant and where the right words are', () => {
    const table: readonly [message: string, text: string][] = [
      [
        "error: unknown command 'rum'\n(Did you mean run?)",
        "unknown command 'rum', did you mean run? See kbench --help",
      ],
      [
        "error: unknown option '--to'\n(Did you mean one of --top, --tos?)",
        "unknown option '--to', did you mean --top, --tos? See kbench --help",
      ],
      ["error: unknown option '--zz'", "unknown option '--zz'; see kbench --help"],
      [
        "error: option '--acks <n>' argument 'al' is invalid. Allowed choices are 0, 1, all.",
        "option '--acks <n>' argument 'al' is invalid, did you mean \"all\"? See kbench --help",
      ],
      [
        "error: command-argument value 'zzzz' is invalid for argument 'kind'. Allowed choices are a, b.",
        "argument 'zzzz' is invalid for argument 'kind', one of: a, b; see kbench --help",
      ],
      [
        "error: option '-p <n>' argument 'x' is invalid. Expected a number.",
        "option '-p <n>' argument 'x' is invalid: Expected a number; see kbench --help",
      ],
    ]
    for (const [message, text] of table) {
      test(text, () => {
        assert.equal(errorText(new CommanderError(1, 'commander.x', message), plain), `kbench: ${text}\n`)
      })
    }
  })

  test('anything else is a bug, with its stack', () => {
    assert.match(errorText(new TypeError('boom'), plain), /^kbench: bug: boom\n {4}at [\s\S]*please report this/)
    assert.match(errorText('odd', plain), /^kbench: bug: odd\n/)
  })

  test('80 columns: broken at spaces, no word lost, continued lines indented', () => {
    const detail =
      'profiles/x.yaml:7:65 producers.partitioner: expected murmur2, crc32, round-robin, random, sticky, native or { explicit: [0, 1] }, got "murmur"'
    const text = errorText(new KbenchError('profile', 'no', { details: [detail] }), { columns: 80, colour: false })
    const lines = text.trimEnd().split('\n')
    assert.ok(lines.length > 2)
    for (const line of lines) assert.ok(line.length <= 80, line)
    assert.equal(
      lines
        .slice(1)
        .map((line) => line.trim())
        .join(' '),
      detail,
    )
  })

  test('colour only when asked for', () => {
    const error = new KbenchError('usage', 'no')
    assert.ok(errorText(error, { columns: 80, colour: true }).startsWith('\u001b[31mkbench:\u001b[39m no'))
    assert.ok(!errorText(error, plain).includes('\u001b'))
  })
})
