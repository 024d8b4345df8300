// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what is looked for
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { KbenchError } from '../../../src/base/errors.ts'
import { escapeControls, escapeLines } from '../../../src/base/printable.ts'
import { printerOf } from '../../../src/cli/actions/run-consume.ts'
import { errorText } from '../../../src/cli/text/error-text.ts'
import { createProgress } from '../../../src/cli/text/progress.ts'
import { shownLine } from '../../../src/cli/text/shown-line.ts'
import type { RunResult } from '../../../src/contracts/result.ts'
import { terminalSummary } from '../../../src/reports/terminal.ts'
import { fixtures } from '../../fixtures/all.ts'
import { renderText } from '../../support/render.ts'

// The clipboard, the title, a cleared screen, C1 in one byte, text that runs backwards, a bell, a lone surrogate, a zero-width space.
const attacks = [
  ...['\u001b]52;c;cm0gLXJm\u0007', '\u001b]0;title\u0007', '\u001b[2J', '\u009b2J', '\u202etxt.exe', '\u2066a\u2069'],
  ...['\u0007', '\u0000', '\u007f', '\u200b', '\u2028', '\ud800', '\u061c', '\r', '\b'],
]
const attack = attacks.join('')
/** Whatever does something to a terminal, or to the order of its text; line ends aside. */
const dangerous = /(?!\n)[\p{Cc}\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\ud800-\udfff]/u
const withoutColours = (text: string) => text.replace(/\u001b\[\d{1,2}m/g, '')
const assertHarmless = (text: string) => assert.doesNotMatch(withoutColours(text), dangerous)

describe('R13: what others wrote is shown escaped', () => {
  test('each character by itself; letters of any language stay', () => {
    for (const each of attacks) {
      assertHarmless(escapeControls(each))
      assertHarmless(escapeLines(each))
    }
    assert.equal(escapeControls('\u001b[31m\u009b\u202e\n\t'), '\\u001b[31m\\u009b\\u202e\\n\\t')
    assert.equal(escapeLines('a\n\tb'), 'a\n\tb')
    const words = 'Größe µs 日本語 שלום مرحبا 😀 é'
    assert.equal(escapeControls(words), words)
  })

  test('in errors, with their details and hints', () => {
    const error = new KbenchError('environment', `broker says ${attack}`, { hint: attack, details: [attack] })
    for (const columns of [null, 80]) assertHarmless(errorText(error, { columns, colour: false }))
    assertHarmless(errorText(new Error(attack), { columns: 80, colour: false }))
    assertHarmless(shownLine(attack))
  })

  test('in progress, live and as lines', () => {
    for (const isTTY of [true, false]) {
      let text = ''
      const stream = Object.assign(new EventEmitter(), {
        ...{ isTTY, columns: 80, rows: 24 },
        write: (part: string) => {
          text += part
          return true
        },
      }) as unknown as NodeJS.WriteStream
      const progress = createProgress({ quiet: false, stream, log() {}, variants: [attack], env: {} })
      progress.stage('load', attack)
      progress.log(attack)
      progress.close()
      // Its own: back to the start of the line, up, and clear to the end.
      assertHarmless(text.replace(/\r?(\u001b\[\d*[AJH])+/g, '').replaceAll('\r', ''))
    }
  })

  test('in summaries of every result whose every text is an attack', async () => {
    for (const make of Object.values(fixtures)) {
      const result = attacked(make()) as RunResult
      assertHarmless(terminalSummary(result, { columns: 80, color: true, directory: attack }))
    }
  })

  test('in tables that are pasted into a chat or opened as pages', async () => {
    const texts = await renderText(attacked(fixtures.twoClients!()) as RunResult)
    for (const name of ['terminal', 'markdown', 'junit', 'html', 'csv'])
      assert.doesNotMatch(texts[name]!, /\u001b\]|\u009b|\u0007|\u0000/, name)
  })
})

/** The same with every text that is not a word of the format preceded by the attack. */
function attacked(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return words.has(key) || key === 'histograms' ? value : `${attack}${value}`
  if (Array.isArray(value)) return value.map((each) => attacked(each, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, attacked(inner, name)]))
}
const words = new Set([
  'status',
  'level',
  'code',
  'verdict',
  'startedAt',
  'histogram',
  'kind',
  'problem',
  'by',
  'clock',
  'failed',
])

test('R13: records on a pipe stay as they are, and are escaped on a terminal', () => {
  const bytes = Buffer.from(`v${attack}`)
  const record = {
    topic: 't',
    partition: 0,
    offset: 0,
    timestampMs: 0,
    key: bytes,
    value: bytes,
    headers: { h: bytes },
  }
  const options = { partition: [], keys: true, headers: true } as unknown as Parameters<typeof printerOf>[0]
  assert.ok(printerOf(options, false)(record).includes(attack.slice(0, 12)))
  assertHarmless(printerOf(options, true)(record).replaceAll('\t', ''))
  const format = { partition: [], format: '%k %s %h\\n' } as unknown as Parameters<typeof printerOf>[0]
  assertHarmless(printerOf(format, true)(record))
  const json = { partition: [], json: true } as unknown as Parameters<typeof printerOf>[0]
  assertHarmless(printerOf(json, true)(record))
})
