import type { FrameFact } from '../../src/contracts/facts.ts'
import type { FrameRecorder } from '../../src/recording/recorder.ts'

/** What a worker sends of what its recorder took, with nothing else in it but what is given. */
export function frameOf(
  worker: number,
  atNs: number,
  recorder: FrameRecorder | null,
  more: Partial<FrameFact> = {},
): FrameFact {
  const { settled: _, ...taken } = recorder?.take() ?? { settled: null, cells: [], errors: {}, silence: null }
  const rest = { delivered: [], handedOver: [], receivedNs: null, inFlight: 0, utilisation: 0, gcMs: 0, gcMaxMs: 0 }
  return { fact: 'frame', worker, atNs, ...taken, ...rest, ...more }
}
