import { messageOf } from '../../base/errors.ts'
import type { Fact } from '../../contracts/facts.ts'
import type { Scene } from './scene.ts'

/** A look that takes longer than this is given up, ns; what it would have seen is a hole. */
const longestLookNs = 5e9

export type Look = () => Promise<readonly Fact[]>

/** Looks again and again until `over`. A sampler that fails, or hangs, leaves a hole, which its facts show. */
export async function repeat(scene: Scene, periodMs: number, over: AbortSignal, look: Look): Promise<void> {
  const { clock } = scene.world
  let nextNs = clock.nowNs()
  while (!over.aborted) {
    await lookOnce(scene, look, over)
    nextNs = Math.max(nextNs + periodMs * 1e6, clock.nowNs())
    await clock.sleepUntil(nextNs, over)
  }
}

/** Appends what was seen. What comes after the deadline, or after the abort, is not waited for, and dropped. */
export async function lookOnce({ recording, world, progress }: Scene, look: Look, over?: AbortSignal): Promise<void> {
  const { clock } = world
  const given = new AbortController()
  const giveUp = () => given.abort()
  over?.addEventListener('abort', giveUp, { once: true })
  if (over?.aborted) giveUp()
  const seen = look()
    .then((facts) => {
      if (!given.signal.aborted) for (const fact of facts) recording.append(fact)
    })
    .catch((error: unknown) => progress.log(`sampler: ${messageOf(error)}`))
  await Promise.race([seen, clock.sleepUntil(clock.nowNs() + longestLookNs, given.signal)])
  giveUp()
  over?.removeEventListener('abort', giveUp)
}
