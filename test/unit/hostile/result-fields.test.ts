import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { KbenchError } from '../../../src/base/errors.ts'
import { packageRoot } from '../../../src/base/root.ts'
import type { RunResult } from '../../../src/contracts/result.ts'
import { parseResult } from '../../../src/store/parse-result.ts'
import { uncleanElection } from '../../fixtures/faults.ts'
import { foundMaximum } from '../../fixtures/find-max.ts'
import { twoClients } from '../../fixtures/result.ts'
import { renderText } from '../../support/render.ts'

const script = '<script>alert(1)</script>'
/** What a field may hold that it should not. */
const strangers: readonly unknown[] = [{ markup: script }, script, 17]

type Path = readonly (string | number)[]

/** One path for each field that there is: of lists the first entry alone. */
function* pathsOf(value: unknown, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path
  if (typeof value !== 'object' || value === null) return
  const entries = Array.isArray(value) ? [...value.entries()].slice(0, 1) : Object.entries(value)
  for (const [key, inner] of entries) yield* pathsOf(inner, [...path, key])
}

function changed(value: unknown, path: Path, to: unknown): unknown {
  const copy = structuredClone(value)
  const holder = path
    .slice(0, -1)
    .reduce<Record<string | number, unknown>>(
      (inner, key) => inner[key] as Record<string | number, unknown>,
      copy as Record<string | number, unknown>,
    )
  holder[path.at(-1)!] = to
  return copy
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value)

const plainData = (result: RunResult): unknown => JSON.parse(JSON.stringify(result))

/** Small enough to be rendered some hundred times. */
function slim(result: RunResult): unknown {
  const [variant] = result.variants
  const short = <T>(list: readonly T[]): T[] => list.slice(0, 3)
  const columns = (all: Record<string, (number | null)[]>) =>
    Object.fromEntries(Object.entries(all).map(([key, values]) => [key, short(values)]))
  variant!.series = { tickS: short(variant!.series.tickS), columns: columns(variant!.series.columns) }
  variant!.heat = { atS: short(variant!.heat.atS), histograms: short(variant!.heat.histograms) }
  for (const [key, timeline] of Object.entries(variant!.timelines)) {
    variant!.timelines[key] = { atS: short(timeline.atS), columns: columns(timeline.columns) }
  }
  return plainData({ ...result, variants: [variant!] })
}

function parsed(data: unknown): RunResult | KbenchError {
  try {
    return parseResult(JSON.stringify(data), 'r.json')
  } catch (error) {
    assert.ok(error instanceof KbenchError && error.code === 'usage', String((error as Error).stack))
    return error
  }
}

describe('R4: fields of a result that have another type', () => {
  for (const [name, result] of Object.entries({ uncleanElection, foundMaximum })) {
    test(`of ${name}: refused with the path in one line, and what passes is shown as text`, async () => {
      const data = slim(result())
      let all: unknown = data
      let refused = 0
      let accepted = 0
      for (const path of pathsOf(data)) {
        for (const stranger of strangers) {
          const read = parsed(changed(data, path, stranger))
          if (read instanceof KbenchError) {
            refused++
            const { message } = read
            assert.ok(!message.includes('\n') && message.length < 600, message)
            const where = path.filter((key) => typeof key === 'string').at(0)!
            assert.ok(message.includes(where) || /is not a result of kbench$|schemaVersion/.test(message), message)
            continue
          }
          accepted++
          if (stranger === strangers[0] && typeof valueAt(all, path) !== 'object') all = changed(all, path, stranger)
        }
      }
      const read = parsed(all)
      assert.ok(!(read instanceof KbenchError), String(read))
      const texts = await renderText(read)
      for (const kind of ['html', 'junit']) assert.ok(!texts[kind]!.includes(script), kind)
      assert.ok(refused > accepted, `${refused} refused, ${accepted} accepted`)
    })
  }

  test('the path is that of the field', () => {
    const data = plainData(twoClients())
    for (const path of [
      ['variants', 0, 'ledger', 'acked'],
      ['variants', 1, 'findings'],
      ['variants', 0, 'bound'],
      ['variants', 0, 'throttle'],
      ['variants', 1, 'events', 0, 'kind'],
      ['variants', 0, 'params', 'client'],
      ['cluster', 'brokers', 2, 'host'],
      ['environment', 'clients', 'kafkajs'],
      ['thresholds', 1, 'ok'],
    ]) {
      const read = parsed(changed(data, path, { markup: script }))
      assert.ok(read instanceof KbenchError && read.message.includes(path.join('.')), String(read))
    }
  })
})

test('R4: results of every earlier version are read', () => {
  const files = ['broker-kill', 'clients-by-partitions', 'clients-under-failure', 'linkedin-2014']
  for (const file of files.map((each) => join(packageRoot, 'docs/results', each, 'result.json'))) {
    assert.ok(parseResult(readFileSync(file, 'utf8'), file).variants.length > 0)
  }
})
