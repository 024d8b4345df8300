import { messageOf } from '../../base/errors.ts'

/** The action runs at most once; every call awaits that one run. */
export function once(action: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined
  return () => {
    result ??= action()
    return result
  }
}

/** Tears down what a failed start left. It reports a failure of its own and does not throw it, so that the first error stays the one that is thrown. */
export async function disposeAfterFailure(
  dispose: () => Promise<void>,
  context: { say(line: string): void },
): Promise<void> {
  try {
    await dispose()
  } catch (error) {
    context.say(`could not remove everything that was started (${messageOf(error)}): run kbench clean`)
  }
}
