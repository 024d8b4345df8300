import type { TopicFact } from '../../contracts/facts.ts'
import type { Recording } from '../../recording/recording.ts'
import type { Crew } from './crew.ts'
import type { Progress } from './progress.ts'
import type { World } from './world.ts'

/** What every part of the engine works on while one variant runs. */
export interface Scene {
  recording: Recording
  world: World
  topic: TopicFact
  crew: Crew
  progress: Progress
  /** The user's interruption. */
  signal: AbortSignal
  /** Beside it: the load was ended, by whatever. */
  ended: AbortController
}
