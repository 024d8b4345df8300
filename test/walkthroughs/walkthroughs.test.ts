import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { sandbox } from '../cluster/_providers.ts'
import { declareSteps, type PageRun, planRun } from './_steps.ts'
import { pageText } from './_walkthrough.ts'

// Every page of docs/walkthroughs, command by command, with the output that it shows.

const box = sandbox('local')
after(box.remove)

// The page of s3 names its version, and an image that brings its own tag would overrule it.
const image = process.env.KBENCH_KAFKA_IMAGE?.replace(/:[^/:]+$/, '')
if (image !== undefined) process.env.KBENCH_KAFKA_IMAGE = image
process.env.KAFKA_VERSION = '4.0.0'

/** Layout of each page, and where it runs. */
const pages = [
  { name: 's0', layout: 'full-stack', providers: ['local'] },
  { name: 's1', layout: 'zk-1-kafka-3', providers: ['local', 'compose'] },
  { name: 's2', layout: 'single-zk', providers: ['local'] },
  { name: 's3', layout: 'kraft-1', providers: ['local', 'compose'] },
] as const

// Everything that takes time comes first: tests begin, and the folder goes, while later suites are still being declared.
const taken = new Set<number>()
const suites = new Map<string, PageRun[]>()
for (const { name, layout, providers } of pages) {
  const runs: PageRun[] = []
  for (const provider of providers) runs.push(await planRun(layout, provider, taken))
  suites.set(name, runs)
}

test('every page is here', () => {
  const files = readdirSync(join(packageRoot, 'docs', 'walkthroughs')).sort()
  assert.deepEqual(
    files,
    pages.map(({ name }) => `${name}.md`),
  )
})

// One after the other: two at a time saved a third of the time, and once a broker took longer than a minute to come back.
describe('walkthroughs', { concurrency: 1 }, () => {
  for (const [name, runs] of suites) {
    describe(name, { concurrency: 1 }, () => {
      for (const run of runs) declareSteps({ name, page: pageText(name), box, ...run })
    })
  }
})
