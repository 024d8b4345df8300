/** Things to be undone, the last one first. */
export interface Undo {
  add(step: () => unknown): void
  /** Undoes everything once, also what comes after a step that fails; rejects with the failures. Later calls get the same. */
  run(): Promise<void>
}

export function createUndo(): Undo {
  const steps: (() => unknown)[] = []
  let running: Promise<void> | undefined
  return {
    add: (step) => void steps.push(step),
    run() {
      running ??= undoAll(steps)
      return running
    },
  }
}

/** Makes something happen that needs several steps: those that were done are undone when a later one fails. */
export async function orUndo<T>(undo: Undo, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    try {
      await undo.run()
    } catch (cause) {
      throw new AggregateError([error, cause], 'a fault failed half-way and could not be undone')
    }
    throw error
  }
}

async function undoAll(steps: (() => unknown)[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps.reverse()) {
    try {
      await step()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new AggregateError(failures, 'several things could not be undone')
}
