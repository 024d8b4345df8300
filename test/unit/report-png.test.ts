import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import { chartGroups } from '../../src/reports/charts/index.ts'
import png from '../../src/reports/png.ts'
import { brokerKilled } from '../fixtures/faults.ts'
import { sixteen } from '../fixtures/many.ts'
import { nothingMeasured, rateMax, single } from '../fixtures/result.ts'

/** Colours of every fourth pixel of every fourth row, with how often they occur. */
async function colours(file: Uint8Array): Promise<{ width: number; height: number; counts: Map<number, number> }> {
  const image = await loadImage(Buffer.from(file))
  const [columns, rows] = [image.width >> 2, image.height >> 2]
  const context = createCanvas(columns, rows).getContext('2d')
  context.imageSmoothingEnabled = false
  context.drawImage(image, 0, 0, columns, rows)
  const { data } = context.getImageData(0, 0, columns, rows)
  const counts = new Map<number, number>()
  let opaque = true
  for (let at = 0; at < data.length; at += 4) {
    const colour = (data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
    opaque &&= data[at + 3] === 255
  }
  assert.ok(opaque, 'no transparency: readable on any page')
  return { width: image.width, height: image.height, counts }
}

test('every chart is a picture with a white ground, at twice the resolution, with lines in it', async () => {
  const result = single()
  const files = await png.render([result])
  const charts = chartGroups(result).flatMap((group) => group.charts)
  assert.deepEqual(
    files.map(({ name }) => name),
    charts.map(({ id }) => `charts/${id}.png`),
  )
  for (const { name, body } of files) {
    assert.ok(body.length > 10_000 && body.length < 600_000, `${name}: ${body.length} bytes`)
    const { width, height, counts } = await colours(body as Uint8Array)
    assert.deepEqual([width, height], [1920, 960], name)
    assert.ok(counts.get(0xffffff)! > 40_000, `${name}: ground`)
    assert.ok(counts.size > 40, `${name}: ${counts.size} colours`)
    if (name.includes('heat')) continue
    assert.ok((counts.get(0x0067a8) ?? 0) > 50, `${name}: a line in the palette's first colour`)
  }
})

test('results that lack data give fewer pictures, never broken ones', async () => {
  assert.deepEqual(
    await png.render([nothingMeasured()]).then((files) => files.filter(({ name }) => name.includes('over-time'))),
    [],
  )
  const first = rateMax()
  // The pictures of lag are those of the first test.
  const variants = first.variants.slice(0, 1).map((variant) => ({ ...variant, timelines: {} }))
  const files = await png.render([{ ...first, variants }])
  assert.ok(files.length > 0)
  assert.ok(!files.some(({ name }) => name.startsWith('charts/end-to-end')))
  for (const { name, body } of files) assert.ok((await colours(body as Uint8Array)).counts.size > 20, name)
})

test('lanes are pictures too, higher ones where there are many', async () => {
  const result = brokerKilled()
  const variant = result.variants[0]!
  const ids = Array.from({ length: 40 }, (_, id) => id)
  variant.timelines.canary!.columns = Object.fromEntries(
    ids.map((id) => [`kbench-1-${id}`, variant.timelines.canary!.columns[`kbench-1-${id % 12}`]!]),
  )
  const files = await png.render([{ ...result, variants: [variant] }])
  const heights = new Map<string, number>()
  for (const { name, body } of files) {
    const { width, height, counts } = await colours(body as Uint8Array)
    assert.equal(width, 1920, name)
    heights.set(name, height)
    if (name.includes('percentiles')) continue
    assert.ok((counts.get(0xb3261e) ?? 0) > 50, `${name}: the fault is in it`)
  }
  assert.equal(heights.get('charts/leaders-kafkajs.png'), 960)
  assert.ok(heights.get('charts/availability-kafkajs.png')! > 1200)
})

test('of many variants there are pictures that show several, and no canvas is made for each', async () => {
  const result = sixteen()
  const before = process.memoryUsage().external
  const files = await png.render([result])
  const groups = chartGroups(result).filter(({ single }) => !single)
  assert.deepEqual(
    files.map(({ name }) => name),
    groups.flatMap(({ charts }) => charts.map(({ id }) => `charts/${id}.png`)),
  )
  assert.ok(files.length > 20)
  for (const { name, body } of files.slice(0, 3)) assert.equal((await colours(body as Uint8Array)).width, 1440, name)
  // A canvas of its own for each would be 4 MB of pixels each, which only the garbage collector gives back.
  const pictures = files.reduce((sum, { body }) => sum + body.length, 0)
  assert.ok(process.memoryUsage().external - before < pictures + 64 * 1024 ** 2)
})
