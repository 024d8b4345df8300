import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { layers } from './mutation/config.ts'

/** Of all layers together. What is done by then is kept, and the next run goes on with the rest. */
const limitMs = 3_600_000

describe('unit tests notice what StrykerJS changes in the code', () => {
  const startedAt = performance.now()
  for (const layer of layers) {
    test(`src/${layer}`, async (t) => {
      const leftMs = limitMs - (performance.now() - startedAt)
      if (leftMs < 60_000) return t.skip('the hour is over; the next run goes on here')
      const child = spawn(process.execPath, [join(packageRoot, 'dist/test/long/mutation/run.js'), layer], {
        // A group of its own, so that StrykerJS's processes end with it.
        ...{ cwd: packageRoot, detached: true, stdio: ['ignore', 'inherit', 'inherit'] },
      })
      const timer = setTimeout(() => process.kill(-child.pid!, 'SIGTERM'), leftMs)
      const [status, signal] = await once(child, 'close')
      clearTimeout(timer)
      assert.deepEqual({ status, signal }, { status: 0, signal: null })
    })
  }
})
