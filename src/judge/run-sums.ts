import type { ClusterInfo, FindMaxSearch, SessionInfo, ThresholdOutcome, Variant } from '../contracts/result.ts'
import type { PlannedRef, RunBegun, RunFact } from '../contracts/run-facts.ts'

export interface SessionSums {
  begun: RunBegun
  cluster: ClusterInfo | null
  /** ISO 8601, of the last fact that says when. */
  lastAt: string
  over: Extract<RunFact, { type: 'over' }> | null
}

/** What is known of one variant: the newest result, and the recording that it can be assembled from. */
export interface VariantSums {
  variant: Variant | null
  thresholds: ThresholdOutcome[] | null
  /** It is not to be run again. */
  isWhole: boolean
  definitions: number | null
  session: number
  recording: number | null
}

/** The one fold of a run's facts: the same while it runs and from its journal. */
export interface RunSums {
  add(fact: RunFact): void
  readonly sessions: readonly SessionSums[]
  /** In the order they run; null = a journal of kbench 0.1, which does not say. */
  readonly planned: readonly PlannedRef[] | null
  readonly variants: ReadonlyMap<string, VariantSums>
  readonly notes: readonly string[]
  readonly errors: readonly Extract<RunFact, { type: 'error' }>[]
  readonly searches: readonly FindMaxSearch[]
}

export function createRunSums(): RunSums {
  const sessions: SessionSums[] = []
  const variants = new Map<string, VariantSums>()
  const notes: string[] = []
  let errors: Extract<RunFact, { type: 'error' }>[] = []
  const searches: FindMaxSearch[] = []
  const session = () => sessions.at(-1)
  const heard = (at: string) => {
    const current = session()
    if (current) current.lastAt = at
  }
  return {
    sessions,
    variants,
    notes,
    searches,
    get errors() {
      return errors
    },
    get planned() {
      return sessions.findLast(({ begun }) => begun.variants !== undefined)?.begun.variants ?? null
    },
    add(fact) {
      if (fact.type === 'run') {
        sessions.push({ begun: fact, cluster: null, lastAt: fact.startedAt, over: null })
        // What went wrong in an earlier session is why there is another one.
        errors = []
      } else if (fact.type === 'cluster') {
        const current = session()
        if (current) current.cluster = fact.cluster
      } else if (fact.type === 'note') {
        if (!notes.includes(fact.text)) notes.push(fact.text)
      } else if (fact.type === 'begun') {
        heard(fact.at)
        const none = { variant: null, thresholds: null, isWhole: false, definitions: null }
        variants.set(fact.id, { ...none, session: fact.session, recording: fact.recording })
      } else if (fact.type === 'variant') {
        heard(fact.at)
        variants.set(fact.id, {
          variant: fact.result ?? fact.partial ?? null,
          thresholds: fact.thresholds ?? null,
          isWhole: fact.result !== undefined,
          definitions: fact.definitions ?? 1,
          session: fact.session,
          recording: fact.recording ?? null,
        })
      } else if (fact.type === 'search') searches[fact.index] = fact.search
      else if (fact.type === 'error') errors.push(fact)
      else {
        heard(fact.at)
        const current = session()
        if (current) current.over = fact
      }
    },
  }
}

/** Lengths go up to the end of the teardown; of a session that was killed, to the last that is known of it. */
export function sessionInfos({ sessions }: RunSums): SessionInfo[] {
  return sessions.map(({ begun, cluster, lastAt, over }, index) => ({
    session: index + 1,
    startedAt: begun.startedAt,
    durationS: over?.durationS ?? Math.max(0, Date.parse(lastAt) - Date.parse(begun.startedAt)) / 1000,
    environment: begun.environment,
    cluster,
  }))
}
