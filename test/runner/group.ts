import { describe, test } from 'node:test'

const timeoutMs = 120_000

/**
 * A test file as a suite of this process: its hooks are its own, and one that cannot be loaded or does not end is named and leaves the
 * others to run.
 */
export function group(file: string, load: () => Promise<unknown>): void {
  describe(file, { timeout: timeoutMs }, async () => {
    try {
      await load()
    } catch (error) {
      // A suite that fails is in nobody's counts.
      test(`${file} cannot be loaded`, () => {
        throw error
      })
    }
  })
}
